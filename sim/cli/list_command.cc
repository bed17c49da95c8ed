#include "sim/cli/list_command.h"

#include <algorithm>
#include <expected>

#include "core/settings/settings.h"
#include "sim/invariants/registry.h"
#include "sim/json/json_writer.h"
#include "sim/marks/mark.h"
#include "sim/metrics/metrics.h"
#include "sim/scenario/event_catalogue.h"
#include "sim/scenario/fault_examples.h"
#include "sim/scenario/fault_table.h"

namespace arbees::sim {
namespace {

/// A table whose last column may be long; the same for people and, as objects, for programs.
struct Listing {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

using Listed = std::expected<Listing, std::string>;

Listed list_scenarios(const ScenarioLibrary& library) {
  Listing listing{{"name", "policies", "parameters", "file", "title"}, {}};
  for (const auto& file : library.files()) {
    const auto loaded = library.load(file.string());
    if (!loaded) {
      return std::unexpected(loaded.error());
    }
    std::string policies;
    for (const PolicySpec& policy : loaded->scenario.policies) {
      policies += (policies.empty() ? "" : ",") + policy.name;
    }
    std::string parameters;
    for (const Parameter& parameter : loaded->scenario.parameters) {
      parameters += (parameters.empty() ? "" : ",") + parameter.name;
    }
    listing.rows.push_back({loaded->scenario.name, policies, parameters.empty() ? "-" : parameters,
                            file.string(), loaded->scenario.title});
  }
  return listing;
}

Listed list_faults(const ScenarioLibrary& library) {
  const auto examples = fault_examples(library);
  if (!examples) {
    return std::unexpected(examples.error());
  }
  Listing listing{{"fault", "keys", "scenario", "doc", "stands_for"}, {}};
  for (const FaultRow& row : fault_table()) {
    std::string keys;
    for (const Field& field : row.shape->fields) {
      if (field.key != "fault" && field.key != "name") {
        keys += keys.empty() ? "" : ", ";
        keys += field.need == Field::Need::required ? field.key : "[" + field.key + "]";
      }
    }
    const auto example = examples->find(row.kind);
    listing.rows.push_back({std::string(row.name), keys,
                            example == examples->end() ? "-" : example->second,
                            std::string(row.doc), std::string(row.stands_for)});
  }
  return listing;
}

Listed list_invariants() {
  Listing listing{{"id", "holds_always"}, {}};
  for (const InvariantRow& row : invariant_rows()) {
    listing.rows.push_back({std::string(row.id), std::string(row.sentence)});
  }
  return listing;
}

Listed list_settings() {
  Listing listing{{"name", "program", "default", "unit", "range", "doc"}, {}};
  for (const SettingInfo& info : setting_infos()) {
    const std::string program = info.orchestrator && info.shard ? "both"
                                : info.orchestrator             ? "orchestrator"
                                                                : "shard";
    listing.rows.push_back({info.name, program, info.initial.empty() ? "-" : info.initial,
                            info.unit, info.range, info.doc});
  }
  return listing;
}

Listed list_events() {
  Listing listing{{"event", "severity", "fields"}, {}};
  for (const CatalogueEvent& event : event_catalogue()) {
    std::string fields;
    for (const CatalogueField& field : event.fields) {
      fields +=
          (fields.empty() ? "" : ", ") + field.name + ": " + std::string(to_string(field.kind));
    }
    listing.rows.push_back(
        {std::string(event.type->name), std::string(to_string(event.type->severity)), fields});
  }
  return listing;
}

Listed list_metrics() {
  Listing listing{{"metric", "doc"}, {}};
  for (const MetricRow& row : metric_table()) {
    listing.rows.push_back({std::string(row.name), std::string(row.doc)});
  }
  return listing;
}

Listed list_marks() {
  Listing listing{{"rarity", "happened"}, {}};
  for (const MarkRow& row : mark_rows()) {
    listing.rows.push_back({row.rarity == Rarity::rare ? "rare" : "common", std::string(row.text)});
  }
  std::ranges::sort(listing.rows);
  return listing;
}

std::string as_table(const Listing& listing) {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < listing.columns.size(); ++column) {
    widths.push_back(listing.columns[column].size());
    for (const auto& row : listing.rows) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  std::string text;
  const auto append = [&](const std::vector<std::string>& cells) {
    for (std::size_t column = 0; column + 1 < cells.size(); ++column) {
      text += cells[column] + std::string(widths[column] - cells[column].size() + 2, ' ');
    }
    text += cells.back() + "\n";
  };
  append(listing.columns);
  for (const auto& row : listing.rows) {
    append(row);
  }
  return text;
}

std::string as_markdown(const Listing& listing) {
  std::string text;
  const auto append = [&](const std::vector<std::string>& cells) {
    for (const std::string& cell : cells) {
      text += "| " + cell + " ";
    }
    text += "|\n";
  };
  append(listing.columns);
  append(std::vector<std::string>(listing.columns.size(), "---"));
  for (std::vector<std::string> row : listing.rows) {
    row.front() = "`" + row.front() + "`";
    append(row);
  }
  return text;
}

std::string as_json(std::string_view topic, const Listing& listing) {
  JsonWriter json;
  json.open_object();
  json.member("schema_version", 1);
  json.key(topic);
  json.open_list();
  for (const auto& row : listing.rows) {
    json.item();
    json.open_object();
    for (std::size_t column = 0; column < row.size(); ++column) {
      json.member(listing.columns[column], row[column]);
    }
    json.close();
  }
  json.close();
  json.close();
  return json.take();
}

}  // namespace

const std::vector<std::string>& list_topics() {
  static const std::vector<std::string> topics{"scenarios", "faults", "invariants", "schema",
                                               "settings",  "events", "metrics",    "marks"};
  return topics;
}

ChaosExit list_command(std::string_view topic, ListForm form, const ScenarioLibrary& library,
                       Console& console) {
  if (topic == "schema") {
    console.result(scenario_schema());
    return ChaosExit::ok;
  }
  const Listed listed = topic == "scenarios"    ? list_scenarios(library)
                        : topic == "faults"     ? list_faults(library)
                        : topic == "invariants" ? list_invariants()
                        : topic == "settings"   ? list_settings()
                        : topic == "events"     ? list_events()
                        : topic == "marks"      ? list_marks()
                                                : list_metrics();
  if (!listed) {
    console.complain("arbees-chaos: " + listed.error() + "\n");
    return ChaosExit::usage;
  }
  console.result(form == ListForm::json       ? as_json(topic, *listed)
                 : form == ListForm::markdown ? as_markdown(*listed)
                                              : as_table(*listed));
  return ChaosExit::ok;
}

}  // namespace arbees::sim
