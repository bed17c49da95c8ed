#include <gtest/gtest.h>

#include <string>

#include "core/health/events.h"
#include "tests/sim/invariants_fixture.h"

// The edges of breakers and of the status of shards: I6 and I16.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

// I6

BreakerOpened opens(bool relapse = false, Duration opens_for = 30s) {
  return {.shard = ShardId("A"),
          .why = "unanswered",
          .failures = 3,
          .opens_for = opens_for,
          .relapse = relapse};
}
BreakerHalfOpened half_opens() { return {.shard = ShardId("A"), .was_open = 30s}; }
BreakerClosed closes(const char* why = "answered") {
  return {.shard = ShardId("A"), .why = why, .was_not_closed = 40s};
}

TEST_F(Invariants, I6AllowsTheWayRoundWithARelapse) {
  stream_.fleet({"orchestrator", "A"}).by("orchestrator");
  stream_.at(10s).says(opens()).at(40s).uncaused().says(half_opens());
  stream_.at(41s).says(opens(true, 60s)).at(101s).uncaused().says(half_opens());
  stream_.at(120s).says(closes());
  stream_.at(130s).says(opens()).at(140s).says(closes("restarted"));
  set_.finish(SimTime(1'000s));
  EXPECT_EQ(first_text("I6"), "(none)");
  EXPECT_EQ(of("I6").checks(), 7U);
}

TEST_F(Invariants, I6CatchesEveryOtherEdge) {
  stream_.by("orchestrator").at(1s).says(half_opens());
  EXPECT_EQ(first_text("I6"), "the breaker of A became half-open at 1.000 s, but it was closed");
  stream_.says(opens());
  EXPECT_EQ(of("I6").violation_count(), 2U) << "it says that it was closed";
  stream_.says(closes());
  EXPECT_EQ(of("I6").violation_count(), 3U) << "an answer closes no open one";
  stream_.says(closes());
  EXPECT_EQ(of("I6").violation_count(), 4U);
  stream_.says(opens(true));
  EXPECT_EQ(of("I6").violation_count(), 5U) << "a relapse begins half-open";
}

TEST_F(Invariants, I6CatchesATrialBeforeItsTime) {
  stream_.by("orchestrator").at(10s).says(opens()).at(20s).uncaused().says(half_opens());
  EXPECT_EQ(first_text("I6"),
            "the breaker of A is half-open at 20.000 s, after 10.000 s instead of 30.000 s");
}

TEST_F(Invariants, I6CatchesAnOpeningAndAClosingWithoutACause) {
  stream_.by("orchestrator").at(10s).uncaused().says(opens());
  stream_.at(40s).uncaused().says(half_opens()).at(50s).uncaused().says(closes());
  EXPECT_EQ(of("I6").violation_count(), 2U);
}

// M2: nobody asks for the shard, and so it stays open.
TEST_F(Invariants, I6CatchesABreakerThatStaysOpenInAHealedFleet) {
  stream_.fleet({"orchestrator", "A"}).by("orchestrator").at(10s).says(opens());
  stream_.at(1'000s).emits("A", 1, "g", 1);
  ASSERT_EQ(status("I6"), InvariantStatus::violated);
  EXPECT_NE(first_text("I6").find("the breaker of A is open at "), std::string::npos);
  EXPECT_EQ(of("I6").violation_count(), 1U) << "once";
}

TEST_F(Invariants, I6WaitsWhileAFaultIsInTheWay) {
  stream_.fleet({"orchestrator", "A"}).by("orchestrator").at(10s).says(opens());
  const EventId cut = stream_.at(20s).fault("partition", "A->redis");
  stream_.at(1'000s).emits("A", 1, "g", 1);
  EXPECT_EQ(status("I6"), InvariantStatus::holds);
  stream_.healed(cut, "partition", "A->redis");
  stream_.by("orchestrator").at(1'010s).uncaused().says(half_opens());
  stream_.at(1'030s).says(closes());
  set_.finish(SimTime(2'000s));
  EXPECT_EQ(first_text("I6"), "(none)");
}

// I16

TEST_F(Invariants, I16AllowsTheWayThroughAllStatusesAndBack) {
  stream_.at(1s)
      .joins("A", 1)
      .changes("A", "starting", "healthy")
      .changes("A", "healthy", "degraded");
  stream_.at(2s).changes("A", "degraded", "unhealthy").changes("A", "unhealthy", "healthy");
  stream_.at(70s).uncaused().changes("A", "healthy", "dead").dies("A");
  stream_.at(80s).says(ShardRecovered{.shard = ShardId("A"), .dead_for = 10s});
  stream_.changes("A", "dead", "degraded").changes("A", "degraded", "healthy");
  set_.finish(SimTime(90s));
  EXPECT_EQ(first_text("I16"), "(none)");
  EXPECT_EQ(of("I16").checks(), 7U);
}

TEST_F(Invariants, I16CatchesAnEdgeThatDoesNotExist) {
  stream_.at(1s).changes("A", "starting", "healthy").at(2s).changes("A", "healthy", "unhealthy");
  EXPECT_EQ(
      first_text("I16"),
      "A changed from healthy to unhealthy at 2.000 s, which is no edge of the status machine");
}

TEST_F(Invariants, I16CatchesAChangeThatBeginsElsewhere) {
  stream_.at(1s).changes("A", "starting", "healthy").at(2s).changes("A", "degraded", "healthy");
  EXPECT_EQ(first_text("I16"), "A changed from degraded to healthy at 2.000 s, but it was healthy");
}

TEST_F(Invariants, I16LetsAShardBeginAnewOnlyWithANewIncarnationOrOrchestrator) {
  stream_.at(1s).changes("A", "starting", "healthy");
  stream_.at(2s).joins("A", 2).changes("A", "starting", "healthy");
  stream_.at(3s).started("orchestrator").changes("A", "starting", "healthy");
  EXPECT_EQ(status("I16"), InvariantStatus::holds);
  stream_.at(4s).changes("A", "starting", "healthy");
  EXPECT_EQ(of("I16").violation_count(), 1U);
}

TEST_F(Invariants, I16CatchesAReturnFromDeathThatNobodyWasTold) {
  stream_.at(1s).changes("A", "starting", "dead").dies("A");
  stream_.at(2s).changes("A", "dead", "healthy");
  set_.finish(SimTime(3s));
  EXPECT_EQ(first_text("I16"), "A was dead until 2.000 s and came back without shard_recovered");
}

// M7: the age of the beat that came is no answer to how long it was dead.
TEST_F(Invariants, I16CatchesARecoveryAfterAnotherTimeThanItSays) {
  stream_.at(1s).changes("A", "starting", "dead").dies("A");
  stream_.at(90s).says(ShardRecovered{.shard = ShardId("A"), .dead_for = 4s});
  stream_.changes("A", "dead", "degraded");
  EXPECT_EQ(first_text("I16"),
            "A recovered at 90.000 s and is said to have been dead for 4.000 s, but it was for "
            "89.000 s");
}

TEST_F(Invariants, I16CatchesADeathWithoutItsEventAndAnEventWithoutIts) {
  stream_.at(1s).changes("A", "starting", "dead");
  stream_.at(2s).dies("B");
  set_.finish(SimTime(3s));
  EXPECT_EQ(of("I16").violation_count(), 2U);
  EXPECT_EQ(first_text("I16"), "A became dead at 1.000 s without shard_died");
}

TEST_F(Invariants, I16CatchesAnImprovementWithoutACause) {
  stream_.at(1s)
      .changes("A", "starting", "degraded")
      .uncaused()
      .changes("A", "degraded", "healthy");
  EXPECT_NE(first_text("I16").find("degraded to healthy at 1.000 s without a cause"),
            std::string::npos);
}

}  // namespace
}  // namespace arbees::sim
