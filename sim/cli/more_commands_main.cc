#include "sim/cli/more_commands.h"

#include <CLI/CLI.hpp>

#include "sim/cli/merge_command.h"
#include "sim/cli/report_command.h"
#include "sim/cli/search_command.h"
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

constexpr const char* report_examples = R"(Examples:
  arbees-chaos report out/01b-hardened-3.jsonl -o story      story.html, story.svg and story.txt
  arbees-chaos report logs/*.jsonl -o evening                the programs of a real fleet (their --events), as one story

Exit codes: 0 made, 2 usage, or they cannot be written, 5 a file that is none of events)";

constexpr const char* shrink_examples = R"(Examples:
  arbees-chaos shrink F.failure.json -o min.json     the smallest scenario that still fails in that way
  arbees-chaos run ./min.json                        see it fail
  arbees-chaos shrink F.failure.json -o min.json --for 30s --json

Exit codes: 0 made, 2 usage, 4 stopped before it was minimal, 5 the file cannot be used,
6 the failure did not come again)";

constexpr const char* show_examples = R"(Examples:
  arbees-chaos show full --seed 17                   what seed 17 draws of scenarios/swarm/full.json
  arbees-chaos show full --seed 17 > full17.json     a scenario to change by hand)";

constexpr const char* search_examples = R"(Examples:
  arbees-chaos search --swarm lite --seeds 1..1000   a thousand seeds of scenarios/swarm/lite.json
  arbees-chaos search --for 60s -j 2                 all swarms, two processes, as many seeds as time allows
  arbees-chaos search 01a 02 --seeds 1..500 --out results.db --failures failures --junit junit.xml
  arbees-chaos search --swarm full --for 8h --enough 200 --out full.db    the same again goes on where it ended
  arbees-chaos search 01b --sweep --pairs 500        each fault at each moment of a run, then some pairs
  arbees-chaos search --swarm full --seeds 1..20000 --partition 3/8 --out part3.db
  arbees-chaos search --swarm full --for 1h --guided  stays where there is something new to see
  arbees-chaos merge all.db part*.db                 the parts of one search as one

A part is also taken from SLURM_ARRAY_TASK_ID with its MIN and COUNT, or from JOB_COMPLETION_INDEX and
JOB_COMPLETIONS. What was reported is in the results file, however the program ends.

Exit codes: 0 everything held, 1 something failed, 2 usage, 3 a run came out differently the second time,
4 stopped early, 5 a results file that cannot be used)";

constexpr const char* merge_examples = R"(Examples:
  arbees-chaos merge all.db part1.db part2.db        the parts may overlap; a run counts once
  arbees-chaos merge all.db part*.db --junit all.xml)";

/// Spans on the command line.
std::string is_span(const std::string& text) {
  const auto span = parse_span(text);
  return span && *span > Duration{}
             ? std::string()
             : in_quotes(text) + " is no span above 0s; expected " + std::string(span_form);
}

std::string is_seed(const std::string& text) {
  return parse_seed(text) ? std::string()
                          : in_quotes(text) +
                                " is no seed; expected a number, 0x and hexadecimal "
                                "digits, or a commit";
}

std::string is_seeds(const std::string& text) {
  return parse_seeds(text)
             ? std::string()
             : in_quotes(text) + " is no range of seeds; expected A..B, such as 1..200";
}

std::string is_partition(const std::string& text) {
  return parse_partition(text)
             ? std::string()
             : in_quotes(text) + " is no part; expected K/N with K from 1 to N, such as 2/8";
}

}  // namespace

struct MoreCommands::Parts {
  CLI::App* replay = nullptr;
  CLI::App* diff = nullptr;
  CLI::App* explain = nullptr;
  CLI::App* report = nullptr;
  CLI::App* shrink = nullptr;
  CLI::App* show = nullptr;
  CLI::App* search = nullptr;
  CLI::App* merge = nullptr;
  ReplayOptions replaying;
  std::string until;
  ReportOptions reporting;
  ShrinkCommandOptions shrinking;
  std::string shrink_for;
  ShowOptions showing;
  std::string seed;
  SearchCommandOptions searching;
  std::string seeds;
  std::string search_for;
  std::string lasting;
  std::string partition;
  MergeOptions merging;
  DiffOptions differing{.a = {}, .b = {}, .policy = std::string(hardened_policy)};
  ExplainOptions explaining{.run = {}, .event = {}, .policy = std::string(hardened_policy)};
};

namespace {

void define_search(CLI::App& search, SearchCommandOptions& options, std::string& seed,
                   std::string& seeds, std::string& search_for, std::string& lasting,
                   std::string& partition) {
  search.add_option("SCENARIO", options.scenarios, "Scenarios by name or path; none: all swarms");
  search.add_option("--swarm", options.swarms, "Profiles of scenarios/swarm, by name")
      ->type_name("PROFILE")
      ->allow_extra_args(false);
  options.policy = hardened_policy;
  search.add_option("--policy", options.policy, "How the fleet is set")
      ->check(CLI::IsMember(
          {std::string(hardened_policy), std::string(as_analysed_policy), std::string("both")}))
      ->capture_default_str();
  CLI::Option* all = search.add_option("--seeds", seeds, "Every seed from A to B")
                         ->type_name("A..B")
                         ->check(is_seeds);
  search.add_option("--seed", seed, "One seed; of a sweep, that of the base run")
      ->check(is_seed)
      ->excludes(all);
  search.add_option("--for", search_for, "Real time; without --seeds, as many seeds as it allows")
      ->type_name("SPAN")
      ->check(is_span);
  search.add_option("-j,--jobs", options.workers, "Processes (default: one for each processor)")
      ->check(CLI::Range(1, 1'024));
  search.add_option("--out", options.out, "Results file (SQLite); goes on where it ended")
      ->type_name("FILE");
  search.add_option("--junit", options.junit, "Writes JUnit XML")->type_name("FILE");
  search
      .add_option("--failures", options.failures,
                  "Writes a failure file for each way to fail into this folder")
      ->type_name("DIR");
  search
      .add_option("--twice", options.every_twice,
                  "Makes one run in so many twice and compares; 0: none")
      ->type_name("N")
      ->capture_default_str();
  search
      .add_option("--enough", options.enough,
                  "Stops when less than one new pair of state and fault is expected in N more runs")
      ->type_name("N");
  search.add_flag("--until-failure", options.until_failure, "Stops at the first run that fails");
  search.add_flag("--guided", options.guided,
                  "Follows runs that showed something new with mutations of their schedules");
  search.add_option("--partition", partition, "Only this part of the runs")
      ->type_name("K/N")
      ->check(is_partition);
  CLI::Option* sweep =
      search.add_flag("--sweep", options.sweep, "Each fault at each moment of one run");
  search.add_option("--lasting", lasting, "How long each fault of a sweep lasts (default 20s)")
      ->type_name("SPAN")
      ->check(is_span)
      ->needs(sweep);
  search.add_option("--pairs", options.pairs, "So many runs of a sweep have two faults, drawn")
      ->type_name("N")
      ->needs(sweep);
  search.add_option("--index", options.index, "Only the run of this number, and shows it")
      ->type_name("N");
  search.add_flag("--json", options.json, "Prints one JSON object");
}

}  // namespace

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
  parts.report = add("report", "Makes the timeline of what event files tell", report_examples);
  parts.report->add_option("FILE", parts.reporting.files, "Event files (.jsonl)")->required();
  parts.report
      ->add_option("-o,--output", parts.reporting.base,
                   "What is written begins so: a page, a picture and a text")
      ->type_name("BASE")
      ->required();
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
  parts.show = add("show", "Prints a scenario as a seed has it", show_examples);
  parts.show->add_option("SCENARIO", parts.showing.scenario, "A name or a path")->required();
  parts.show->add_option("--seed", parts.seed, "Seed (default 1)")->check(is_seed);
  parts.show->add_option("--mutation", parts.showing.mutation, "A neighbour of what the seed draws")
      ->type_name("N");
  parts.search = add("search", "Searches seeds for failures, or sweeps", search_examples);
  define_search(*parts.search, parts.searching, parts.seed, parts.seeds, parts.search_for,
                parts.lasting, parts.partition);
  parts.merge = add("merge", "Puts the parts of a search together", merge_examples);
  parts.merge->add_option("OUT", parts.merging.out, "The results file to write")->required();
  parts.merge->add_option("PART", parts.merging.parts, "Results files")->required();
  parts.merge->add_option("--junit", parts.merging.junit, "Writes JUnit XML")->type_name("FILE");
  parts.merge->add_flag("--json", parts.merging.json, "Prints one JSON object");
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
  if (parts.report->parsed()) {
    return report_command(parts.reporting, console);
  }
  if (parts.shrink->parsed()) {
    parts.shrinking.budget = parts.shrink_for.empty() ? std::nullopt : parse_span(parts.shrink_for);
    return shrink_command(parts.shrinking, console, interrupted);
  }
  if (parts.show->parsed()) {
    parts.showing.seed = parse_seed(parts.seed).value_or(1);
    return show_command(parts.showing, library, console);
  }
  if (parts.search->parsed()) {
    SearchCommandOptions& options = parts.searching;
    options.seeds = parse_seeds(parts.seeds);
    if (const auto seed = parse_seed(parts.seed)) {
      options.seeds = SeedRange{*seed, *seed};
    }
    options.budget = parse_span(parts.search_for);
    options.lasting = parse_span(parts.lasting).value_or(options.lasting);
    options.partition = parse_partition(parts.partition);
    return search_command(options, library, console, interrupted);
  }
  if (parts.merge->parsed()) {
    return merge_command(parts.merging, console);
  }
  return std::nullopt;
}

}  // namespace arbees::sim
