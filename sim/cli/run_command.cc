#include "sim/cli/run_command.h"

#include <algorithm>

#include "sim/cli/result_output.h"
#include "sim/recording/compare.h"
#include "sim/recording/failure_file.h"
#include "sim/recording/run_recorder.h"
#include "sim/report/output_file.h"
#include "sim/runner/run.h"
#include "sim/search/machine_clock.h"
#include "sim/swarm/seeded.h"

namespace arbees::sim {
namespace {

/// One scenario under one policy.
struct Job {
  const LoadedScenario* scenario;
  const PolicySpec* policy;
  std::string name;  ///< as a command names the scenario
};

struct Plan {
  std::vector<LoadedScenario> scenarios;
  std::vector<Job> jobs;
};

std::expected<void, std::string> check_parameters(const RunOptions& options,
                                                  const Scenario& scenario) {
  for (const auto& [name, range] : options.parameters) {
    if (scenario.parameter(name) != nullptr) {
      continue;
    }
    std::vector<std::string> words;
    for (const Parameter& parameter : scenario.parameters) {
      words.push_back(parameter.name);
    }
    return std::unexpected("--param: " + scenario.name + " has " +
                           (words.empty() ? "no parameters, so no " + in_quotes(name)
                                          : "an " + unknown_word("parameter", name, words)));
  }
  return {};
}

std::expected<void, std::string> add_jobs(const RunOptions& options, const LoadedScenario& loaded,
                                          const std::string& name, std::vector<Job>& jobs) {
  for (const PolicySpec& policy : loaded.scenario.policies) {
    if (options.policy == "both" || options.policy == policy.name) {
      jobs.push_back({&loaded, &policy, name});
    }
  }
  return options.policy == "both" ? std::expected<void, std::string>()
                                  : require_policy(loaded, options.policy);
}

std::expected<Plan, std::string> make_plan(const RunOptions& options,
                                           const ScenarioLibrary& library) {
  std::vector<std::string> names = options.scenarios;
  if (names.empty()) {
    for (const auto& file : library.files()) {
      names.push_back(file.string());
    }
    if (names.empty()) {
      return std::unexpected("there are no scenarios in " + library.root().string() +
                             "; name their folder with --scenarios");
    }
  }
  Plan plan;
  plan.scenarios.reserve(names.size());  // jobs point into it
  for (const std::string& name : names) {
    auto loaded = library.load(name);
    if (!loaded) {
      return std::unexpected(loaded.error());
    }
    plan.scenarios.push_back(std::move(*loaded));
    if (auto good = check_parameters(options, plan.scenarios.back().scenario); !good) {
      return std::unexpected(good.error());
    }
    const std::string& shown =
        options.scenarios.empty() ? plan.scenarios.back().scenario.name : name;
    if (auto good = add_jobs(options, plan.scenarios.back(), shell_word(shown) + library.flags(),
                             plan.jobs);
        !good) {
      return std::unexpected(good.error());
    }
  }
  return plan;
}

std::string repro_command(const Job& job, std::uint64_t seed, const RunOptions& options) {
  return "arbees-chaos run " + job.name + " --policy " + job.policy->name + " --seed " +
         std::to_string(seed) + options.extra_flags;
}

/// Runs one job after the other and shows each result as it comes.
class Runner {
 public:
  Runner(const RunOptions& options, Console& console) : options_(options), console_(console) {}

  /// False: the run came out differently the second time.
  [[nodiscard]] std::expected<bool, std::string> run(const Job& job, std::uint64_t seed);
  [[nodiscard]] const std::vector<FinishedRun>& finished() const { return finished_; }
  void set_columns(const TableColumns& columns) { columns_ = columns; }

 private:
  RunRequest request(const Job& job, const SeededScenario& seeded, std::uint64_t seed) const {
    return {.scenario = seeded.scenario(),
            .policy = *seeded.scenario().policy(job.policy->name),
            .seed = seed,
            .parameters = options_.parameters,
            .duration = options_.duration};
  }
  void explain_difference(const RunRequest& request, const Digest& a, const Digest& b) const;
  /// Writes the failure file of a failed run, where files are wanted.
  std::expected<void, std::string> keep_failure(const RunRequest& request,
                                                const LoadedScenario& scenario,
                                                const FinishedRun& run) const;

  const RunOptions& options_;
  Console& console_;
  TableColumns columns_;
  std::vector<FinishedRun> finished_;
};

void Runner::explain_difference(const RunRequest& request, const Digest& a, const Digest& b) const {
  std::string text = "arbees-chaos: the same run came out differently: digests " + digest_text(a) +
                     " and " + digest_text(b) + "\n";
  if (const auto divergence = locate_difference(request, a, request, b)) {
    text += divergence_text(*divergence);
  }
  console_.complain(text);
}

std::expected<void, std::string> Runner::keep_failure(const RunRequest& request,
                                                      const LoadedScenario& scenario,
                                                      const FinishedRun& run) const {
  const std::string& folder = options_.out.empty() ? options_.report : options_.out;
  if (folder.empty() || run.result.verdict == Verdict::pass) {
    return {};
  }
  Tape tape;
  RunRequest again = request;
  again.tape.kept = &tape;
  const RunResult result = run_scenario(again);
  const auto written = write_failure(folder, failure_of(scenario, again, result, run.repro));
  if (!written) {
    return std::unexpected(written.error());
  }
  console_.complain("arbees-chaos: recorded in " + *written + "\n");
  return {};
}

std::expected<bool, std::string> Runner::run(const Job& job, std::uint64_t seed) {
  FinishedRun run;
  run.repro = repro_command(job, seed, options_);
  const SeededScenario seeded(*job.scenario, seed, options_.mutation);
  const RunRequest once = request(job, seeded, seed);
  const std::int64_t before = machine_ns();
  run.result = run_scenario(once);
  run.wall_ns = machine_ns() - before;

  const bool record = options_.grid || !options_.report.empty();
  std::string events;
  if (record || options_.verify) {
    // The recording is a second run, so that the figures are those of a plain one, and so that every
    // report is also a check that the run comes out the same.
    RunRequest again = once;
    RunRecorder recorder(again.scenario, again.policy, seed, run.repro);
    again.recorder = record ? &recorder : nullptr;
    const RunResult second = run_scenario(again);
    if (second.digest.value() != run.result.digest.value()) {
      explain_difference(once, run.result.digest, second.digest);
      return false;
    }
    run.result.invariants.push_back(
        {.id = "I10", .status = InvariantStatus::holds, .checks = 1, .first_violation = {}});
    events = record ? recorder.finish(run.result) : std::string();
  }
  if (!options_.report.empty()) {
    auto written = write_report(options_.report, run.result, events);
    if (!written) {
      return std::unexpected(written.error());
    }
    run.timeline = std::move(*written);
  }
  if (auto kept = keep_failure(once, seeded.loaded(), run); !kept) {
    return std::unexpected(kept.error());
  }
  if (!options_.json) {
    console_.result((finished_.empty() ? table_header(columns_) : std::string()) +
                    table_row(run, columns_, console_));
    console_.result(options_.grid ? text_grid_of(events, console_.colour()) : std::string());
  }
  finished_.push_back(std::move(run));
  return true;
}

TableColumns columns_for(const Plan& plan, const RunOptions& options) {
  TableColumns columns;
  columns.seed = std::max(columns.seed, std::to_string(options.seeds.last).size());
  for (const Job& job : plan.jobs) {
    columns.scenario = std::max(columns.scenario, job.scenario->scenario.name.size());
    columns.policy = std::max(columns.policy, job.policy->name.size());
  }
  return columns;
}

std::string progress_text(std::size_t done, std::uint64_t all, std::size_t failed) {
  return std::to_string(done) + "/" + std::to_string(all) + " runs, " + std::to_string(failed) +
         " failed";
}

/// The summary of a call, and its exit code; the last line of a failure reproduces it.
ChaosExit conclude_runs(const RunOptions& options, const std::vector<FinishedRun>& runs,
                        bool complete, Console& console) {
  if (options.json) {
    console.result(results_json(runs));
  }
  const FinishedRun* failed = nullptr;
  std::size_t failures = 0;
  for (const FinishedRun& run : runs) {
    if (run.result.verdict == Verdict::fail) {
      failed = failed == nullptr ? &run : failed;
      ++failures;
    }
  }
  if (!complete) {
    console.complain("arbees-chaos: ended after " + std::to_string(runs.size()) + " runs\n");
  }
  if (failed != nullptr) {
    const std::string summary = std::to_string(failures) + " of " + std::to_string(runs.size()) +
                                " runs failed; the first one again:\n" + failed->repro + "\n";
    options.json ? console.complain(summary) : console.result(summary);
    return ChaosExit::failed;
  }
  return complete ? ChaosExit::ok : ChaosExit::inconclusive;
}

}  // namespace

ChaosExit run_command(const RunOptions& options, const ScenarioLibrary& library, Console& console,
                      const std::function<bool()>& interrupted) {
  const auto plan = make_plan(options, library);
  if (!plan) {
    return complain(plan.error(), console);
  }
  for (const std::string& folder : {options.report, options.out}) {
    const auto good =
        folder.empty() ? std::expected<void, std::string>() : try_output_folder(folder);
    if (!good) {
      return complain(good.error(), console);
    }
  }
  Runner runner(options, console);
  runner.set_columns(columns_for(*plan, options));
  const std::uint64_t all = plan->jobs.size() * (options.seeds.last - options.seeds.first + 1);
  std::size_t failed = 0;
  for (const Job& job : plan->jobs) {
    for (std::uint64_t seed = options.seeds.first;; ++seed) {
      if (interrupted()) {
        return conclude_runs(options, runner.finished(), false, console);
      }
      const auto same = runner.run(job, seed);
      if (!same) {
        console.complain("arbees-chaos: " + same.error() + "\n");
        conclude_runs(options, runner.finished(), false, console);
        return ChaosExit::usage;
      }
      if (!*same) {
        conclude_runs(options, runner.finished(), false, console);
        const std::string repro = repro_command(job, seed, options) + " --verify\n";
        options.json ? console.complain(repro) : console.result(repro);
        return ChaosExit::nondeterminism;
      }
      failed += runner.finished().back().result.verdict == Verdict::fail ? 1 : 0;
      console.progress(progress_text(runner.finished().size(), all, failed));
      if (seed == options.seeds.last) {
        break;
      }
    }
  }
  return conclude_runs(options, runner.finished(), true, console);
}

}  // namespace arbees::sim
