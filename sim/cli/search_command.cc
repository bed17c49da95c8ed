#include "sim/cli/search_command.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <thread>

#include "core/base/build_id.h"
#include "core/settings/decimal.h"
#include "sim/cli/search_conclusion.h"
#include "sim/report/output_file.h"
#include "sim/search/junit.h"
#include "sim/search/machine_clock.h"
#include "sim/search/seed_plan.h"
#include "sim/sweep/sweep_plan.h"

namespace arbees::sim {
namespace {

constexpr std::size_t failure_files_max = 20;
/// So many mutations of a schedule a guided search may try.
constexpr std::uint64_t neighbours_of_a_run = 63;

std::optional<std::uint64_t> environment_number(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : parse_count(value);
}

/// The part that a cluster scheduler gave this process: a Slurm array, or an indexed Job of Kubernetes (whose
/// size it does not tell: JOB_COMPLETIONS, which the Job must set).
std::expected<Partition, std::string> scheduled_partition() {
  if (const auto task = environment_number("SLURM_ARRAY_TASK_ID")) {
    const auto first = environment_number("SLURM_ARRAY_TASK_MIN").value_or(0);
    const auto count = environment_number("SLURM_ARRAY_TASK_COUNT");
    if (!count || *task < first || *task - first >= *count) {
      return std::unexpected(
          "SLURM_ARRAY_TASK_ID is set, but SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_COUNT do not "
          "fit it; use an array without gaps, such as --array=0-7, or give --partition");
    }
    return Partition{*task - first + 1, *count};
  }
  if (const auto index = environment_number("JOB_COMPLETION_INDEX")) {
    const auto count = environment_number("JOB_COMPLETIONS");
    if (!count || *index >= *count) {
      return std::unexpected(
          "JOB_COMPLETION_INDEX is set, but JOB_COMPLETIONS is not above it; set it to the Job's "
          "completions, or give --partition");
    }
    return Partition{*index + 1, *count};
  }
  return Partition{};
}

using Subjects = std::vector<SearchSubject>;

std::expected<void, std::string> add_subjects(const std::string& name, const std::string& policy,
                                              const ScenarioLibrary& library, Subjects& into) {
  auto loaded = library.load(name);
  if (!loaded) {
    return std::unexpected(loaded.error());
  }
  const auto shared = std::make_shared<const LoadedScenario>(std::move(*loaded));
  for (const PolicySpec& spec : shared->scenario.policies) {
    if (policy == "both" || policy == spec.name) {
      into.push_back({shared, spec.name, shell_word(name) + library.flags()});
    }
  }
  return policy == "both" ? std::expected<void, std::string>() : require_policy(*shared, policy);
}

std::expected<Subjects, std::string> subjects_of(const SearchCommandOptions& options,
                                                 const ScenarioLibrary& library) {
  std::vector<std::string> names = options.scenarios;
  for (const std::string& swarm : options.swarms) {
    names.push_back((library.root() / "swarm" / (swarm + ".json")).string());
  }
  if (names.empty()) {
    for (const auto& file : library.files()) {
      if (file.parent_path().filename() == "swarm") {
        names.push_back(file.string());
      }
    }
  }
  Subjects subjects;
  for (const std::string& name : names) {
    if (auto added = add_subjects(name, options.policy, library, subjects); !added) {
      return std::unexpected(added.error());
    }
  }
  if (subjects.empty()) {
    return std::unexpected("there is nothing to search: no scenario was named, and there are no " +
                           std::string("profiles in ") + (library.root() / "swarm").string());
  }
  return subjects;
}

/// A line about where a search stands.
class Progress {
 public:
  Progress(Console& console, const SearchCommandOptions& options, std::optional<std::uint64_t> size)
      : console_(console), budget_(options.budget), size_(size), begin_ns_(machine_ns()) {}

  void show(const Summary& summary, std::uint64_t before) {
    const auto gone =
        static_cast<std::uint64_t>(std::max<std::int64_t>(machine_ns() - begin_ns_, 1));
    const std::uint64_t made = summary.runs() - before;
    std::string text = std::to_string(summary.runs()) +
                       (size_ ? "/" + std::to_string(*size_) : std::string()) + " runs, " +
                       std::to_string(made * 1'000'000'000 / gone) + "/s, " +
                       std::to_string(summary.sim_ns() / gone) + " x real time, " +
                       std::to_string(summary.failed()) + " failed";
    if (const auto left = seconds_left(made, gone, summary.runs())) {
      text += ", " + std::to_string(*left) + " s left";
    }
    console_.progress(text);
  }

 private:
  std::optional<std::uint64_t> seconds_left(std::uint64_t made, std::uint64_t gone,
                                            std::uint64_t runs) const {
    constexpr std::uint64_t ns_per_second = 1'000'000'000;
    if (budget_) {
      const auto all = static_cast<std::uint64_t>(budget_->count());
      return (all - std::min(all, gone)) / ns_per_second;
    }
    if (size_ && made > 0) {
      return (*size_ - std::min(*size_, runs)) * (gone / made) / ns_per_second;
    }
    return std::nullopt;
  }

  Console& console_;
  std::optional<Duration> budget_;
  std::optional<std::uint64_t> size_;
  std::int64_t begin_ns_;
};

/// Writes a failure file for each way to fail, of its first run.
std::expected<void, std::string> record_failures(const SearchPlan& plan, const Summary& summary,
                                                 std::uint64_t searched, const std::string& folder,
                                                 Console& console) {
  std::set<std::string> wanted;
  for (const Summary::Failure& failure : summary.failures()) {
    const bool can_be_made_here = failure.subject != "I10" && failure.subject != program_subject;
    if (can_be_made_here && wanted.size() < failure_files_max) {
      wanted.insert(failure.first_key);
    }
  }
  for (std::uint64_t index = 0; index < searched && !wanted.empty(); ++index) {
    if (wanted.erase(plan.key(index)) == 0) {
      continue;
    }
    const SearchJob job = plan.job(index);
    if (make_run(job, false).verdict == "pass") {
      continue;
    }
    FailureFile file = record_failure(job);
    if (!job.variant.empty()) {
      file.scenario_name += "-" + std::to_string(index);
    }
    const auto written = write_failure(folder, file);
    if (!written) {
      return std::unexpected(written.error());
    }
    console.complain("arbees-chaos: recorded in " + *written + "\n");
  }
  return {};
}

/// What could be written neither now nor in the end shall not cost the search.
std::expected<void, std::string> try_outputs(const SearchCommandOptions& options) {
  if (!options.junit.empty()) {
    if (auto good = try_output(options.junit); !good) {
      return good;
    }
  }
  return options.failures.empty() ? std::expected<void, std::string>()
                                  : try_output_folder(options.failures);
}

/// Writes what is wanted beside the results. False: not all of it could be written, and why was said.
bool keep_results(const SearchPlan& plan, const Summary& summary, std::uint64_t parts,
                  const SearchCommandOptions& options, Console& console) {
  bool kept = true;
  const auto note = [&](const std::expected<void, std::string>& written) {
    if (!written) {
      complain(written.error(), console);
      kept = false;
    }
  };
  if (!options.junit.empty()) {
    note(write_output(options.junit, junit_xml(summary)));
  }
  if (!options.failures.empty() && summary.failed() > 0) {
    const std::uint64_t searched =
        plan.size.value_or((summary.runs() * parts + 1'000) * plan.siblings);
    note(record_failures(plan, summary, searched, options.failures, console));
  }
  return kept;
}

/// One run of a plan, for whoever wants to see what a search saw.
ChaosExit run_one(const SearchPlan& plan, std::uint64_t index, const SearchCommandOptions& options,
                  Console& console) {
  if (plan.size && index >= *plan.size) {
    return complain("--index: there are only " + std::to_string(*plan.size) + " runs", console);
  }
  const SearchJob job = plan.job(index);
  const RunRecord record = make_run(job, true);
  if (!options.failures.empty() && record.verdict == "fail") {
    const auto written = write_failure(options.failures, record_failure(job));
    console.complain("arbees-chaos: " + (written ? "recorded in " + *written : written.error()) +
                     "\n");
  }
  FinishedSearch finished{.made_anew = false};
  finished.outcome.summary.add(record);
  if (options.json) {
    return conclude_search(finished, true, true, console);
  }
  console.result(record.verdict + "  " + record.key() + "  digest " + record.digest + "\n");
  for (const RunRecord::Failed& failed : record.failures) {
    console.result("  " + failed.subject + ": " + failed.text + "\n");
  }
  if (record.verdict == "pass") {
    return ChaosExit::ok;
  }
  console.result(job.repro + "\n");
  return record.verdict == "leak" ? ChaosExit::nondeterminism : ChaosExit::failed;
}

}  // namespace

ChaosExit search_command(const SearchCommandOptions& options, const ScenarioLibrary& library,
                         Console& console, const std::function<bool()>& interrupted) {
  const auto subjects = subjects_of(options, library);
  if (!subjects) {
    return complain(subjects.error(), console);
  }
  const auto scheduled = options.partition
                             ? std::expected<Partition, std::string>(*options.partition)
                             : scheduled_partition();
  if (!scheduled) {
    return complain(scheduled.error(), console);
  }
  if (!options.seeds && !options.budget && options.enough == 0 && !options.sweep) {
    return complain("how long? expected --seeds A..B, --for 60s or --enough N", console);
  }
  FinishedSearch finished;
  SearchPlan plan;
  const std::uint64_t first = options.seeds ? options.seeds->first : 1;
  if (options.sweep) {
    if (subjects->size() != 1) {
      return complain("--sweep takes one scenario and one policy", console);
    }
    Sweep sweep =
        plan_sweep(subjects->front().loaded, subjects->front().policy, subjects->front().name,
                   {.seed = first, .lasting = options.lasting, .pairs = options.pairs});
    if (!sweep.base_failure.empty()) {
      console.complain("arbees-chaos: the run without an added fault fails already: " +
                       sweep.base_failure + "\n");
    }
    finished.sweep_points = sweep.points.size();
    finished.sweep_faults = sweep.faults.size();
    plan = std::move(sweep.plan);
  } else {
    plan = seed_plan(*subjects, first,
                     options.seeds ? std::optional(options.seeds->last) : std::nullopt,
                     options.guided ? neighbours_of_a_run : 0);
  }
  if (options.index) {
    return run_one(plan, *options.index, options, console);
  }

  if (auto good = try_outputs(options); !good) {
    return complain(good.error(), console);
  }
  std::optional<ResultsFile> file;
  if (!options.out.empty()) {
    auto opened = ResultsFile::open(options.out, plan.text, std::string(build_id()));
    if (!opened) {
      return complain(opened.error(), console, ChaosExit::unreadable);
    }
    file = std::move(*opened);
  }
  const std::int64_t begin = machine_ns();
  const std::int64_t deadline = options.budget ? begin + options.budget->count() : INT64_MAX;
  SearchOptions searching;
  searching.workers =
      options.workers > 0 ? options.workers : std::max(1U, std::thread::hardware_concurrency());
  searching.partition = *scheduled;
  searching.every_twice = options.every_twice;
  searching.enough = options.enough;
  searching.until_failure = options.until_failure;
  searching.stop = [&] { return interrupted() || machine_ns() >= deadline; };
  Progress progress(console, options, options.guided ? std::nullopt : plan.size);
  std::optional<std::uint64_t> before;
  searching.progress = [&](const Summary& summary) {
    before = before.value_or(summary.runs());
    progress.show(summary, *before);
  };
  auto outcome = search(plan, searching, file ? &*file : nullptr);
  if (!outcome) {
    return complain(outcome.error(), console, ChaosExit::unreadable);
  }
  finished.outcome = std::move(*outcome);
  finished.wall_ns = machine_ns() - begin;
  const bool kept = keep_results(plan, finished.outcome.summary, scheduled->of, options, console);
  const bool timed_out = options.budget.has_value() && !options.seeds && !options.sweep;
  const bool expected_end = finished.outcome.complete || finished.outcome.saw_enough ||
                            finished.outcome.saw_failure || (timed_out && !interrupted());
  if (!expected_end) {
    console.complain("arbees-chaos: stopped before every run was made\n");
  }
  const ChaosExit code = conclude_search(finished, options.json, expected_end, console);
  return kept ? code : ChaosExit::usage;
}

}  // namespace arbees::sim
