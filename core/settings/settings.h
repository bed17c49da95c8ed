#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/orchestrator/settings.h"
#include "core/shard/settings.h"

// Settings by their environment names, for both programs and for scenario files: one table says name,
// unit, range, default and meaning (setting_rows.h); everything here is made from it.

namespace arbees {

/// Texts by environment name, and where they come from ("environment", "as-analysed.json").
struct SettingSource {
  std::string origin;
  std::map<std::string, std::string> values;
};

/// Something about the settings that a person must know before the program runs.
struct SettingProblem {
  enum class Severity : std::uint8_t {
    warning,  ///< the program runs, without a protection that the text names
    error     ///< the program must not start
  };
  Severity severity;
  std::string variable;  ///< the first variable concerned
  std::string text;      ///< names every variable concerned, what was given and what is expected
};

[[nodiscard]] std::string_view to_string(SettingProblem::Severity severity);

/// What is known of a setting without any value.
struct SettingInfo {
  std::string name;
  std::string unit;     ///< seconds, milliseconds, number, word, text, url
  std::string initial;  ///< the value it has if nobody sets it
  std::string range;
  std::string doc;
  bool orchestrator = false;
  bool shard = false;
  bool secret = false;  ///< part of the value is hidden where it is shown
};

/// One setting as a program will use it, for `--check-config`.
struct SettingLine {
  std::string name;
  std::string value;   ///< secrets hidden
  std::string origin;  ///< the name of a source, or "default"
  std::string doc;
};

template <class Settings>
struct SettingsReading {
  Settings settings;
  std::vector<SettingProblem> problems;  ///< all of them, not only the first
  std::vector<SettingLine> lines;

  /// No problem is an error.
  [[nodiscard]] bool usable() const {
    for (const SettingProblem& problem : problems) {
      if (problem.severity == SettingProblem::Severity::error) {
        return false;
      }
    }
    return true;
  }
};

/// Reads the settings of one program and checks the relations between them (ownership.md 6). A later
/// source wins over an earlier one. Names that are no settings are left alone: an environment is full of
/// them; where a person wrote the names, ask `unknown_setting` as well.
[[nodiscard]] SettingsReading<OrchestratorSettings> read_orchestrator_settings(
    std::span<const SettingSource> sources);
[[nodiscard]] SettingsReading<ShardSettings> read_shard_settings(
    std::span<const SettingSource> sources);

/// The relations between settings of different processes, for whoever knows both.
[[nodiscard]] std::vector<SettingProblem> check_fleet(const OrchestratorSettings& orchestrator,
                                                      const ShardSettings& shard);

/// The error to show if no program has a setting of this name, with the nearest name.
[[nodiscard]] std::optional<SettingProblem> unknown_setting(std::string_view name);

/// Every setting once, in the order of the tables.
[[nodiscard]] const std::vector<SettingInfo>& setting_infos();

/// The lines as an aligned table: name, value, origin.
[[nodiscard]] std::string setting_table_text(std::span<const SettingLine> lines);

}  // namespace arbees
