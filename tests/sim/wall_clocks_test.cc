// I12: by hand-made streams, in a world whose wall clocks jump, and by two worlds with other wall clocks.
#include "sim/invariants/wall_clocks.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <string>
#include <vector>

#include "sim/invariants/registry.h"
#include "sim/runner/fleet.h"
#include "sim/runner/run.h"
#include "tests/support/stream_builder.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

class I12 : public ::testing::Test, private Observer {
 protected:
  I12() { dispatcher_.add(checker_); }
  [[nodiscard]] std::string first_text() const {
    return checker_.violations().empty() ? "(none)" : checker_.violations().front().text;
  }
  void hears(const char* shard) {
    stream_.by("orchestrator")
        .says(HeartbeatHeard{
            .shard = ShardId(shard), .boot = Boot(1), .hb_seq = HeartbeatSeq(1), .games = 0});
  }
  void jumps() { stream_.by("orchestrator").uncaused().says(WallClockJumped{.by = 1h}); }
  void dies(const char* shard, Duration silent) {
    stream_.by("orchestrator")
        .says(ShardDied{.shard = ShardId(shard),
                        .generation = Generation(1),
                        .last_heard = {},
                        .silent = silent,
                        .games = {}});
  }

  Limits limits_ = limits_of_shards({"A", "B"});
  FleetState fleet_{limits_};
  WallClocks checker_{limits_, fleet_};
  Dispatcher dispatcher_;
  StreamBuilder stream_{*this};

 private:
  void observe(const SimEnvelope& event) override { dispatcher_.observe(event); }
};

TEST_F(I12, IsNotExercisedWhereNoWallClockJumps) {
  hears("A");
  stream_.at(61s);
  dies("A", 10s);
  EXPECT_EQ(checker_.status(), InvariantStatus::not_exercised);
}

TEST_F(I12, HoldsWhereAJumpIsToldAndSpansAreTrue) {
  hears("A");
  stream_.at(30s);
  jumps();
  stream_.at(61s);
  dies("A", 60'900ms);
  EXPECT_EQ(checker_.status(), InvariantStatus::holds) << first_text();
  EXPECT_EQ(checker_.checks(), 2U);
}

TEST_F(I12, CatchesASilenceThatAWallClockMeasured) {
  hears("A");
  stream_.at(10s);
  jumps();
  stream_.at(12s);
  dies("A", 1h);
  EXPECT_EQ(first_text(),
            "orchestrator says at 12.000 s that the silence of A lasted 3600.000 s, but it did for "
            "12.000 s, during which the wall clock jumped");
}

TEST_F(I12, CatchesAModeOrAStatusThatAWallClockMeasured) {
  stream_.by("orchestrator").says(ModeEntered{.mode = "BLIND", .why = "a test"});
  stream_.changes("A", "healthy", "degraded");
  stream_.at(10s);
  jumps();
  stream_.at(20s).by("orchestrator").says(ModeLeft{.mode = "BLIND", .lasted = 19s});
  EXPECT_EQ(checker_.violation_count(), 1U);
  stream_.changes("A", "degraded", "healthy");  // which says that it lasted no time
  EXPECT_EQ(checker_.violation_count(), 2U);
}

TEST_F(I12, CatchesADecisionThatFollowsFromAJumpHoweverFar) {
  stream_.at(30s);
  jumps();
  stream_.because(stream_.last()).says(AlertNotified{});
  stream_.because(stream_.last()).says(RollCallSent{.shards = 3});
  EXPECT_EQ(first_text(),
            "orchestrator decided roll_call_sent at 30.000 s because a wall clock had jumped");
}

constexpr const char* a_shard_dies_and_another_restarts = R"({
    "name": "x", "title": "t", "source": "s", "duration": "240s", "fleet": {"shards": 4},
    "games": {"count": 16, "from": "15s"},
    "faults": [
      {"fault": "crash", "name": "death", "target": "shard-1", "at": "60s", "for": "90s"},
      {"fault": "crash", "target": "shard-2", "at": "70s", "for": "8s"},
      {"fault": "pause", "target": "orchestrator", "at": "100s", "for": "20s"},
      {"fault": "redis_down", "at": "180s", "for": "12s"}],
    "policies": {"hardened": {"expect": []}}})";

TEST(WallClocksInAWorld, ThatJumpAnHourAheadOrADayBackDecideNothing) {
  const auto scenario = read_scenario(a_shard_dies_and_another_restarts, {});
  ASSERT_TRUE(scenario.has_value()) << scenario.error().text;
  const PolicySpec& policy = scenario->policies.at(0);
  InvariantSet invariants(Fleet::limits(*scenario, policy));
  World world({.seed = 3});
  world.add_observer(invariants);
  Fleet fleet(*scenario, policy, world);
  const ParameterChoices choices;
  FaultSchedule faults(*scenario, choices, world);
  fleet.install();
  faults.install();
  const NodeIndex orchestrator = *world.find("orchestrator");
  world.at(SimTime(65s), [&] { world.set_wall_skew(orchestrator, 1h); });
  world.at(SimTime(90s), [&] { world.set_wall_skew(*world.find("shard-3"), 10min); });
  world.at(SimTime(150s), [&] { world.set_wall_skew(orchestrator, -24h); });
  world.run_until(SimTime(scenario->duration));
  invariants.finish(world.now());
  for (const auto& invariant : invariants.invariants()) {
    EXPECT_NE(invariant->status(), InvariantStatus::violated)
        << invariant->id() << ": " << invariant->violations().front().text;
    if (invariant->id() == "I12") {
      EXPECT_GE(invariant->checks(), 3U) << "two jumps, and the death of shard-1";
    }
  }
}

/// What happened where and when, and because of what, without the texts that say the time of day.
class Story final : public Observer {
 public:
  void observe(const SimEnvelope& event) override {
    std::string line = std::to_string(event.time.time_since_epoch().count()) + " " +
                       std::string(event.node) + " " + std::string(event.event.name()) + " " +
                       std::to_string(event.id.value()) + " " + std::to_string(event.cause.value());
    if (const auto* assigned = event.event.get_if<GameAssigned>()) {
      line += " " + assigned->game.str() + " " + assigned->shard.str() + " " + assigned->reason;
    }
    lines.push_back(std::move(line));
  }
  std::vector<std::string> lines;
};

TEST(WallClocksInAWorld, OfAnotherYearAndFurtherApartMakeTheSameRun) {
  const auto scenario = read_scenario(a_shard_dies_and_another_restarts, {});
  ASSERT_TRUE(scenario.has_value()) << scenario.error().text;
  const auto story = [&](std::uint64_t seed, const ClockConfig& clocks) {
    Story told;
    (void)run_scenario({.scenario = *scenario,
                        .policy = scenario->policies.at(0),
                        .seed = seed,
                        .recorder = &told,
                        .clocks = clocks});
    return told.lines;
  };
  ClockConfig other;
  other.wall_epoch = WallTime(std::chrono::seconds{2'082'758'399});  // 2035-12-31T23:59:59Z
  other.wall_skew_max = 2s;  // 4 s between two of them: nobody is told yet
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto ours = story(seed, {});
    EXPECT_GT(ours.size(), 1'000U);
    const auto theirs = story(seed, other);
    const auto [a, b] = std::ranges::mismatch(ours, theirs);
    EXPECT_TRUE(a == ours.end() && b == theirs.end())
        << "seed " << seed << ": " << (a == ours.end() ? "nothing" : *a) << " is "
        << (b == theirs.end() ? "nothing" : *b) << " by other clocks";
  }
}

}  // namespace
}  // namespace arbees::sim
