#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/events/event.h"
#include "core/settings/settings.h"

namespace arbees::prod {

/// What a program says of itself in `--help`.
struct ProgramText {
  std::string name;
  std::string purpose;
  std::string examples;
  bool takes_games = false;
  bool takes_store = false;
  std::vector<SettingLine> settings;  ///< with their defaults
};

/// What the command line asks for.
struct ProgramOptions {
  std::string events_file{};  ///< empty: none
  std::string games_file{};
  std::string store_file{};  ///< empty: nothing is kept
  Severity log_level = Severity::info;
  bool check_config = false;
  /// The environment, then what `--set` says, which wins.
  std::vector<SettingSource> settings{};
};

/// Either options, or the end: help was shown, or the command line is wrong and a message says how.
struct CommandLine {
  ProgramOptions options;
  std::optional<int> exit_code;
};

/// Reads the command line. Help and version go to stdout, problems to stderr.
[[nodiscard]] CommandLine parse_command_line(int argc, const char* const* argv,
                                             const ProgramText& text,
                                             std::map<std::string, std::string> environment);

/// This process's environment.
[[nodiscard]] std::map<std::string, std::string> process_environment();

/// What of the files that TLS needs cannot be used now.
[[nodiscard]] std::vector<SettingProblem> problems_of_tls(const redis::BusSettings& redis);

/// The lines of `--check-config` on stdout, and the problems of any start on stderr. Returns how the
/// program ends: 2 if a problem forbids the start, 0 if only the check was asked for; none: go on.
[[nodiscard]] std::optional<int> report_settings(const ProgramOptions& options,
                                                 std::span<const SettingLine> lines,
                                                 std::span<const SettingProblem> problems);

}  // namespace arbees::prod
