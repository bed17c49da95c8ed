// Redis goes down for spans on both sides of every limit of the system (lease 45 s, timeout 60 s, beats of
// 10 s), in every phase of the heartbeats; and it flaps. Whatever the length: links are back within 5 s,
// and an orchestrator that could not hear judges nobody and moves nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/redis/events.h"
#include "core/shard/events.h"
#include "sim/runner/run.h"
#include "sim/scenario/library.h"
#include "sim/world/events.h"
#include "tests/sim/support/failures.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration back_within = 5s;
constexpr Duration first_down = 40s;
constexpr Duration beat = 10s;
constexpr int phases = 20;

/// Notes what an outage must not do, and when every link was there.
class OutageWatcher final : public Observer {
 public:
  void observe(const SimEnvelope& e) override {
    if (const auto* started = e.event.get_if<FaultStarted>();
        started && started->target == "redis") {
      downs_.push_back(e.time);
    } else if (const auto* healed = e.event.get_if<FaultHealed>();
               healed && healed->target == "redis") {
      heals_.push_back(e.time);
    } else if (const auto* ready = e.event.get_if<arbees::redis::LinkReady>()) {
      links_[{std::string(e.node), ready->role}].emplace_back(e.time, true);
    } else if (const auto* lost = e.event.get_if<arbees::redis::LinkLost>()) {
      links_[{std::string(e.node), lost->role}].emplace_back(e.time, false);
    } else if (e.event.get_if<ShardDied>() != nullptr) {
      ++died;
    } else if (const auto* assigned = e.event.get_if<GameAssigned>()) {
      ++(assigned->reason == "first" ? placed : moved);
    } else if (e.event.get_if<GameFenced>() != nullptr && !downs_.empty()) {
      ++fenced;
    } else if (e.event.get_if<GameUnfenced>() != nullptr && !downs_.empty()) {
      ++unfenced;
    }
  }

  /// The links that were not ready 5 s after Redis was there again, where it stayed so long.
  [[nodiscard]] std::vector<std::string> late_links() const {
    std::vector<std::string> late;
    for (const SimTime heal : heals_) {
      const SimTime due = heal + back_within;
      const bool stays =
          std::ranges::none_of(downs_, [&](SimTime down) { return down > heal && down <= due; });
      for (const auto& [link, changes] : links_) {
        if (stays && !ready_at(changes, due)) {
          late.push_back(link.first + " " + std::string(redis::to_string(link.second)));
        }
      }
    }
    return late;
  }
  [[nodiscard]] std::size_t links() const { return links_.size(); }
  [[nodiscard]] std::size_t heals() const { return heals_.size(); }

  std::size_t died = 0;
  std::size_t placed = 0;
  std::size_t moved = 0;
  std::size_t fenced = 0;    ///< since Redis went down first
  std::size_t unfenced = 0;  ///< since then

 private:
  using Changes = std::vector<std::pair<SimTime, bool>>;

  static bool ready_at(const Changes& changes, SimTime moment) {
    bool ready = false;
    for (const auto& [time, now_ready] : changes) {
      ready = time <= moment ? now_ready : ready;
    }
    return ready;
  }

  std::vector<SimTime> downs_;
  std::vector<SimTime> heals_;
  std::map<std::pair<std::string, arbees::redis::LinkRole>, Changes> links_;
};

LoadedScenario scenario_named(const char* name) {
  auto loaded = ScenarioLibrary(ARBEES_SOURCE_DIR "/scenarios").load(name);
  if (!loaded) {
    throw std::runtime_error(loaded.error());
  }
  return std::move(*loaded);
}

/// I15 alone, which must have had something to say.
void expect_links_judged(const RunResult& result) {
  const auto returns = std::ranges::find(result.invariants, "I15", &InvariantResult::id);
  ASSERT_NE(returns, result.invariants.end());
  EXPECT_EQ(returns->status, InvariantStatus::holds) << returns->first_violation;
}

void expect_nothing_happened(const OutageWatcher& seen, const RunResult& result) {
  EXPECT_EQ(result.verdict, Verdict::pass) << failures(result);
  expect_links_judged(result);
  EXPECT_EQ(seen.links(), 8U) << "an orchestrator and three shards, two links each";
  EXPECT_EQ(seen.late_links(), std::vector<std::string>{});
  EXPECT_EQ(seen.died, 0U) << "nobody is called dead by an orchestrator that could not hear";
  EXPECT_EQ(seen.placed, 12U);
  EXPECT_EQ(seen.moved, 0U) << "no game moves";
  EXPECT_EQ(seen.fenced, seen.unfenced) << "whoever had to stop may go on";
}

class Outage : public testing::TestWithParam<int> {};

TEST_P(Outage, OfThisLengthEndsWellInEveryPhaseOfTheHeartbeats) {
  const LoadedScenario loaded = scenario_named("02-redis-down");
  const Duration length = seconds{GetParam()};
  for (int phase = 0; phase < phases; ++phase) {
    const Duration down = first_down + phase * (beat / phases);
    SCOPED_TRACE("down at " + std::to_string(down.count()) + " ns");
    OutageWatcher seen;
    const RunResult result =
        run_scenario({.scenario = loaded.scenario,
                      .policy = *loaded.scenario.policy(hardened_policy),
                      .seed = static_cast<std::uint64_t>(phase) + 1,
                      .parameters = {{"down", {down, down}}, {"outage", {length, length}}},
                      .duration = down + length + 60s,
                      .recorder = &seen});
    EXPECT_EQ(seen.heals(), 1U);
    expect_nothing_happened(seen, result);
    if (length <= 30s) {
      EXPECT_EQ(seen.fenced, 0U) << "the lease spans an outage of 30 s in every phase";
    } else if (length >= 60s) {
      EXPECT_EQ(seen.fenced, 12U) << "a lease without an end would be none";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfRedis, Outage,
                         testing::Values(1, 5, 15, 29, 30, 31, 44, 45, 46, 59, 60, 61, 90, 300,
                                         600),
                         [](const auto& seconds_down) {
                           return "For" + std::to_string(seconds_down.param) + "Seconds";
                         });

void flap(const char* name, std::size_t times, const std::vector<std::uint64_t>& seeds) {
  const LoadedScenario loaded = scenario_named(name);
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    OutageWatcher seen;
    const RunResult result = run_scenario({.scenario = loaded.scenario,
                                           .policy = *loaded.scenario.policy(hardened_policy),
                                           .seed = seed,
                                           .recorder = &seen});
    EXPECT_EQ(seen.heals(), times);
    expect_nothing_happened(seen, result);
  }
}

std::vector<std::uint64_t> one_for_each_phase() {
  std::vector<std::uint64_t> seeds(phases);
  std::iota(seeds.begin(), seeds.end(), std::uint64_t{1});
  return seeds;
}

TEST(Flapping, ASecondAwayInEveryMinuteCostsNothing) {
  flap("redis-flapping-mostly-up", 4, one_for_each_phase());
}

TEST(Flapping, ASecondThereInEveryMinuteMovesNothing) {
  flap("redis-flapping-mostly-down", 4, one_for_each_phase());
}

// The second was too short to hear grants answered. In these, shards that had been granted
// something in one second were called deaf in the next, though nobody could have been told in between.
TEST(Flapping, NobodyIsCalledDeafWhileNobodyCouldAnswer) {
  flap("redis-flapping-mostly-down", 4, {75, 224, 348});
}

}  // namespace
}  // namespace arbees::sim
