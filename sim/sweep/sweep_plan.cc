#include "sim/sweep/sweep_plan.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "sim/report/periodic_events.h"
#include "sim/scenario/document_text.h"
#include "sim/scenario/fault_table.h"
#include "sim/scenario/span.h"
#include "sim/search/seed_plan.h"
#include "sim/swarm/episode.h"
#include "sim/swarm/seeded.h"

namespace arbees::sim {
namespace {

/// Moments closer together than this are one point.
constexpr Duration grain = milliseconds{100};
/// A fault comes just after what happened.
constexpr Duration just_after = std::chrono::microseconds{1};

/// Notes when something happened, beside the fleet's normal life.
class Moments final : public Observer {
 public:
  void observe(const SimEnvelope& event) override {
    const Duration at = event.time.time_since_epoch();
    if (!is_periodic(event.event.name()) && (points.empty() || at >= points.back() + grain)) {
      points.push_back(at);
    }
  }
  std::vector<Duration> points;
};

bool has_field(const FaultRow& row, std::string_view key) {
  return std::ranges::find(row.shape->fields, key, &Field::key) != row.shape->fields.end();
}

/// One fault of a kind for each place it can strike. What else it says is drawn once from its name.
void add_faults(const FaultRow& row, const Scenario& scenario, Duration lasting,
                std::vector<Value>& into) {
  const std::string shard = scenario.shards.front().str();
  std::vector<std::pair<std::string, std::string>> places{{"", ""}};
  if (has_field(row, "target")) {
    places = {{"target", std::string(orchestrator_node)}, {"target", shard}};
  } else if (has_field(row, "from")) {
    places = {{"from", std::string(orchestrator_node)}, {"from", shard}, {"from", "shards"}};
  }
  for (const auto& [key, node] : places) {
    Streams streams(1);
    Stream& draws = streams.get("sweep:" + std::string(row.name) + ":" + node);
    auto fault = draw_episode(row, "added", {.start = {}, .length = lasting}, 1, draws);
    if (!fault) {
      continue;
    }
    if (!key.empty()) {
      set_member(*fault, key, text_value(node));
    }
    into.push_back(std::move(*fault));
  }
}

/// The scenario with faults added and nothing expected of it.
class Variants {
 public:
  explicit Variants(std::shared_ptr<const LoadedScenario> loaded) : loaded_(std::move(loaded)) {
    auto document = parse_document(loaded_->text);
    ensure(document.has_value(), "a loaded scenario was parsed before");
    base_ = std::move(*document);
    for (Value::Member& member : find_member(base_, "policies")->members) {
      find_member(member.value, "expect")->items.clear();
    }
  }

  /// None: the scenario cannot have these faults.
  std::shared_ptr<const LoadedScenario> with(std::vector<Value> faults) const {
    Value document = base_;
    Value& all = *find_member(document, "faults");
    std::size_t number = 0;
    for (Value& fault : faults) {
      set_member(fault, "name", text_value("added-" + std::to_string(++number)));
      all.items.push_back(std::move(fault));
    }
    std::string text = document_text(document);
    auto scenario = read_scenario(text, loaded_->policies);
    if (!scenario) {
      return nullptr;
    }
    return std::make_shared<LoadedScenario>(
        LoadedScenario{loaded_->file, std::move(*scenario), std::move(text), loaded_->policies});
  }

 private:
  std::shared_ptr<const LoadedScenario> loaded_;
  Value base_;
};

Value at_point(Value fault, Duration point) {
  set_member(fault, "at", text_value(span_text(point + just_after)));
  return fault;
}

std::string variant_text(const Value& fault) {
  std::string text = fault.find("fault")->text;
  for (const std::string_view key : {"target", "from"}) {
    if (const Value* node = fault.find(key)) {
      text += " " + node->text;
    }
  }
  return text + " at " + fault.find("at")->text;
}

std::string variant_text(const std::vector<Value>& added) {
  std::string text;
  for (const Value& fault : added) {
    text += (text.empty() ? "" : " and ") + variant_text(fault);
  }
  return text.empty() ? "base" : text;
}

/// The faults of run number `index` of a sweep.
std::vector<Value> added_faults(const std::vector<Duration>& points,
                                const std::vector<Value>& faults, std::uint64_t seed,
                                std::uint64_t index) {
  if (index == 0) {
    return {};
  }
  const std::uint64_t single = index - 1;
  if (single < points.size() * faults.size()) {
    return {at_point(faults[single % faults.size()], points[single / faults.size()])};
  }
  Streams streams(seed);
  Stream& draws = streams.get("sweep:pair:" + std::to_string(index));
  std::vector<Value> two;
  for (int i = 0; i < 2; ++i) {
    const auto fault = draws.between(0, static_cast<std::int64_t>(faults.size()) - 1);
    const auto point = draws.between(0, static_cast<std::int64_t>(points.size()) - 1);
    two.push_back(
        at_point(faults[static_cast<std::size_t>(fault)], points[static_cast<std::size_t>(point)]));
  }
  return two;
}

}  // namespace

Sweep plan_sweep(std::shared_ptr<const LoadedScenario> loaded, const std::string& policy,
                 const std::string& name, const SweepOptions& options) {
  if (loaded->scenario.swarm) {
    loaded = std::make_shared<LoadedScenario>(SeededScenario(*loaded, options.seed).loaded());
  }
  auto variants = std::make_shared<const Variants>(loaded);
  const auto base = variants->with({});
  ensure(base != nullptr, "a scenario without expectations is one");
  Moments moments;
  RunRequest request{
      .scenario = base->scenario, .policy = *base->scenario.policy(policy), .seed = options.seed};
  request.recorder = &moments;
  const RunResult result = run_scenario(request);

  Sweep sweep;
  if (const auto wrong = failings(result); !wrong.empty()) {
    sweep.base_failure = wrong.front().subject + ": " + wrong.front().text;
  }
  sweep.points = std::move(moments.points);
  std::erase_if(sweep.points,
                [&](Duration at) { return at + just_after >= loaded->scenario.duration; });
  for (const FaultRow& row : fault_table()) {
    add_faults(row, loaded->scenario, options.lasting, sweep.faults);
  }
  // A fault that this scenario cannot have at all (a failover without replicas) is no part of it.
  std::erase_if(sweep.faults, [&](const Value& fault) {
    return variants->with({at_point(fault, sweep.points.front())}) == nullptr;
  });
  sweep.plan.text = "sweep of " + loaded->scenario.name + " " + policy + " (content " +
                    scenario_hash(*loaded) + "), seed " + std::to_string(options.seed) +
                    ", faults of " + span_text(options.lasting) + ", " +
                    std::to_string(options.pairs) + " pairs";
  sweep.plan.size = 1 + sweep.points.size() * sweep.faults.size() + options.pairs;
  sweep.plan.key = [points = sweep.points, faults = sweep.faults, policy, options,
                    scenario = loaded->scenario.name](std::uint64_t index) {
    return run_key(scenario, policy, options.seed,
                   variant_text(added_faults(points, faults, options.seed, index)));
  };
  sweep.plan.job = [variants, policy, options, name, points = sweep.points,
                    faults = sweep.faults](std::uint64_t index) {
    std::vector<Value> added = added_faults(points, faults, options.seed, index);
    SearchJob job{.loaded = nullptr,
                  .policy = policy,
                  .seed = options.seed,
                  .variant = {},
                  .repro = "arbees-chaos search " + name + " --sweep --policy " + policy +
                           " --seed " + std::to_string(options.seed) + " --lasting " +
                           span_text(options.lasting) + " --pairs " +
                           std::to_string(options.pairs) + " --index " + std::to_string(index)};
    job.variant = variant_text(added);
    // Two faults that may each be there may not be there together: the first is then alone.
    job.loaded = variants->with(added);
    if (job.loaded == nullptr) {
      added.resize(1);
      job.loaded = variants->with(std::move(added));
    }
    ensure(job.loaded != nullptr, "each fault of a sweep was tried");
    return job;
  };
  return sweep;
}

}  // namespace arbees::sim
