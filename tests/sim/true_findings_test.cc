#include <gtest/gtest.h>

#include "tests/sim/truth_fixture.h"

// I17: who is declared dead, deaf, restarted or at fault is so.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

TEST_F(Truth, I17CatchesADeathBeforeTheTimeout) {
  hears("A");
  stream_.at(1s).crashed("A").at(59s).dies("A");
  EXPECT_EQ(first_text("I17"),
            "A was declared dead by orchestrator at 59.000 s, 59.000 s after it was heard");
}

TEST_F(Truth, I17AllowsTheDeathOfWhoIsAway) {
  hears("A");
  stream_.at(1s).crashed("A").at(60s).dies("A");
  EXPECT_EQ(first_text("I17"), "(none)");
  EXPECT_EQ(of("I17").checks(), 1U);
}

TEST_F(Truth, I17CatchesTheDeathOfWhoIsThere) {
  hears("A");
  stream_.frozen("orchestrator").at(70s).thawed("orchestrator", 70s).dies("A");
  EXPECT_EQ(first_text("I17"),
            "A was declared dead by orchestrator at 70.000 s, but it and its links are whole since "
            "0.000 s");
}

TEST_F(Truth, I17CatchesManyDeathsAtOnceWithoutAHold) {
  all_are_heard();
  for (const char* shard : {"A", "B", "C", "D"}) {
    stream_.crashed(shard);
  }
  stream_.at(60s).dies("A").dies("B");
  EXPECT_EQ(first_text("I17"), "(none)") << "two are not many";
  stream_.dies("C");
  EXPECT_EQ(first_text("I17"),
            "C is the 3th of 5 shards that orchestrator declared dead at once, without a HOLD "
            "before");
}

TEST_F(Truth, I17AllowsManyDeathsAfterAHold) {
  all_are_heard();
  for (const char* shard : {"A", "B", "C", "D"}) {
    stream_.crashed(shard);
  }
  stream_.at(60s);
  orchestrator_says(ModeEntered{.mode = "HOLD", .why = "4 of 5"});
  stream_.at(120s);
  orchestrator_says(ModeLeft{.mode = "HOLD", .lasted = 60s});
  stream_.dies("A").dies("B").dies("C").dies("D");
  EXPECT_EQ(first_text("I17"), "(none)");
}

TEST_F(Truth, I17CatchesAHoldOfAFleetThatIsThere) {
  all_are_heard();
  stream_.crashed("A").crashed("B").at(60s);
  orchestrator_says(ModeEntered{.mode = "HOLD", .why = "5 of 5"});
  EXPECT_EQ(
      first_text("I17"),
      "orchestrator entered HOLD at 60.000 s, but 3 of 5 shards and their links are whole for "
      "long");
}

// Only those that it has heard or that own games count: others are silent for long.
TEST_F(Truth, I17CatchesAHoldBecauseOfShardsThatOnlyTheStoreRemembers) {
  hears("A");
  hears("B");
  stream_.crashed("C").crashed("D").crashed("E").at(60s);
  orchestrator_says(ModeEntered{.mode = "HOLD", .why = "3 of 5"});
  EXPECT_EQ(
      first_text("I17"),
      "orchestrator entered HOLD at 60.000 s, but 2 of 2 shards and their links are whole for "
      "long");
}

TEST_F(Truth, I17AllowsAHoldBecauseOfUnheardShardsThatOwnGames) {
  hears("A");
  hears("B");
  stream_.assigns("g", "C", 1, 1).assigns("h", "D", 1, 2).assigns("i", "E", 1, 3);
  stream_.crashed("C").crashed("D").crashed("E").at(60s);
  orchestrator_says(ModeEntered{.mode = "HOLD", .why = "3 of 5"});
  EXPECT_EQ(first_text("I17"), "(none)");
}

TEST_F(Truth, I17CatchesMoreRestartsThanStarts) {
  const ShardRestarted restarted{.shard = ShardId("A"),
                                 .generation = Generation(2),
                                 .old_process_id = "a",
                                 .new_process_id = "b",
                                 .old_started_at = {},
                                 .new_started_at = {},
                                 .games = {},
                                 .overlap_possible = false};
  stream_.at(1s).crashed("A").started("A").at(2s);
  orchestrator_says(restarted);
  stream_.at(3s);
  orchestrator_says(restarted);
  EXPECT_EQ(first_text("I17"), "(none)");
  stream_.at(4s);
  orchestrator_says(restarted);
  EXPECT_EQ(first_text("I17"),
            "A restarted for the 3th time, says orchestrator, but only 2 processes of it were "
            "started");
}

TEST_F(Truth, I17CatchesTroubleWhereNothingHappened) {
  const BreakerOpened opened{.shard = ShardId("A"),
                             .why = "unanswered",
                             .failures = 3,
                             .opens_for = 30s,
                             .relapse = false};
  stream_.at(100s).crashed("A").started("A").links_ready("A");
  stream_.at(100s + limits_.breaker_closes);
  orchestrator_says(opened);
  EXPECT_EQ(first_text("I17"), "(none)") << "it has just been restarted";
  orchestrator_says(ModeLeft{.mode = "PAUSED", .lasted = 100s});
  stream_.at(101s + limits_.breaker_closes);
  orchestrator_says(opened);
  EXPECT_EQ(first_text("I17"), "(none)") << "what was held back shows now";
  stream_.at(102s + 2 * limits_.breaker_closes);
  orchestrator_says(ZombieFound{ShardId("A"), GameId("g1"), Epoch(3)});
  EXPECT_TRUE(first_text("I17").starts_with("g1 is a zombie of A at ")) << first_text("I17");
}

TEST_F(Truth, I17CatchesAShardThatLeavesBecauseOfWhatMostSufferFrom) {
  const ShardWantsToLeave leaves{
      .shard = ShardId("A"), .reason = "degraded", .checks = "espn_api_ok"};
  stream_.at(10s);
  checks_fail({"A", "B"});
  stream_.at(100s);
  orchestrator_says(leaves);
  EXPECT_EQ(first_text("I17"), "(none)") << "two of five are not most of them";
  checks_fail({"C"});
  stream_.at(200s);
  orchestrator_says(leaves);
  EXPECT_EQ(first_text("I17"),
            "A wants to leave at 200.000 s because of espn_api_ok, which fails on most shards or "
            "did until lately");
}

// Swarm full, seed 3173: all that the others said meanwhile was read in the moment in which it could go on.
TEST_F(Truth, I17AllowsAnOrchestratorThatStoodStillNotToKnowYetThatMostSuffer) {
  const ShardWantsToLeave leaves{
      .shard = ShardId("A"), .reason = "degraded", .checks = "espn_api_ok"};
  stream_.at(10s);
  checks_fail({"A"});
  stream_.at(50s).frozen("orchestrator").at(60s);
  checks_fail({"B", "C"});
  stream_.at(200s).thawed("orchestrator", 150s);
  orchestrator_says(leaves);
  EXPECT_EQ(first_text("I17"), "(none)");
  stream_.at(200s + 2 * limits_.heard_within);
  orchestrator_says(leaves);
  EXPECT_NE(first_text("I17"), "(none)") << "by now it has heard them all";
}

TEST_F(Truth, I17CatchesTheLastOneThatAFaultOfMostLeaves) {
  const ShardWantsToLeave leaves{
      .shard = ShardId("A"), .reason = "degraded", .checks = "espn_api_ok"};
  stream_.at(10s);
  checks_fail({"A", "B", "C"});
  stream_.at(200s);
  checks_pass({"B", "C"});
  stream_.at(205s);
  orchestrator_says(leaves);
  EXPECT_EQ(of("I17").violation_count(), 1U);
  stream_.at(300s);
  orchestrator_says(leaves);
  EXPECT_EQ(of("I17").violation_count(), 1U) << "now it is a fault of its own";
}

TEST_F(Truth, I17CatchesAShardThatIsCalledHealthyThoughItSaysThatItIsNot) {
  stream_.at(10s);
  checks_fail({"A"});
  stream_.at(12s).changes("A", "healthy", "degraded").at(100s).changes("A", "degraded", "healthy");
  EXPECT_EQ(first_text("I17"),
            "A is called healthy at 100.000 s, but espn_api_ok fails since 10.000 s");
}

// Swarm full, seed 5938: what was said while the orchestrator stood still is read in turn.
TEST_F(Truth, I17AllowsAnOrchestratorThatStoodStillToLearnOfAFaultLate) {
  hears("A");
  stream_.at(10s).frozen("orchestrator").at(20s);
  checks_fail({"A"});
  stream_.at(100s).thawed("orchestrator", 90s).changes("A", "degraded", "healthy");
  EXPECT_EQ(first_text("I17"), "(none)");
  stream_.at(150s).changes("A", "degraded", "healthy");
  EXPECT_EQ(first_text("I17"),
            "A is called healthy at 150.000 s, but espn_api_ok fails since 20.000 s");
}

// What a shard works with beside Redis is no link: it is heard all the time.
TEST_F(Truth, I17JudgesWhileACheckFails) {
  hears("A");
  const EventId fault = stream_.fault("check_failing", "A");
  checks_fail({"A"});
  stream_.at(60s).changes("A", "degraded", "healthy");
  EXPECT_NE(first_text("I17"), "(none)");
  stream_.healed(fault, "check_failing", "A");
}

TEST_F(Truth, I17CatchesAnOfficeThatIsLostTwice) {
  const SteppedDown down{.term = Term(1), .other_term = Term(2), .why = "a shard follows it"};
  orchestrator_says(down);
  EXPECT_EQ(first_text("I17"), "(none)");
  orchestrator_says(down);
  EXPECT_EQ(of("I17").violation_count(), 1U);
}

TEST_F(Truth, I17CatchesAPlannedMoveThatComesTooLateForNoReason) {
  const HandoffAbandoned late{.game = GameId("g1"),
                              .from = ShardId("A"),
                              .to = ShardId("B"),
                              .epoch = Epoch(3),
                              .why = "late"};
  stream_.at(10s);
  orchestrator_says(late);
  EXPECT_EQ(first_text("I17"), "(none)") << "they have just started";
  stream_.at(1s + limits_.breaker_closes);
  orchestrator_says(late);
  EXPECT_EQ(of("I17").violation_count(), 1U);
}

}  // namespace
}  // namespace arbees::sim
