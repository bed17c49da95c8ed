#include "core/settings/settings.h"

#include "core/settings/nearest_word.h"
#include "core/settings/setting_rows.h"

namespace arbees {
namespace {

using ProblemSeverity = SettingProblem::Severity;

struct Given {
  std::string_view text;
  std::string_view origin;
};

std::optional<Given> given(std::span<const SettingSource> sources, const std::string& name) {
  std::optional<Given> last;
  for (const SettingSource& source : sources) {
    if (const auto found = source.values.find(name); found != source.values.end()) {
      last = Given{found->second, source.origin};
    }
  }
  return last;
}

/// The text as it may be shown: no control characters, no password, not endless.
std::string shown(const SettingInfo& info, std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string out;
  const std::string open = !info.secret         ? std::string(text)
                           : info.unit == "url" ? redacted_url(text)
                                                : std::string("***");
  for (const char c : open.substr(0, longest)) {
    out += c >= ' ' && c <= '~' ? c : '?';
  }
  return open.size() > longest ? out + "…" : out;
}

template <class S>
SettingsReading<S> read_settings(std::span<const SettingSource> sources,
                                 const std::vector<settings::Row<S>>& rows) {
  SettingsReading<S> reading{settings::initial_settings<S>(), {}, {}};
  std::vector<std::string> origins;
  for (const settings::Row<S>& row : rows) {
    const std::optional<Given> value = given(sources, row.info.name);
    origins.emplace_back(value ? value->origin : "default");
    if (!value) {
      continue;
    }
    if (const auto read = row.read(value->text, reading.settings); !read) {
      reading.problems.push_back({ProblemSeverity::error, row.info.name,
                                  row.info.name + " is \"" + shown(row.info, value->text) +
                                      "\" (from " + origins.back() + "): " + read.error()});
    }
  }
  if (reading.settings.redis.endpoint.tls) {
    reading.settings.redis.endpoint.tls = reading.settings.redis.tls;
  }
  // Relations are judged on values that were read: with a default in place of a bad value they would
  // blame the wrong setting.
  const bool all_read = reading.problems.empty();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const settings::Row<S>& row = rows[i];
    const auto weakness = row.weakness ? row.weakness(reading.settings) : std::nullopt;
    if (weakness && origins[i] != "default") {
      reading.problems.push_back(
          {ProblemSeverity::warning, row.info.name,
           row.info.name + "=" + row.show(reading.settings) + ": " + *weakness});
    }
    reading.lines.push_back({row.info.name, row.show(reading.settings), origins[i], row.info.doc});
  }
  if (all_read) {
    for (SettingProblem& problem : settings::check_relations(reading.settings)) {
      reading.problems.push_back(std::move(problem));
    }
  }
  return reading;
}

}  // namespace

std::string_view to_string(SettingProblem::Severity severity) {
  return severity == ProblemSeverity::error ? "error" : "warning";
}

SettingsReading<OrchestratorSettings> read_orchestrator_settings(
    std::span<const SettingSource> sources) {
  return read_settings(sources, settings::orchestrator_rows());
}

SettingsReading<ShardSettings> read_shard_settings(std::span<const SettingSource> sources) {
  return read_settings(sources, settings::shard_rows());
}

const std::vector<SettingInfo>& setting_infos() {
  static const std::vector<SettingInfo> infos = [] {
    std::vector<SettingInfo> all;
    for (const auto& row : settings::orchestrator_rows()) {
      all.push_back(row.info);
    }
    for (const auto& row : settings::shard_rows()) {
      const auto same = std::find_if(all.begin(), all.end(), [&](const SettingInfo& info) {
        return info.name == row.info.name;
      });
      if (same != all.end()) {
        same->shard = true;
      } else {
        all.push_back(row.info);
      }
    }
    return all;
  }();
  return infos;
}

std::optional<SettingProblem> unknown_setting(std::string_view name) {
  std::vector<std::string_view> names;
  for (const SettingInfo& info : setting_infos()) {
    if (info.name == name) {
      return std::nullopt;
    }
    names.push_back(info.name);
  }
  const std::string_view near = nearest_word(name, names);
  return SettingProblem{ProblemSeverity::error, std::string(name),
                        "\"" + shown({}, name) + "\" is not a setting" +
                            (near.empty() ? "; `arbees-chaos list settings` names them all"
                                          : "; did you mean \"" + std::string(near) + "\"?")};
}

std::string setting_table_text(std::span<const SettingLine> lines) {
  std::size_t name_width = 0;
  std::size_t value_width = 0;
  for (const SettingLine& line : lines) {
    name_width = std::max(name_width, line.name.size());
    value_width = std::max(value_width, line.value.size());
  }
  std::string text;
  for (const SettingLine& line : lines) {
    text += line.name + std::string(name_width - line.name.size() + 2, ' ');
    text += line.value + std::string(value_width - line.value.size() + 2, ' ');
    text += line.origin + "\n";
  }
  return text;
}

}  // namespace arbees
