#include "sim/cli/more_commands.h"

#include <CLI/CLI.hpp>

#include "sim/cli/shrink_command.h"
#include "sim/cli/study_commands.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

constexpr const char* replay_examples = R"(Examples:
  arbees-chaos run 01a --out failures                a failed run leaves failures/01a-...failure.json
  arbees-chaos replay F.failure.json                 makes it again; the last line is the command of the run
  arbees-chaos replay F.failure.json --verify        exit 0 if it comes out as recorded, digest and all
  arbees-chaos replay F.failure.json --until 61.5s   what happened until then, event by event

Exit codes: 1 it failed again (0 with --verify), 3 the same build came out differently,
5 the file cannot be used, 6 the failure did not come again)";

constexpr const char* diff_examples = R"(Examples:
  arbees-chaos diff 01a@1 01a@2                      two seeds of one scenario
  arbees-chaos diff F.failure.json G.failure.json    two recordings

Exit codes: 0 the same, 1 different, 2 usage, 5 a recording that cannot be used)";

constexpr const char* explain_examples = R"(Examples:
  arbees-chaos explain 01b@3 shard_died              the first event of that name
  arbees-chaos explain 01b@3 game_assigned#5         the fifth
  arbees-chaos explain F.failure.json violation      what shows the first violation
  arbees-chaos explain out/01b-hardened-3.jsonl 3:17 an event by its id, from the files of --report)";

constexpr const char* shrink_examples = R"(Examples:
  arbees-chaos shrink F.failure.json -o min.json     the smallest scenario that still fails in that way
  arbees-chaos run ./min.json                        see it fail
  arbees-chaos shrink F.failure.json -o min.json --for 30s --json

Exit codes: 0 made, 2 usage, 4 stopped before it was minimal, 5 the file cannot be used,
6 the failure did not come again)";

/// Spans on the command line.
std::string is_span(const std::string& text) {
  const auto span = parse_span(text);
  return span && *span > Duration{}
             ? std::string()
             : in_quotes(text) + " is no span above 0s; expected " + std::string(span_form);
}

}  // namespace

struct MoreCommands::Parts {
  CLI::App* replay = nullptr;
  CLI::App* diff = nullptr;
  CLI::App* explain = nullptr;
  CLI::App* shrink = nullptr;
  ReplayOptions replaying;
  std::string until;
  ShrinkCommandOptions shrinking;
  std::string shrink_for;
  DiffOptions differing{.a = {}, .b = {}, .policy = std::string(hardened_policy)};
  ExplainOptions explaining{.run = {}, .event = {}, .policy = std::string(hardened_policy)};
};

MoreCommands::MoreCommands(CLI::App& app) : parts_(std::make_unique<Parts>()) {
  Parts& parts = *parts_;
  const auto add = [&](const char* name, const char* doc, const char* examples) {
    CLI::App* command = app.add_subcommand(name, doc);
    command->footer(examples);
    command->fallthrough();
    return command;
  };
  const auto add_policy = [](CLI::App& command, std::string& into) {
    command.add_option("--policy", into, "How the fleet is set")
        ->check(CLI::IsMember(policy_names()))
        ->capture_default_str();
  };
  parts.replay = add("replay", "Makes a recorded failure again", replay_examples);
  parts.replay->add_option("FAILURE", parts.replaying.file, "A failure file")->required();
  parts.replay->add_flag("--verify", parts.replaying.verify,
                         "Exit code 0 if it comes out as recorded");
  parts.replay->add_option("--until", parts.until, "Stops there and shows every event")
      ->type_name("SPAN")
      ->check(is_span);
  parts.diff = add("diff", "Shows the first event in which two runs differ", diff_examples);
  parts.diff->add_option("A", parts.differing.a, "A failure file, or SCENARIO@SEED")->required();
  parts.diff->add_option("B", parts.differing.b, "The same")->required();
  add_policy(*parts.diff, parts.differing.policy);
  parts.explain = add("explain", "Shows what led to an event", explain_examples);
  parts.explain
      ->add_option("RUN", parts.explaining.run,
                   "A failure file, SCENARIO@SEED, or an event file (.jsonl)")
      ->required();
  parts.explain->add_option("EVENT", parts.explaining.event, "An id, a name, or violation")
      ->required();
  add_policy(*parts.explain, parts.explaining.policy);
  parts.shrink =
      add("shrink", "Makes the smallest scenario that fails like a recorded one", shrink_examples);
  parts.shrink->add_option("FAILURE", parts.shrinking.file, "A failure file")->required();
  parts.shrink->add_option("-o,--output", parts.shrinking.output, "The scenario file to write")
      ->type_name("FILE")
      ->required();
  parts.shrink->add_option("--for", parts.shrink_for, "Stops after so much time")
      ->type_name("SPAN")
      ->check(is_span);
  parts.shrink->add_flag("--json", parts.shrinking.json, "Prints one JSON object");
}

MoreCommands::~MoreCommands() = default;

std::optional<ChaosExit> MoreCommands::run(const ScenarioLibrary& library, Console& console,
                                           const std::function<bool()>& interrupted) {
  Parts& parts = *parts_;
  if (parts.replay->parsed()) {
    parts.replaying.until = parts.until.empty() ? std::nullopt : parse_span(parts.until);
    return replay_command(parts.replaying, console);
  }
  if (parts.diff->parsed()) {
    return diff_command(parts.differing, library, console);
  }
  if (parts.explain->parsed()) {
    return explain_command(parts.explaining, library, console);
  }
  if (parts.shrink->parsed()) {
    parts.shrinking.budget = parts.shrink_for.empty() ? std::nullopt : parse_span(parts.shrink_for);
    return shrink_command(parts.shrinking, console, interrupted);
  }
  return std::nullopt;
}

}  // namespace arbees::sim
