#include "prod/program_options.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "core/base/build_id.h"
#include "core/ports/process.h"
#include "prod/tls/tls_session.h"

namespace arbees::prod {
namespace {

constexpr int exit_usage = static_cast<int>(ExitCode::usage);

void say(std::FILE* to, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

std::string settings_help(const std::vector<SettingLine>& settings) {
  std::string text =
      "Settings (environment variables; --set wins over them; in brackets the default):\n";
  for (const SettingLine& line : settings) {
    text += "  " + line.name + " [" + line.value + "]\n      " + line.doc + "\n";
  }
  return text;
}

std::string footer(const ProgramText& text) {
  return "\nExamples:\n" + text.examples + "\n" + settings_help(text.settings) +
         "\nExit codes: 0 ended in order, 2 wrong usage or settings, 70 internal error, 75 another "
         "process took\nthis one's place, 130 and 143 ended at once by a second signal. Log on "
         "stderr.\n";
}

constexpr std::array levels{Severity::debug, Severity::info, Severity::warning, Severity::critical};

std::vector<std::string> level_names() {
  std::vector<std::string> names;
  for (const Severity level : levels)
    names.emplace_back(to_string(level));
  return names;
}

/// NAME=VALUE into a map, or what is wrong with it.
std::optional<std::string> take_setting(const std::string& text,
                                        std::map<std::string, std::string>& into) {
  const std::size_t sign = text.find('=');
  if (sign == std::string::npos) {
    return "--set takes NAME=VALUE, such as --set SHARD_TIMEOUT_SECS=30; there is no = in \"" +
           text + "\"";
  }
  const std::string name = text.substr(0, sign);
  if (const auto unknown = unknown_setting(name))
    return "--set: " + unknown->text;
  into[name] = text.substr(sign + 1);
  return std::nullopt;
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv, const ProgramText& text,
                               std::map<std::string, std::string> environment) {
  CommandLine line;
  ProgramOptions& options = line.options;
  std::vector<std::string> sets;
  std::string alerts_file;
  std::string level(to_string(options.log_level));

  CLI::App app(text.purpose, text.name);
  app.footer(footer(text));
  app.set_version_flag("--version", text.name + " build " + std::string(build_id()));
  app.add_flag("--check-config", options.check_config,
               "Show every setting with its value and origin and what is wrong with them, and end");
  app.add_option("--set", sets,
                 "A setting, NAME=VALUE; may be repeated (secrets: environment only)")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  app.add_option("--events", options.events_file,
                 "Append every event to this file as a line of JSON (-: stdout)")
      ->type_name("FILE");
  CLI::Option* alerts =
      app.add_option("--alerts", alerts_file,
                     "Append every alert to this file as a line of JSON; the same as --set "
                     "ALERT_LOG_PATH=FILE")
          ->type_name("FILE");
  app.add_option("--log-level", level,
                 "Least severity of the log on stderr: debug, info, warning, critical")
      ->check(CLI::IsMember(level_names()))
      ->type_name("LEVEL")
      ->capture_default_str();
  if (text.takes_games) {
    app.add_option("--games", options.games_file,
                   "The live games as a JSON list; read again whenever the file changes")
        ->type_name("FILE");
  }

  if (text.takes_store) {
    app.add_option(
           "--store", options.store_file,
           "Keep terms, epochs and owners in this SQLite file, made if it is not there; without "
           "it they are learned anew from the shards after each start")
        ->type_name("FILE");
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      app.exit(error);  // prints the help or the version
      line.exit_code = 0;
    } else {
      say(stderr, text.name + ": " + error.what() + "; see " + text.name + " --help\n");
      line.exit_code = exit_usage;
    }
    return line;
  }

  for (const Severity known : levels) {
    if (level == to_string(known))
      options.log_level = known;
  }
  SettingSource flags{.origin = "--set", .values = {}};
  if (alerts->count() > 0)
    flags.values["ALERT_LOG_PATH"] = alerts_file;
  for (const std::string& set : sets) {
    if (const auto problem = take_setting(set, flags.values)) {
      say(stderr, text.name + ": " + *problem + "\n");
      line.exit_code = exit_usage;
    }
  }
  options.settings.push_back({.origin = "environment", .values = std::move(environment)});
  options.settings.push_back(std::move(flags));
  return line;
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t sign = text.find('=');
    if (sign != std::string_view::npos)
      all.emplace(text.substr(0, sign), text.substr(sign + 1));
  }
  return all;
}

std::vector<SettingProblem> problems_of_tls(const redis::BusSettings& redis) {
  const std::string problem = redis.endpoint.tls ? problem_of_tls(*redis.endpoint.tls) : "";
  if (problem.empty())
    return {};
  return {{SettingProblem::Severity::error, "REDIS_URL",
           "TLS of REDIS_URL: " + problem +
               "; see REDIS_TLS_CA_FILE, REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE"}};
}

std::optional<int> report_settings(const ProgramOptions& options,
                                   std::span<const SettingLine> lines,
                                   std::span<const SettingProblem> problems) {
  if (options.check_config)
    say(stdout, setting_table_text(lines));
  for (const SettingProblem& problem : problems) {
    say(stderr, std::string(to_string(problem.severity)) + ": " + problem.text + "\n");
  }
  const bool fatal = std::ranges::any_of(problems, [](const SettingProblem& problem) {
    return problem.severity == SettingProblem::Severity::error;
  });
  if (fatal)
    return exit_usage;
  if (options.check_config)
    return 0;
  return std::nullopt;
}

}  // namespace arbees::prod
