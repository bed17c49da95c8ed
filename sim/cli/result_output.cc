#include "sim/cli/result_output.h"

#include <algorithm>

#include "core/base/build_id.h"
#include "core/settings/decimal.h"
#include "sim/cli/table_cells.h"
#include "sim/json/json_writer.h"

namespace arbees::sim {
namespace {

constexpr std::uint64_t result_schema_version = 1;
constexpr std::size_t detection_width = 10;
constexpr std::size_t figure_width = 9;
constexpr std::size_t digest_width = 16;

/// A number of thousandths with its point: 60005 is "60.005".
std::string thousandths_text(std::int64_t value) {
  std::string decimals = std::to_string(value % 1'000);
  decimals.insert(0, 3 - decimals.size(), '0');
  return std::to_string(value / 1'000) + "." + decimals;
}

/// Seconds, or "-".
std::string seconds_text(std::optional<Duration> span) {
  return span ? thousandths_text(std::chrono::duration_cast<milliseconds>(*span).count()) : "-";
}

std::string speed_text(const FinishedRun& run) {
  return std::to_string(run.result.simulated.count() / std::max<std::int64_t>(run.wall_ns, 1)) +
         "x";
}

/// Microseconds per event.
std::string event_cost_text(const FinishedRun& run) {
  const auto events = static_cast<std::int64_t>(std::max<std::uint64_t>(run.result.events, 1));
  return thousandths_text(run.wall_ns / events);
}

std::string failures(const RunResult& result) {
  std::string text;
  for (const InvariantResult& invariant : result.invariants) {
    if (invariant.as_expected) {
      continue;
    }
    text += "    " + invariant.id + " " + std::string(to_string(invariant.status));
    text += invariant.violations > 0 ? ", " + std::to_string(invariant.violations) +
                                           " times, first: " + invariant.first_violation + "\n"
                                     : ", though this policy is said to violate it\n";
  }
  for (const ExpectationResult& expectation : result.expectations) {
    if (!expectation.met) {
      text += "    expected " + expectation.text + ": " + expectation.detail + "\n";
    }
  }
  return text;
}

std::string figure_json(std::string_view metric, const RunMetrics& metrics) {
  const MetricRow* row = find_metric(metric);
  const std::optional<std::uint64_t> value = row->value(metrics);
  return value ? metric_text(*row, *value) : "null";
}

std::string ms_json(Duration span) { return decimal_text(span, milliseconds{1}); }

void write_metrics(JsonWriter& json, const RunMetrics& metrics) {
  json.key("metrics");
  json.open_object();
  for (const MetricRow& row : metric_table()) {
    if (row.name != "alerts") {
      json.raw_member(row.name, figure_json(row.name, metrics));
    }
  }
  json.key("alerts");
  json.open_list();
  for (const AlertFigure& alert : metrics.alerts) {
    json.item();
    json.open_object();
    json.member("type", alert.type);
    json.member("subject", alert.subject);
    json.raw_member("raised_ms", ms_json(alert.raised));
    json.raw_member("resolved_ms", alert.resolved ? ms_json(*alert.resolved) : "null");
    json.close();
  }
  json.close();
  json.key("faults");
  json.open_list();
  for (const FaultFigure& fault : metrics.faults) {
    json.item();
    json.open_object();
    json.member("fault", fault.kind);
    json.member("episodes", fault.episodes);
    json.member("fired", fault.fired);
    json.close();
  }
  json.close();
  json.close();
}

void write_invariants(JsonWriter& json, const RunResult& result) {
  json.key("invariants");
  json.open_list();
  for (const InvariantResult& invariant : result.invariants) {
    json.item();
    json.open_object();
    json.member("id", invariant.id);
    json.member("status", to_string(invariant.status));
    json.flag("as_expected", invariant.as_expected);
    json.member("checks", invariant.checks);
    json.member("violations", invariant.violations);
    json.key("first_violation");
    if (invariant.first_violation.empty()) {
      json.raw("null");
    } else {
      json.text(invariant.first_violation);
    }
    json.close();
  }
  json.close();
}

void write_run(JsonWriter& json, const FinishedRun& run) {
  const RunResult& result = run.result;
  json.member("scenario", result.scenario);
  json.member("policy", result.policy);
  json.seed(result.seed);
  json.member("digest", digest_text(result.digest));
  json.member("verdict", to_string(result.verdict));
  json.raw_member("sim_seconds", decimal_text(result.simulated, seconds{1}));
  json.raw_member("wall_seconds", decimal_text(Duration(run.wall_ns), seconds{1}));
  json.member("events", result.events);
  write_invariants(json, result);
  json.key("expectations");
  json.open_list();
  for (const ExpectationResult& expectation : result.expectations) {
    json.item();
    json.open_object();
    json.member("text", expectation.text);
    json.member("status", !expectation.applies ? "not_applicable"
                          : expectation.met    ? "pass"
                                               : "fail");
    if (!expectation.met) {
      json.member("detail", expectation.detail);
    }
    json.close();
  }
  json.close();
  write_metrics(json, result.metrics);
  json.key("timeline");
  if (run.timeline.empty()) {
    json.raw("null");
  } else {
    json.text(run.timeline);
  }
  json.member("repro", run.repro);
}

}  // namespace

std::string table_header(const TableColumns& columns) {
  return left_cell("verdict", 7) + left_cell("scenario", columns.scenario) +
         left_cell("policy", columns.policy) + right_cell("seed", columns.seed) +
         right_cell("detected", detection_width) + right_cell("recovered", detection_width) +
         right_cell("dark", figure_width) + right_cell("doubled", figure_width) +
         right_cell("speed", figure_width) + right_cell("us/event", figure_width) +
         left_cell("digest", digest_width) + "timeline\n";
}

std::string table_row(const FinishedRun& run, const TableColumns& columns, const Console& console) {
  const RunResult& result = run.result;
  const bool good = result.verdict == Verdict::pass;
  std::string row = console.painted(good ? "pass" : "FAIL", good ? "32" : "1;31") + "     ";
  row += left_cell(result.scenario, columns.scenario) + left_cell(result.policy, columns.policy);
  row += right_cell(std::to_string(result.seed), columns.seed);
  row += right_cell(seconds_text(result.metrics.detection), detection_width);
  row += right_cell(seconds_text(result.metrics.recovery), detection_width);
  row += right_cell(seconds_text(result.metrics.dark), figure_width);
  row += right_cell(seconds_text(result.metrics.duplicate_owner), figure_width);
  row += right_cell(speed_text(run), figure_width) + right_cell(event_cost_text(run), figure_width);
  row += left_cell(digest_text(result.digest), digest_width);
  row += run.timeline.empty() ? "-" : run.timeline;
  return row + "\n" + failures(result);
}

std::string results_json(std::span<const FinishedRun> runs) {
  JsonWriter json;
  json.open_object();
  json.member("schema_version", result_schema_version);
  json.member("build", build_id());
  if (runs.size() == 1) {
    write_run(json, runs.front());
  } else {
    json.key("runs");
    json.open_list();
    for (const FinishedRun& run : runs) {
      json.item();
      json.open_object();
      write_run(json, run);
      json.close();
    }
    json.close();
  }
  json.close();
  return json.take();
}

}  // namespace arbees::sim
