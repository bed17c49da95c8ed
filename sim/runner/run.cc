#include "sim/runner/run.h"

#include <algorithm>
#include <map>

#include "core/base/assert.h"
#include "sim/invariants/registry.h"
#include "sim/metrics/meter.h"
#include "sim/runner/fleet.h"
#include "sim/world/world.h"

namespace arbees::sim {
namespace {

bool contains(const std::vector<std::string>& ids, std::string_view id) {
  return std::ranges::find(ids, id) != ids.end();
}

InvariantResult judged(const Invariant& invariant, const PolicySpec& policy) {
  const bool violated = invariant.status() == InvariantStatus::violated;
  const bool must = contains(policy.violates, invariant.id());
  const bool may = contains(policy.may_violate, invariant.id());
  return {.id = std::string(invariant.id()),
          .status = invariant.status(),
          .checks = invariant.checks(),
          .violations = invariant.violation_count(),
          .first_violation = violated ? invariant.violations().front().text : std::string(),
          .as_expected = violated ? must || may : !must};
}

void judge_metric(const MetricExpectation& expected, const RunMetrics& metrics,
                  ExpectationResult& into) {
  const MetricRow* row = find_metric(expected.metric);
  ensure(row != nullptr, "metrics are checked when a scenario is read");
  const std::optional<std::uint64_t> value = row->value(metrics);
  if (!value) {
    into.detail = "there was nothing to measure";
    return;
  }
  into.met = *value >= expected.least && *value <= expected.most;
  if (!into.met) {
    into.detail = "it is " + metric_text(*row, *value);
  }
}

bool applies(const Expectation& expectation, const FaultSchedule& faults) {
  if (!expectation.when) {
    return true;
  }
  const Duration value = faults.parameter(expectation.when->parameter);
  return value >= expectation.when->range.lo && value <= expectation.when->range.hi;
}

std::vector<ExpectationResult> judged(const PolicySpec& policy, const ExpectationWatcher& watcher,
                                      const FaultSchedule& faults, const RunMetrics& metrics) {
  std::vector<ExpectationResult> results = watcher.judge(faults.times());
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!applies(policy.expectations[i], faults)) {
      results[i] = {.text = results[i].text, .applies = false, .met = true, .detail = {}};
      continue;
    }
    if (const auto* metric = std::get_if<MetricExpectation>(&policy.expectations[i].what)) {
      judge_metric(*metric, metrics, results[i]);
    }
  }
  return results;
}

/// The figures of the faults by the kinds that scenarios name: a crash of Redis is one to the world, and
/// redis_down to people.
std::vector<FaultFigure> figures_by_kind(const Scenario& scenario, const FaultTimes& times,
                                         const RunMetrics& metrics) {
  std::map<std::string_view, FaultFigure> by_kind;
  for (const FaultSpec& fault : scenario.faults) {
    const auto moments = times.find(fault.name);
    if (moments == times.end()) {
      continue;
    }
    FaultFigure& figure = by_kind[fault_row(fault.kind).name];
    figure.kind = fault_row(fault.kind).name;
    const std::vector<EventId>& ids = moments->second.ids;
    figure.episodes += ids.empty() ? moments->second.started.size() : ids.size();
    figure.fired +=
        ids.empty()
            ? moments->second.started.size()
            : static_cast<std::uint64_t>(std::ranges::count_if(ids, [&](EventId id) {
                return std::ranges::find(metrics.silent_faults, id) == metrics.silent_faults.end();
              }));
  }
  std::vector<FaultFigure> figures;
  for (auto& [kind, figure] : by_kind) {
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace

std::string_view to_string(Verdict verdict) { return verdict == Verdict::pass ? "pass" : "fail"; }

std::string digest_text(const Digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned shift = 64; shift > 0; shift -= 4) {
    text += digits[(digest.value() >> (shift - 4)) & 0xFU];
  }
  return text;
}

RunResult run_scenario(const RunRequest& request) {
  const Scenario& scenario = request.scenario;
  const PolicySpec& policy = request.policy;
  const Limits limits = Fleet::limits(scenario, policy);
  InvariantSet invariants(limits);
  Meter meter(limits);
  ExpectationWatcher watcher(policy.expectations);

  WorldConfig config;
  config.seed = request.seed;
  config.digest = request.digest;
  config.tape = request.tape;
  config.clocks = request.clocks;
  config.network.latency = scenario.latency.value_or(config.network.latency);
  World world(config);
  world.add_observer(invariants);
  world.add_observer(meter);
  world.add_observer(watcher);
  if (request.recorder != nullptr) {
    world.add_observer(*request.recorder);
  }
  Fleet fleet(scenario, policy, world);
  FaultSchedule faults(scenario, request.parameters, world,
                       [&fleet](const std::string& node, const ComesBack& new_about_it) {
                         fleet.change(node, new_about_it);
                       });
  fleet.install();
  faults.install();

  const SimTime end{request.duration.value_or(scenario.duration)};
  world.run_until(end);
  invariants.finish(end);

  RunResult result;
  result.scenario = scenario.name;
  result.policy = policy.name;
  result.seed = request.seed;
  result.simulated = end.time_since_epoch();
  result.events = world.events();
  result.digest = world.digest();
  result.metrics = meter.finish(end);
  result.schedule = {
      .parameters = faults.parameters(), .drawn = faults.drawn(), .times = faults.times()};
  result.metrics.faults = figures_by_kind(scenario, faults.times(), result.metrics);
  result.violations = invariants.violations();
  for (const auto& invariant : invariants.invariants()) {
    result.invariants.push_back(judged(*invariant, policy));
  }
  result.expectations = judged(policy, watcher, faults, result.metrics);
  const bool good = std::ranges::all_of(result.invariants, &InvariantResult::as_expected) &&
                    std::ranges::all_of(result.expectations, &ExpectationResult::met);
  result.verdict = good ? Verdict::pass : Verdict::fail;
  return result;
}

}  // namespace arbees::sim
