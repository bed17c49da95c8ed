#include "sim/search/job.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/coverage/state_coverage.h"
#include "sim/marks/fleet_marks.h"
#include "sim/recording/compare.h"
#include "sim/search/machine_clock.h"

namespace arbees::sim {
namespace {

using nlohmann::json;

/// What a search looks at beside invariants and figures.
class SearchObserver final : public Observer {
 public:
  void observe(const SimEnvelope& event) override {
    marks.observe(event);
    coverage.observe(event);
  }

  FleetMarks marks;
  StateCoverage coverage;
};

RunRequest request_of(const SearchJob& job) {
  return {.scenario = job.loaded->scenario,
          .policy = *job.loaded->scenario.policy(job.policy),
          .seed = job.seed};
}

void note_failures(const RunResult& result, RunRecord& into) {
  for (const Failing& failing : failings(result)) {
    const bool known = std::ranges::any_of(into.failures, [&](const RunRecord::Failed& one) {
      return one.subject == failing.subject && one.kind == failing.kind;
    });
    if (!known) {
      into.failures.push_back({failing.subject, failing.kind, failing.text});
    }
  }
}

void note_observed(const RunResult& result, const SearchObserver& observer, RunRecord& into) {
  for (const InvariantResult& invariant : result.invariants) {
    into.checks[invariant.id] = invariant.checks;
  }
  for (const FaultFigure& fault : result.metrics.faults) {
    into.faults[fault.kind] = {.episodes = fault.episodes, .fired = fault.fired};
  }
  const auto hits = observer.marks.board().hits();
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (hits[i] > 0) {
      into.marks[std::string(mark_rows()[i].text)] = hits[i];
    }
  }
  into.pairs.assign(observer.coverage.pairs().begin(), observer.coverage.pairs().end());
}

}  // namespace

std::string run_key(const std::string& scenario, const std::string& policy, std::uint64_t seed,
                    const std::string& variant) {
  return scenario + "|" + policy + "|" + std::to_string(seed) + "|" + variant;
}

std::string SearchJob::key() const { return run_key(loaded->scenario.name, policy, seed, variant); }

std::string RunRecord::key() const { return run_key(scenario, policy, seed, variant); }

RunRecord make_run(const SearchJob& job, bool twice) {
  SearchObserver observer;
  RunRequest request = request_of(job);
  request.recorder = &observer;
  RunRecord record{.scenario = job.loaded->scenario.name,
                   .policy = job.policy,
                   .seed = job.seed,
                   .variant = job.variant,
                   .twice = twice,
                   .repro = job.repro};
  const std::int64_t begin = machine_ns();
  const RunResult result = run_scenario(request);
  record.wall_ns = static_cast<std::uint64_t>(machine_ns() - begin);
  record.verdict = to_string(result.verdict);
  record.digest = digest_text(result.digest);
  record.events = result.events;
  record.sim_ns = static_cast<std::uint64_t>(result.simulated.count());
  note_failures(result, record);
  note_observed(result, observer, record);
  if (twice) {
    record.checks["I10"] = 1;
    const RunRequest plain = request_of(job);
    const RunResult second = run_scenario(plain);
    if (second.digest.value() != result.digest.value()) {
      const auto where = locate_difference(plain, result.digest, plain, second.digest);
      record.verdict = "leak";
      record.failures.push_back({"I10", "came out differently",
                                 "digests " + record.digest + " and " + digest_text(second.digest) +
                                     "\n" + (where ? divergence_text(*where) : std::string())});
    }
  }
  return record;
}

FailureFile record_failure(const SearchJob& job) {
  Tape tape;
  RunRequest request = request_of(job);
  request.tape.kept = &tape;
  const RunResult result = run_scenario(request);
  return failure_of(*job.loaded, request, result, job.repro);
}

std::string record_line(const RunRecord& record) {
  json failures = json::array();
  for (const RunRecord::Failed& failed : record.failures) {
    failures.push_back({{"subject", failed.subject}, {"kind", failed.kind}, {"text", failed.text}});
  }
  json faults = json::object();
  for (const auto& [kind, fault] : record.faults) {
    faults[kind] = {fault.episodes, fault.fired};
  }
  const json line = {{"scenario", record.scenario},
                     {"policy", record.policy},
                     {"seed", record.seed},
                     {"variant", record.variant},
                     {"verdict", record.verdict},
                     {"digest", record.digest},
                     {"events", record.events},
                     {"sim_ns", record.sim_ns},
                     {"wall_ns", record.wall_ns},
                     {"twice", record.twice},
                     {"failures", failures},
                     {"checks", record.checks},
                     {"faults", faults},
                     {"marks", record.marks},
                     {"pairs", record.pairs},
                     {"repro", record.repro}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<RunRecord> parse_record(std::string_view line) {
  try {
    const json object = json::parse(line);
    RunRecord record;
    object.at("scenario").get_to(record.scenario);
    object.at("policy").get_to(record.policy);
    object.at("seed").get_to(record.seed);
    object.at("variant").get_to(record.variant);
    object.at("verdict").get_to(record.verdict);
    object.at("digest").get_to(record.digest);
    object.at("events").get_to(record.events);
    object.at("sim_ns").get_to(record.sim_ns);
    object.at("wall_ns").get_to(record.wall_ns);
    object.at("twice").get_to(record.twice);
    object.at("checks").get_to(record.checks);
    object.at("marks").get_to(record.marks);
    object.at("pairs").get_to(record.pairs);
    object.at("repro").get_to(record.repro);
    for (const json& failed : object.at("failures")) {
      record.failures.push_back({failed.at("subject"), failed.at("kind"), failed.at("text")});
    }
    for (const auto& [kind, fault] : object.at("faults").items()) {
      record.faults[kind] = {.episodes = fault.at(0), .fired = fault.at(1)};
    }
    return record;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace arbees::sim
