#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "core/base/assert.h"
#include "core/base/build_id.h"
#include "core/settings/nearest_word.h"
#include "sim/cli/list_command.h"
#include "sim/cli/more_commands.h"
#include "sim/cli/run_command.h"
#include "sim/cli/serve_redis.h"
#include "sim/scenario/span.h"

namespace {

using namespace arbees;
using namespace arbees::sim;

constexpr const char* examples = R"(Examples:
  arbees-chaos run 01a                                one scenario, by the beginning of its name
  arbees-chaos run --policy both --report out         every scenario, with timelines in out/
  arbees-chaos run 02 --seeds 1..200 --param outage=45s
  arbees-chaos run my.json --seed 0x2a --grid         a file, with its events on the terminal
  arbees-chaos run --out failures                     a failed run leaves a file there, for:
  arbees-chaos replay failures/F.failure.json         the same run again
  arbees-chaos diff 01a@1 01a@2                       the first event in which two runs differ
  arbees-chaos explain 01b@3 shard_died               what led to an event
  arbees-chaos shrink failures/F.failure.json -o min.json
  arbees-chaos search --swarm full --for 60s          random faults, settings and fleets, on every processor
  arbees-chaos list scenarios
  arbees-chaos list schema > scenarios/schema.json
  arbees-chaos serve-redis --port 6390                the model of redis-server, for real clients

Exit codes: 0 all hold, 1 an invariant or expectation failed, 2 usage or a bad scenario,
3 the same run came out differently, 4 ended before every run was made, 5 a recording that cannot be used,
6 a recorded failure did not come again, 70 internal error)";

constexpr const char* serve_redis_examples = R"(Examples:
  arbees-chaos serve-redis --port 6390                then: redis-cli -p 6390 ping
  arbees-chaos serve-redis --port 0                   a free port; stdout says which: "port 43121"
  arbees-chaos serve-redis --socket /tmp/redis.sock   then: redis-cli -s /tmp/redis.sock ping
  arbees-chaos serve-redis --port 6390 --host 0.0.0.0 for every machine that can reach this one

Everything is kept in memory and gone at the end. SIGINT or SIGTERM ends it with a summary.
Exit codes: 0 ended by a signal, 2 usage, or the address cannot be had)";

volatile std::sig_atomic_t interrupt_seen = 0;

void note_interrupt(int) { interrupt_seen = 1; }

void report_assertion(std::string_view text, const std::source_location& where) {
  std::fprintf(stderr, "arbees-chaos: internal error: expected that %.*s (%s:%u, build %.*s)\n",
               static_cast<int>(text.size()), text.data(), where.file_name(), where.line(),
               static_cast<int>(build_id().size()), build_id().data());
}

/// The folder of scenarios: as asked for, else the one here, else the one of the build's source tree.
std::filesystem::path scenario_folder(const std::string& asked, const char* program) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!asked.empty()) {
    return asked;
  }
  if (fs::is_directory("scenarios", error)) {
    return "scenarios";
  }
  fs::path folder = fs::canonical(fs::path("/proc/self/exe"), error);
  folder = error ? fs::path(program) : folder;
  for (int up = 0; up < 4 && folder.has_parent_path(); ++up) {
    folder = folder.parent_path();
    if (fs::is_directory(folder / "scenarios", error)) {
      return folder / "scenarios";
    }
  }
  return "scenarios";
}

/// What CLI11 read, before it is understood.
struct RawOptions {
  std::vector<std::string> scenarios;
  std::string seed;
  std::string seeds;
  std::string policy = std::string(hardened_policy);
  std::vector<std::string> parameters;
  std::string duration;
  std::string scenario_folder;
  std::string topic;
  RunOptions run;
  ServeRedisOptions serve_redis;
  bool list_json = false;
  bool list_markdown = false;
};

/// Turns texts into values; the error names the option, what was given and what is expected.
std::expected<void, std::string> understand(RawOptions& raw) {
  if (!raw.seed.empty()) {
    const auto seed = parse_seed(raw.seed);
    if (!seed) {
      return std::unexpected(
          "--seed: " + in_quotes(raw.seed) +
          " is no seed; expected a number, 0x and hexadecimal digits, or a commit");
    }
    raw.run.seeds = {*seed, *seed};
  }
  if (!raw.seeds.empty()) {
    const auto seeds = parse_seeds(raw.seeds);
    if (!seeds) {
      return std::unexpected("--seeds: " + in_quotes(raw.seeds) +
                             " is no range of seeds; expected A..B, such as 1..200");
    }
    raw.run.seeds = *seeds;
  }
  for (const std::string& given : raw.parameters) {
    const std::size_t equals = given.find('=');
    const auto range = equals == std::string::npos
                           ? std::nullopt
                           : parse_span_range(std::string_view(given).substr(equals + 1));
    if (!range) {
      return std::unexpected("--param: " + in_quotes(given) +
                             " is not understood; expected name=span or name=span..span, such as "
                             "outage=45s");
    }
    raw.run.parameters[given.substr(0, equals)] = *range;
    raw.run.extra_flags += " --param " + shell_word(given);
  }
  if (!raw.duration.empty()) {
    raw.run.duration = parse_span(raw.duration);
    if (!raw.run.duration || *raw.run.duration <= Duration{}) {
      return std::unexpected("--duration: " + in_quotes(raw.duration) +
                             " is no span above 0s; expected " + std::string(span_form));
    }
    raw.run.extra_flags += " --duration " + raw.duration;
  }
  if (raw.run.mutation > 0) {
    raw.run.extra_flags += " --mutation " + std::to_string(raw.run.mutation);
  }
  raw.run.scenarios = raw.scenarios;
  raw.run.policy = raw.policy;
  return {};
}

void define_run(CLI::App& run, RawOptions& raw) {
  run.add_option("SCENARIO", raw.scenarios,
                 "Names of scenarios (or the beginnings of names), or paths; none: all of them");
  CLI::Option* seed =
      run.add_option("--seed", raw.seed, "Seed: a number, 0x..., or a commit (default 1)");
  run.add_option("--seeds", raw.seeds, "Runs every seed from A to B")
      ->type_name("A..B")
      ->excludes(seed);
  run.add_option("--policy", raw.policy, "How the fleet is set")
      ->check(CLI::IsMember(
          {std::string(hardened_policy), std::string(as_analysed_policy), std::string("both")}))
      ->capture_default_str();
  run.add_option("--param", raw.parameters,
                 "Chooses a parameter of the scenario: name=45s or "
                 "name=20s..30s, drawn from the seed")
      ->type_name("NAME=SPAN")
      ->allow_extra_args(false);
  run.add_option("--duration", raw.duration, "Simulated time, instead of the scenario's")
      ->type_name("SPAN");
  run.add_option("--mutation", raw.run.mutation,
                 "Of a swarm: the neighbour of this number of what the seed draws")
      ->type_name("N");
  run.add_option("--report", raw.run.report,
                 "Writes the events, the timeline and the text grid of each run into this folder")
      ->type_name("DIR");
  run.add_option(
         "--out", raw.run.out,
         "Writes a file of each failed run into this folder (without it, into that of --report)")
      ->type_name("DIR");
  run.add_flag("--json", raw.run.json, "Prints one JSON object instead of the table");
  run.add_flag("--grid", raw.run.grid, "Prints the events of each run");
  run.add_flag("--verify", raw.run.verify, "Runs everything twice and compares");
}

void define_serve_redis(CLI::App& serve, ServeRedisOptions& options) {
  serve.footer(serve_redis_examples);
  serve.add_option("--port", options.port, "TCP port; 0: a free one, which stdout names")
      ->type_name("PORT");
  serve.add_option("--host", options.host, "IP address to listen on")
      ->type_name("ADDRESS")
      ->capture_default_str();
  serve.add_option("--socket", options.socket, "Path of a Unix socket, beside the port or alone")
      ->type_name("PATH");
  serve
      .add_option("--maxclients", options.maxclients,
                  "Clients beyond this are turned away, as by redis-server")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  serve
      .add_option("--requirepass-file", options.password_file,
                  "File whose first line is the password clients must log in with")
      ->type_name("FILE");
}

/// For a word that is no command: what it may have meant.
std::string hint(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') {
    return {};
  }
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  if (std::ranges::find(names, argv[1]) != names.end()) {
    return {};
  }
  return unknown_word("command", argv[1], names);
}

ChaosExit run_program(int argc, char** argv, Console& console) {
  CLI::App app{"Runs fleets of shards through faults in simulated time, and judges what happens.",
               "arbees-chaos"};
  app.footer(examples);
  app.set_version_flag("--version", "arbees-chaos 0.1.0, build " + std::string(build_id()));
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default(false);
  RawOptions raw;
  app.add_option("--scenarios", raw.scenario_folder, "Folder of scenarios (default: scenarios)")
      ->type_name("DIR");
  CLI::App* run = app.add_subcommand("run", "Runs scenarios and judges them");
  run->footer(examples);
  run->fallthrough();
  define_run(*run, raw);
  CLI::App* list = app.add_subcommand("list", "Shows what there is");
  list->fallthrough();
  list->add_option("TOPIC", raw.topic, "What to show")
      ->required()
      ->check(CLI::IsMember(list_topics()));
  CLI::Option* as_json = list->add_flag("--json", raw.list_json, "Prints one JSON object");
  list->add_flag("--markdown", raw.list_markdown, "Prints a table for docs/")->excludes(as_json);

  CLI::App* serve_redis_command =
      app.add_subcommand("serve-redis", "Serves the model of redis-server on real sockets");
  define_serve_redis(*serve_redis_command, raw.serve_redis);

  MoreCommands more(app);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return ChaosExit::ok;
  } catch (const CLI::ParseError& error) {
    const std::string better = hint(app, argc, argv);
    console.complain("arbees-chaos: " + (better.empty() ? std::string(error.what()) : better) +
                     "\nRun arbees-chaos --help for examples.\n");
    return ChaosExit::usage;
  }
  if (auto good = understand(raw); !good) {
    console.complain("arbees-chaos: " + good.error() + "\n");
    return ChaosExit::usage;
  }
  if (serve_redis_command->parsed()) {
    return serve_redis(raw.serve_redis, console);
  }
  const ScenarioLibrary library(scenario_folder(raw.scenario_folder, argv[0]),
                                !raw.scenario_folder.empty());
  if (list->parsed()) {
    const ListForm form = raw.list_json       ? ListForm::json
                          : raw.list_markdown ? ListForm::markdown
                                              : ListForm::table;
    return list_command(raw.topic, form, library, console);
  }
  std::signal(SIGINT, note_interrupt);
  std::signal(SIGTERM, note_interrupt);
  const auto interrupted = [] { return interrupt_seen != 0; };
  if (const auto code = more.run(library, console, interrupted)) {
    return *code;
  }
  return run_command(raw.run, library, console, interrupted);
}

}  // namespace

int main(int argc, char** argv) {
  set_assertion_reporter(report_assertion);
  Console console;
  try {
    const ChaosExit code = run_program(argc, argv, console);
    if (!console.all_written()) {
      console.complain("arbees-chaos: stdout cannot be written; is there space?\n");
      return static_cast<int>(code == ChaosExit::ok ? ChaosExit::usage : code);
    }
    return static_cast<int>(code);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "arbees-chaos: internal error: %s\n", error.what());
    return static_cast<int>(ChaosExit::internal_error);
  }
}
