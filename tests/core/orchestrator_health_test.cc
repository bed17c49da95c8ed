#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/played_fleet.h"

// How shards are judged by what they say and do, at the orchestrator's own door: heartbeats go in as bytes,
// time passes, events come out.

namespace arbees {
namespace {

using testing::beat_interval;
using testing::PlayedShard;
using testing::RecordedEvent;

using OrchestratorHealth = testing::PlayedFleet;

// M1
TEST_F(OrchestratorHealth, M1_ARestartIsOneRestartAndOneResync) {
  evening(3, {&a_});
  a_.restart("a", 9);
  evening(10, {&a_});
  EXPECT_EQ(count("shard_restarted"), 1U);
  EXPECT_EQ(count("resync_scheduled"), 1U);
  EXPECT_EQ(count("resync_completed"), 1U);
}

// M2, H12: no game comes and nobody asks, and still it closes.
TEST_F(OrchestratorHealth, M2_ABreakerClosesOnAnEveningWithoutANewGame) {
  beats(a_);
  live(3);
  evening(4, {&a_});
  ASSERT_EQ(count("breaker_opened"), 1U);
  const RecordedEvent opened = world.events.last("breaker_opened");
  EXPECT_EQ(opened.field("why"), "unanswered");
  EXPECT_EQ(opened.count("failures"), 3U);
  EXPECT_EQ(opened.duration("opens_for"), seconds{30});
  EXPECT_FALSE(opened.cause.none());
  obeys(a_);
  evening(8, {&a_});
  EXPECT_EQ(count("breaker_half_opened"), 1U);
  ASSERT_EQ(count("breaker_closed"), 1U);
  EXPECT_EQ(world.events.last("breaker_closed").field("why"), "answered");
  EXPECT_LE(world.events.last("breaker_closed").duration("was_not_closed"), seconds{60});
  EXPECT_EQ(count("breaker_opened"), 1U);
}

TEST_F(OrchestratorHealth, AShardWithAnOpenBreakerGetsNoNewGames) {
  beats(a_);
  live(3);
  evening(4, {&a_});
  ASSERT_EQ(count("breaker_opened"), 1U);
  live(4);
  EXPECT_FALSE(assigned_to(a_).contains("g4"));
  EXPECT_EQ(count("game_unplaced"), 1U) << "all breakers are open";
  beats(b_);
  pass(milliseconds{100});
  EXPECT_TRUE(assigned_to(b_).contains("g4"));
}

TEST_F(OrchestratorHealth, WhenAllBreakersAreOpenAGameWaitsForTheFirstTrial) {
  beats(a_);
  live(3);
  evening(4, {&a_});
  obeys(a_);
  live(4);
  ASSERT_FALSE(assigned_to(a_).contains("g4"));
  while (count("breaker_half_opened") == 0) {
    evening(1, {&a_});
  }
  EXPECT_TRUE(assigned_to(a_).contains("g4"));
}

TEST_F(OrchestratorHealth, ABreakerThatDoesNotCloseIsAlertedOnce) {
  beats(a_);
  live(3);
  evening(4, {&a_});
  for (int i = 0; i < 30; ++i) {  // it hears nothing any more, and still it beats
    a_.beat.hb_seq = a_.beat.hb_seq.next();
    hear(a_.beat);
    pass(beat_interval);
  }
  EXPECT_EQ(alerts("alert_raised", "BREAKER_OPEN_LONG"), 1U);
  EXPECT_EQ(count("breaker_closed"), 0U);
  obeys(a_);
  evening(6, {&a_});
  EXPECT_EQ(count("breaker_closed"), 1U);
  EXPECT_EQ(alerts("alert_resolved", "BREAKER_OPEN_LONG"), 1U);
}

TEST_F(OrchestratorHealth, ARestartedShardHasAFreshBreaker) {
  beats(a_);
  live(3);
  evening(4, {&a_});
  ASSERT_EQ(count("breaker_opened"), 1U);
  a_.restart("a", 9);
  beats(a_);
  ASSERT_EQ(count("breaker_closed"), 1U);
  EXPECT_EQ(world.events.last("breaker_closed").field("why"), "restarted");
}

// M4: every beat until its command arrives is older than the command.
TEST_F(OrchestratorHealth, M4_BeatsOlderThanACommandAreNoFailures) {
  beats(a_);
  live(5);
  beats(a_), pass(milliseconds{300});
  beats(a_), pass(milliseconds{300});
  beats(a_), pass(milliseconds{300});
  EXPECT_EQ(count("command_ended"), 0U);
  obeys(a_);
  evening(10, {&a_});
  EXPECT_EQ(count("breaker_opened"), 0U);
  EXPECT_EQ(count("game_acknowledged"), 5U);
  const auto sent = world.events.named("command_sent");
  const auto newest =
      std::ranges::max(sent, {}, [](const RecordedEvent& command) { return command.count("seq"); });
  EXPECT_EQ(newest.count("seq"), 5U) << "no game was given up and ordered anew";
}

TEST_F(OrchestratorHealth, AGameThatIsAcknowledgedAndNotRunIsAFailure) {
  beats(a_);
  live(3);
  for (int i = 0; i < 4; ++i) {
    obeys(a_, false);
    evening(1, {&a_});
  }
  ASSERT_EQ(count("breaker_opened"), 1U);
  EXPECT_EQ(world.events.last("breaker_opened").field("why"), "not_running");
}

TEST_F(OrchestratorHealth, AnExplicitRefusalIsNoFailure) {
  beats(a_);
  live(5);
  for (int i = 0; i < 20; ++i) {
    obeys(a_, false);
    for (const RecordedEvent& command : world.events.named("command_sent")) {
      a_.beat.refused.insert_or_assign(GameId(command.field("game")),
                                       Epoch(command.count("epoch")));
    }
    evening(1, {&a_});
  }
  EXPECT_GE(count("command_ended"), 5U);
  EXPECT_EQ(count("breaker_opened"), 0U);
}

// M7: the beat that brings it back does not overwrite what it was.
TEST_F(OrchestratorHealth, M7_ARecoverySaysHowLongTheShardWasDead) {
  evening(3, {&a_, &b_});
  evening(10, {&b_});
  ASSERT_EQ(count("shard_died"), 1U);
  const Duration silent = world.events.last("shard_died").duration("silent");
  EXPECT_LT(silent, seconds{62});
  beats(a_);
  ASSERT_EQ(count("shard_recovered"), 1U);
  const Duration dead_for = world.events.last("shard_recovered").duration("dead_for");
  EXPECT_NEAR(static_cast<double>((dead_for + silent) / milliseconds{1}), 110'000, 1'000);
  const std::size_t probation = count("status_changed");
  EXPECT_EQ(world.events.last("status_changed").field("to"), "degraded");
  evening(2, {&b_});
  evening(4, {&a_, &b_});
  EXPECT_EQ(count("status_changed"), probation + 1);
  EXPECT_EQ(world.events.last("status_changed").field("to"), "healthy");
  EXPECT_EQ(world.events.last("status_changed").field("why"), "its probation is over");
}

// M8: what it reports and what its checks say do not overwrite each other in turn.
TEST_F(OrchestratorHealth, M8_AReportedDegradationDoesNotFlapWithGoodChecks) {
  evening(3, {&a_});
  a_.beat.status = "degraded";
  evening(30, {&a_});
  EXPECT_EQ(statuses(), "healthy degraded ");
  a_.beat.status = "healthy";
  evening(3, {&a_});
  EXPECT_EQ(statuses(), "healthy degraded healthy ");
}

TEST_F(OrchestratorHealth, OneBadBeatChangesNothing) {
  evening(3, {&a_});
  for (int i = 0; i < 20; ++i) {
    a_.beat.checks["espn_api_ok"] = i % 4 != 0;
    evening(1, {&a_});
  }
  EXPECT_EQ(statuses(), "healthy ");
}

// M11
TEST_F(OrchestratorHealth, M11_WhenAllShardsLoseTheSameNobodyLeavesAndOneAlertSaysWhy) {
  evening(3, {&a_, &b_, &c_});
  for (PlayedShard* shard : {&a_, &b_, &c_}) {
    shard->beat.checks["espn_api_ok"] = false;
  }
  evening(20, {&a_, &b_, &c_});
  EXPECT_EQ(alerts("alert_raised", "EXTERNAL_DEPENDENCY_DOWN"), 1U);
  EXPECT_EQ(count("shard_wants_to_leave"), 0U);
  for (PlayedShard* shard : {&a_, &b_, &c_}) {
    shard->beat.checks["espn_api_ok"] = true;
  }
  evening(3, {&a_, &b_, &c_});
  EXPECT_EQ(count("shared_fault_ended"), 1U);
  evening(4, {&a_, &b_, &c_});  // It is kept open for half a minute.
  EXPECT_EQ(alerts("alert_resolved", "EXTERNAL_DEPENDENCY_DOWN"), 1U);
}

// M11: ESPN is back, and the shards notice one after the other.
TEST_F(OrchestratorHealth, M11_TheLastOnesToRecoverFromASharedFaultDoNotLeave) {
  evening(3, {&a_, &b_, &c_});
  for (PlayedShard* shard : {&a_, &b_, &c_}) {
    shard->beat.checks["espn_api_ok"] = false;
  }
  evening(12, {&a_, &b_, &c_});
  a_.beat.checks["espn_api_ok"] = true;
  b_.beat.checks["espn_api_ok"] = true;
  evening(4, {&a_, &b_, &c_});
  EXPECT_EQ(count("shared_fault_ended"), 1U);
  EXPECT_EQ(count("shard_wants_to_leave"), 0U);
  evening(5, {&a_, &b_, &c_});
  EXPECT_EQ(count("shard_wants_to_leave"), 1U) << "by now the fault is its own";
}

TEST_F(OrchestratorHealth, AShardAloneWithItsFaultWantsToLeaveAfterAMinute) {
  evening(3, {&a_, &b_, &c_});
  a_.beat.checks["espn_api_ok"] = false;
  evening(6, {&a_, &b_, &c_});
  EXPECT_EQ(count("shard_wants_to_leave"), 0U);
  evening(2, {&a_, &b_, &c_});
  ASSERT_EQ(count("shard_wants_to_leave"), 1U);
  EXPECT_EQ(world.events.last("shard_wants_to_leave").field("checks"), "espn_api_ok");
  EXPECT_EQ(world.events.last("shard_wants_to_leave").field("reason"), "degraded");
  EXPECT_EQ(alerts("alert_raised", "EXTERNAL_DEPENDENCY_DOWN"), 0U);
}

// H5
TEST_F(OrchestratorHealth, H5_AShardThatRestartsEveryFourSecondsIsUnstableAndFlapping) {
  for (std::uint64_t boot = 1; boot <= 10; ++boot) {
    a_.restart("a", boot);
    beats(a_);
    pass(seconds{4});
  }
  EXPECT_EQ(count("shard_unstable"), 1U);
  EXPECT_EQ(world.events.last("shard_wants_to_leave").field("reason"), "unstable");
  EXPECT_EQ(alerts("alert_raised", "SHARD_FLAPPING"), 1U);
  evening(8, {&a_});
  EXPECT_EQ(count("shard_unstable_ended"), 1U);
  beats(b_);
  live(1);
  EXPECT_TRUE(assigned_to(b_).contains("g1")) << "the steady one is preferred";
  evening(120, {&a_, &b_});
  EXPECT_EQ(alerts("alert_resolved", "SHARD_FLAPPING"), 1U);
}

// Swarm full, seed 8628: nobody else was there to take its games, and the alert stayed open as long as it was unstable.
TEST_F(OrchestratorHealth, GamesOfAnUnstableShardAreUnownedOnlyUntilItHasThemAgain) {
  evening(3, {&a_});
  live(1);
  for (std::uint64_t boot = 2; boot <= 4; ++boot) {
    a_.restart("a", boot);
    beats(a_);
    pass(seconds{1});
  }
  EXPECT_EQ(alerts("alert_raised", "GAMES_UNOWNED"), 1U);
  EXPECT_EQ(world.events.last("game_unplaced").field("reason"),
            "only the shard it leaves has room");
  evening(2, {&a_});
  EXPECT_EQ(count("shard_unstable_ended"), 0U);
  EXPECT_EQ(world.events.last("game_assigned").field("reason"), "restarted");
  EXPECT_EQ(alerts("alert_resolved", "GAMES_UNOWNED"), 1U);
}

// H13
TEST_F(OrchestratorHealth, H13_WhenAllAreOnProbationOrDegradedTheyStillGetGames) {
  evening(3, {&a_, &b_});
  pass(seconds{200});
  ASSERT_EQ(count("shard_died"), 2U);
  a_.beat.checks["espn_api_ok"] = false;
  b_.beat.checks["espn_api_ok"] = false;
  beats(a_), beats(b_);
  live(4);
  EXPECT_EQ(assigned_to(a_).size(), 2U);
  EXPECT_EQ(assigned_to(b_).size(), 2U);
}

}  // namespace
}  // namespace arbees
