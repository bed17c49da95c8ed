#include "sim/cli/study_commands.h"

#include <algorithm>
#include <sstream>

#include "core/base/build_id.h"
#include "sim/cli/run_source.h"
#include "sim/recording/causes.h"
#include "sim/recording/compare.h"
#include "sim/recording/run_recorder.h"
#include "sim/scenario/span.h"
#include "sim/swarm/seeded.h"

namespace arbees::sim {
namespace {

ChaosExit complain_of(const CommandError& error, Console& console) {
  return complain(error.text, console, error.code);
}

/// The events of a run, made now.
std::string events_of(const RunRequest& request, const std::string& repro) {
  RunRecorder recorder(request.scenario, request.policy, request.seed, repro);
  RunRequest again = request;
  again.recorder = &recorder;
  const RunResult result = run_scenario(again);
  return recorder.finish(result);
}

/// Whether two runs have the same rungs, as far as the shorter ladder reaches.
bool same_ladder(const std::vector<Checkpoint>& a, const std::vector<Checkpoint>& b) {
  const std::size_t common = std::min(a.size(), b.size());
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(common), b.begin());
}

std::string failing_text(const Failing& failing) {
  std::string text = failing.subject + ": " + failing.text;
  return failing.at ? text + " (at " + span_text(failing.at->time_since_epoch()) + ")" : text;
}

ChaosExit show_until(const OpenedFailure& opened, Duration until, Console& console) {
  RunRequest request = opened.request();
  request.duration = until;
  console.result(text_grid_of(events_of(request, opened.file.repro), console.colour()));
  const RunResult result = run_scenario(request);
  const bool same = same_ladder(result.digest.ladder(), opened.file.ladder);
  console.result("until " + span_text(until) + ", " + std::to_string(result.events) + " events; " +
                 (!opened.file.same_build() ? "made by another build, so not compared\n"
                  : same                    ? "equal to the recording at every checkpoint\n"
                                            : "NOT equal to the recording\n"));
  return opened.file.same_build() && !same ? ChaosExit::nondeterminism : ChaosExit::ok;
}

/// How a replay that this build should repeat exactly came out differently.
void show_leak(const OpenedFailure& opened, const RunResult& result, Console& console) {
  const auto& was = opened.file.ladder;
  const auto& is = result.digest.ladder();
  const auto [rung, other] = std::ranges::mismatch(was, is);
  const Duration equal_until =
      rung == was.begin() ? Duration{} : std::prev(rung)->time.time_since_epoch();
  std::string text = "arbees-chaos: the same build came out differently: digest " +
                     digest_text(result.digest) + ", recorded " + opened.file.digest +
                     "; equal until " + span_text(equal_until) + "\n";
  if (const auto divergence = compare_runs(opened.request(), opened.request())) {
    text += divergence_text(*divergence);
  }
  console.complain(text);
}

}  // namespace

ChaosExit replay_command(const ReplayOptions& options, Console& console) {
  const auto opened = open_failure_file(options.file);
  if (!opened) {
    return complain_of(opened.error(), console);
  }
  const FailureFile& file = opened->file;
  if (!file.same_build()) {
    console.complain("arbees-chaos: recorded by build " + file.build + ", this is build " +
                     std::string(build_id()) +
                     ": the recorded schedule is repeated, the digest cannot be\n");
  }
  if (options.until) {
    return show_until(*opened, *options.until, console);
  }
  const RunResult result = run_scenario(opened->request());
  if (file.same_build() && digest_text(result.digest) != file.digest) {
    show_leak(*opened, result, console);
    console.result("arbees-chaos replay " + options.file + " --verify\n");
    return ChaosExit::nondeterminism;
  }
  console.result("recorded: " + failing_text(file.failure) + "\n");
  if (!fails_as(result, file.failure)) {
    const auto other = failings(result);
    console.result(other.empty() ? "now: everything holds\n"
                                 : "now: " + failing_text(other.front()) + "\n");
    console.result("arbees-chaos replay " + options.file + "\n");
    return ChaosExit::not_reproduced;
  }
  console.result(file.same_build() ? "now: the same, digest " + file.digest + ", verified\n"
                                   : "now: the same, by the recorded schedule; digest " +
                                         digest_text(result.digest) + " here\n");
  if (options.verify) {
    return ChaosExit::ok;
  }
  console.result(file.repro + "\n");
  return ChaosExit::failed;
}

ChaosExit diff_command(const DiffOptions& options, const ScenarioLibrary& library,
                       Console& console) {
  const auto a = open_run(options.a, options.policy, library);
  if (!a) {
    return complain_of(a.error(), console);
  }
  const auto b = open_run(options.b, options.policy, library);
  if (!b) {
    return complain_of(b.error(), console);
  }
  for (const OpenedRun* run : {&*a, &*b}) {
    if (run->failure && !run->failure->same_build()) {
      console.complain("arbees-chaos: " + run->loaded.file.string() +
                       " was recorded by another build; its schedule is repeated by this one\n");
    }
  }
  const auto divergence = compare_runs(a->request(), b->request());
  if (!divergence) {
    console.result("A and B are the same run, item by item\n");
    return ChaosExit::ok;
  }
  console.result("A " + options.a + "\nB " + options.b + "\n" + divergence_text(*divergence));
  return ChaosExit::failed;
}

ChaosExit explain_command(const ExplainOptions& options, const ScenarioLibrary& library,
                          Console& console) {
  std::string lines;
  if (options.run.ends_with(".jsonl")) {
    auto text = read_whole_file(options.run);
    if (!text) {
      return complain_of(text.error(), console);
    }
    lines = std::move(*text);
  } else {
    const auto run = open_run(options.run, options.policy, library);
    if (!run) {
      return complain_of(run.error(), console);
    }
    lines = events_of(run->request(), {});
  }
  std::istringstream in(lines);
  const auto events = read_event_file(in, options.run);
  if (!events) {
    return complain_of({ChaosExit::unreadable, events.error()}, console);
  }
  const auto event = find_event(*events, options.event);
  if (!event) {
    return complain_of({ChaosExit::usage, event.error()}, console);
  }
  const auto chain = chain_of_causes(*events, *event);
  console.result(chain_text(chain));
  if (chain.front()->event != "fault_started") {
    const std::string faults = faults_going_on(*events, chain.front()->t_ns);
    console.result(faults.empty() ? "no fault was going on then\n"
                                  : "faults going on then:\n" + faults);
  }
  return ChaosExit::ok;
}

ChaosExit show_command(const ShowOptions& options, const ScenarioLibrary& library,
                       Console& console) {
  const auto loaded = library.load(options.scenario);
  if (!loaded) {
    return complain_of({ChaosExit::usage, loaded.error()}, console);
  }
  const SeededScenario seeded(*loaded, options.seed, options.mutation);
  std::istringstream words(seeded.words());
  for (std::string line; std::getline(words, line);) {
    console.result("// " + line + "\n");
  }
  console.result(seeded.loaded().text);
  return ChaosExit::ok;
}

}  // namespace arbees::sim
