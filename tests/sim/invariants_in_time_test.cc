#include <gtest/gtest.h>

#include <string>

#include "sim/world/old_wire.h"
#include "tests/sim/in_time_fixture.h"

// Invariants that are judged when time has passed: I2, I9 and I15.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;
using arbees::redis::LinkRole;

// I2

TEST_F(InvariantsInTime, I2CatchesAGameThatNobodyServesAfterACrash) {
  stream_.fleet({"orchestrator", "A", "B"}).discovers("g1");
  serve("g1", "A", 7, 200s);
  ASSERT_EQ(status("I2"), InvariantStatus::holds);
  ASSERT_EQ(of("I2").checks(), 1U) << "the first placement";
  stream_.at(200s).crashed("A");
  const EventId crash = stream_.last();
  const Duration end = 200s + bound(Disturbance::Kind::shard_silenced, 1);
  set_.finish(SimTime(end));
  ASSERT_EQ(of("I2").violation_count(), 1U);
  EXPECT_EQ(of("I2").violations().front().at, SimTime(end));
  EXPECT_EQ(of("I2").violations().front().event, crash);
  EXPECT_NE(
      first_text("I2").find(
          "(the last came from A at 199.000 s); nothing happened to the fleet since 200.000 s"),
      std::string::npos)
      << first_text("I2");
}

TEST_F(InvariantsInTime, I2AcceptsAGameThatMovedInTime) {
  stream_.fleet({"orchestrator", "A", "B"}).discovers("g1");
  serve("g1", "A", 7, 200s);
  stream_.at(200s).crashed("A");
  const Duration end = 200s + bound(Disturbance::Kind::shard_silenced, 1);
  stream_.at(end - 1ms);
  serve("g1", "B", 8, end + 30s);
  set_.finish(stream_.now());
  EXPECT_EQ(first_text("I2"), "(none)");
  EXPECT_EQ(of("I2").checks(), 2U);
}

TEST_F(InvariantsInTime, I2WaitsForTheLongGrantOfAnOrchestratorThatEndedWhereAShardIsSilent) {
  stream_.fleet({"orchestrator", "A", "B"}).discovers("g1");
  serve("g1", "A", 7, 200s);
  const TermTaken term{
      .instance = InstanceId("next"), .term = Term(2), .known_shards = 2, .known_games = 1};
  stream_.at(200s).exited("orchestrator").crashed("A").at(202s).started("orchestrator");
  stream_.links_ready("orchestrator").by("orchestrator").says(term);
  stream_.at(202s + 180s).discovers("g2");
  EXPECT_EQ(first_text("I2"), "(none)");
  set_.finish(SimTime(202s + 190s + bound(Disturbance::Kind::game_came) + 10s));
  EXPECT_GE(of("I2").violation_count(), 1U) << "that is over as well";
}

/// An orchestrator ended in order, and A took a grant of the next one.
class AFarewellThatIsVoid : public InvariantsInTime {
 protected:
  AFarewellThatIsVoid() {
    stream_.fleet({"orchestrator", "A", "B"}).by("A");
    stream_.says(ShardStarted{ShardId("A"), Boot(1), 20, "suppress"}).discovers("g1");
    serve("g1", "A", 7, 200s);
    stream_.at(200s).exited("orchestrator").at(202s).started("orchestrator");
    stream_.links_ready("orchestrator").by("orchestrator");
    stream_.says(TermTaken{InstanceId("next"), Term(2), 2, 1}).by("A");
    stream_.says(GrantReceived{ShardId("A"), Term(2), HeartbeatSeq(3), 1});
    stream_.says(HeartbeatSent{ShardId("A"), HeartbeatSeq(4), "new_term", 1});
  }
  void is_heard(std::uint64_t beat) {
    stream_.by("orchestrator").says(HeartbeatHeard{ShardId("A"), Boot(1), HeartbeatSeq(beat), 0});
  }
  void dies_and_stays_away() {
    serve("g1", "A", 7, 210s);
    stream_.at(210s).crashed("A");
    set_.finish(SimTime(210s + bound(Disturbance::Kind::shard_silenced, 1) + 10s));
  }
};

// Found without this: what a farewell granted excused every game whose shard failed in the three minutes after it.
TEST_F(AFarewellThatIsVoid, I2CatchesAWaitForIt) {
  is_heard(4);
  dies_and_stays_away();
  EXPECT_GE(of("I2").violation_count(), 1U);
}

// Swarm processes, seed 274.
TEST_F(AFarewellThatIsVoid, I2AllowsAWaitForTheNextOne) {
  is_heard(4);
  serve("g1", "A", 7, 210s);
  stream_.at(210s).exited("orchestrator");
  serve("g1", "A", 7, 212s);
  stream_.crashed("A").at(213s).started("A").links_ready("A");
  stream_.at(214s).started("orchestrator").links_ready("orchestrator");
  stream_.by("orchestrator").says(TermTaken{InstanceId("third"), Term(3), 2, 1});
  set_.finish(SimTime(214s + limits_.farewell_out));
  EXPECT_EQ(first_text("I2"), "(none)");
}

// Swarm storage, seed 1471: the death of B was decided and not written down, so that anybody may have got its games.
TEST_F(AFarewellThatIsVoid, I2AllowsAWaitWhereDecisionsWereLostSince) {
  is_heard(4);
  serve("g1", "A", 7, 210s);
  const EventId trouble = stream_.fault("store_error", "orchestrator");
  stream_.at(210s).crashed("orchestrator");
  serve("g1", "A", 7, 212s);
  stream_.healed(trouble, "store_error", "orchestrator").started("orchestrator");
  stream_.links_ready("orchestrator").by("orchestrator");
  stream_.says(TermTaken{InstanceId("third"), Term(3), 2, 1});
  set_.finish(SimTime(212s + limits_.farewell_out));
  EXPECT_EQ(first_text("I2"), "(none)");
}

TEST_F(AFarewellThatIsVoid, I2AllowsAWaitWhereNobodyHeardSo) {
  is_heard(3);
  dies_and_stays_away();
  EXPECT_EQ(first_text("I2"), "(none)");
}

TEST_F(InvariantsInTime, I2CatchesSilenceThatBeginsLongAfterTheBound) {
  stream_.fleet({"orchestrator", "A"}).discovers("g1");
  serve("g1", "A", 7, 500s);
  stream_.at(502s).discovers("g2");
  EXPECT_EQ(first_text("I2"), "(none)") << "three periods may pass";
  stream_.at(502'001ms).discovers("g3");
  EXPECT_NE(first_text("I2").find("g1: no signal was accepted for 3.000 s"), std::string::npos)
      << first_text("I2");
}

// Swarm full, seed 7846: who lets go may have to wait before it says so.
class MovingWithAGap : public InvariantsInTime {
 protected:
  static Limits limits() {
    Limits limits = limits_of_shards({"A", "B", "C"});
    limits.applied_gap = 2s;
    return limits;
  }
  MovingWithAGap() : InvariantsInTime(limits()) {}
};

TEST_F(MovingWithAGap, I2LetsAPlannedMoveBeAsDarkAsTheGapBetweenBeats) {
  stream_.fleet({"orchestrator", "A", "B"}).discovers("g1");
  serve("g1", "A", 7, 200s);
  const Duration dark = 2 * limits_.signal_period + limits_.applied_gap + limits_.round_trip;
  stream_.at(199s + dark - 1ms).accepts("B", 1, "g1", 8);
  EXPECT_EQ(of("I2").violation_count(), 0U) << first_text("I2");
  stream_.at(199s + 2 * dark).accepts("B", 1, "g1", 8);
  EXPECT_EQ(of("I2").violation_count(), 1U);
}

TEST_F(InvariantsInTime, I2CatchesAGameThatIsNeverPlaced) {
  stream_.fleet({"orchestrator", "A"}).discovers("g1");
  set_.finish(SimTime(600s));
  EXPECT_NE(first_text("I2").find("g1: no signal was accepted since it became live at 0.000 s"),
            std::string::npos);
  EXPECT_EQ(of("I2").violation_count(), 1U) << "once per silence";
}

TEST_F(InvariantsInTime, I2JudgesNothingWhileRedisIsAwayOrRoomIsMissing) {
  stream_.fleet({"orchestrator", "A"}).discovers("g1").crashed("redis").at(1'000s).started("redis");
  stream_.at(1'001s).crashed("A");
  set_.finish(SimTime(5'000s));
  EXPECT_EQ(status("I2"), InvariantStatus::not_exercised);
}

// Swarm full, seed 1927: another game ended, and went on a moment later.
TEST_F(InvariantsInTime, I2GivesAGameThatHadToWaitForRoomTimeWhenAnotherEnds) {
  stream_.fleet({"orchestrator", "A"});
  for (int i = 0; i <= 20; ++i) {
    stream_.discovers(("g" + std::to_string(i)).c_str());
  }
  stream_.at(500s).says(GameEnded{.game = GameId("g0")});
  stream_.at(500s +
             limits_.recovery({.kind = Disturbance::Kind::game_came, .silent_shards = 0}, 20) -
             1ms);
  stream_.discovers("g21");
  EXPECT_EQ(status("I2"), InvariantStatus::not_exercised) << first_text("I2");
  stream_.at(502s + bound(Disturbance::Kind::game_came)).says(GameEnded{.game = GameId("g21")});
  set_.finish(SimTime(600s));
  EXPECT_EQ(status("I2"), InvariantStatus::violated);
}

TEST_F(InvariantsInTime, I2StartsItsBoundAgainWhenAFaultIsHealed) {
  stream_.fleet({"orchestrator", "A"}).discovers("g1");
  const EventId cut = stream_.fault("partition", "A<->redis");
  stream_.at(900s).healed(cut, "partition", "A<->redis");
  const Duration end = 900s + bound(Disturbance::Kind::links_mended);
  stream_.at(end).accepts("A", 1, "g1", 7);
  EXPECT_EQ(status("I2"), InvariantStatus::not_exercised);
  stream_.at(end + 4s).accepts("A", 1, "g1", 7);
  EXPECT_EQ(of("I2").violation_count(), 1U);
}

TEST_F(InvariantsInTime, I2GivesEachDisturbanceItsOwnBound) {
  // Defaults: canary 5 + resends 8 + 2 round trips 0.2 + one game 0.01, and ...
  EXPECT_EQ(bound(Disturbance::Kind::game_came), 13'210ms);
  EXPECT_EQ(bound(Disturbance::Kind::shard_silenced, 1), 73'210ms) << "T";
  EXPECT_EQ(bound(Disturbance::Kind::shard_silenced, 3), 133'210ms) << "T and HOLD";
  EXPECT_EQ(bound(Disturbance::Kind::shard_returned), 27'210ms) << "R and a resync";
  EXPECT_EQ(bound(Disturbance::Kind::orchestrator_started), 77'210ms) << "R and WARM_UP";
  EXPECT_EQ(bound(Disturbance::Kind::links_mended, 1), 101'210ms) << "R, grace and T";
}

TEST_F(InvariantsInTime, I2ForgetsAGameThatEnded) {
  stream_.fleet({"orchestrator", "A"}).discovers("g1").at(1s).says(GameEnded{.game = GameId("g1")});
  set_.finish(SimTime(600s));
  EXPECT_EQ(status("I2"), InvariantStatus::not_exercised);
}

// I9

TEST_F(InvariantsInTime, I9CatchesACommandThatNobodyHearsOfAgain) {
  stream_.fleet({"orchestrator", "A"}).at(1s).commands("A", "add_game", 3, "g1", 7);
  const EventId sent = stream_.last();
  stream_.at(9s).commands("A", "add_game", 3, "g1", 7, 2);
  set_.finish(SimTime(30'999ms));
  EXPECT_EQ(status("I9"), InvariantStatus::not_exercised) << "the bound is a moment away";
  set_.finish(SimTime(32s));
  EXPECT_EQ(
      first_text("I9"),
      "command 3 (add_game g1) sent to A at 1.000 s has neither ended nor raised COMMAND_UNACKED "
      "within 30.000 s");
  EXPECT_EQ(of("I9").violations().front().event, sent);
}

TEST_F(InvariantsInTime, I9AcceptsAnyEndAndAnAlert) {
  stream_.fleet({"orchestrator", "A", "B"}).at(1s);
  stream_.commands("A", "add_game", 1, "g1", 7).commands("A", "add_game", 2, "g2", 8);
  stream_.commands("B", "add_game", 1, "g3", 9);
  stream_.at(2s)
      .command_ends("A", "add_game", 1, "g1")
      .command_ends("B", "add_game", 1, "g3", "refused");
  stream_.at(31s).says(AlertRaised{.type = "COMMAND_UNACKED", .subject = "A/g2", .text = ""});
  stream_.at(40s).says(AlertResolved{.type = "COMMAND_UNACKED", .subject = "A/g2", .lasted = 9s});
  set_.finish(SimTime(90s));
  EXPECT_EQ(first_text("I9"), "(none)");
  EXPECT_EQ(of("I9").checks(), 3U);
}

TEST_F(InvariantsInTime, I9TakesNoAlertAboutAnotherShardOrOfAnotherKind) {
  stream_.fleet({"orchestrator", "A"}).at(1s).commands("shard-1", "add_game", 1, "g1", 7);
  stream_.says(AlertRaised{.type = "COMMAND_UNACKED", .subject = "shard-10", .text = ""});
  stream_.says(AlertRaised{.type = "COMMAND_UNACKED", .subject = "shard-1/g2", .text = ""});
  stream_.says(AlertRaised{.type = "DRAIN_STUCK", .subject = "shard-1", .text = ""});
  set_.finish(SimTime(90s));
  EXPECT_EQ(of("I9").violation_count(), 1U);
}

TEST_F(InvariantsInTime, I9EndsWithItsOrchestratorAndDoesNotCountItsFreeze) {
  stream_.fleet({"orchestrator", "A"}).at(1s).commands("A", "add_game", 1, "g1", 7);
  stream_.at(10s).frozen("orchestrator").at(110s).thawed("orchestrator", 100s);
  stream_.at(131s).command_ends("A", "add_game", 1, "g1");
  EXPECT_EQ(status("I9"), InvariantStatus::holds);
  stream_.commands("A", "add_game", 2, "g2", 8).crashed("orchestrator");
  set_.finish(SimTime(300s));
  EXPECT_EQ(status("I9"), InvariantStatus::holds);
}

// I15

TEST_F(InvariantsInTime, I15CatchesALinkThatStaysDownAfterAnOutage) {
  stream_.fleet({"orchestrator", "A"}).at(30s).crashed("redis");
  stream_.link_lost("A", LinkRole::subscriber).link_lost("A", LinkRole::publisher);
  const EventId lost = stream_.last();
  stream_.link_lost("orchestrator", LinkRole::subscriber);
  stream_.at(630s).started("redis");
  stream_.at(635s).by("A").says(
      arbees::redis::LinkReady{.role = LinkRole::subscriber, .attempts = 9, .down_for = 605s});
  stream_.links_ready("orchestrator");
  set_.finish(SimTime(640s));
  ASSERT_EQ(of("I15").violation_count(), 1U);
  EXPECT_EQ(first_text("I15"),
            "the publisher link of A is not ready 5.000 s after Redis could be reached again at "
            "630.000 s");
  EXPECT_EQ(of("I15").violations().front().event, lost);
  EXPECT_GE(of("I15").checks(), 3U);
}

TEST_F(InvariantsInTime, I15ExpectsNothingOfAShardThatSaysNothingOfItsLinks) {
  stream_.fleet({"orchestrator"}).at(30s).started("A");
  stream_.by("A").says(ShardStarted{.shard = ShardId("A"),
                                    .boot = Boot(1),
                                    .max_games = 20,
                                    .lease_mode = std::string(old_wire_lease_mode)});
  stream_.at(100s).crashed("A").at(200s).started("A");
  set_.finish(SimTime(300s));
  EXPECT_EQ(of("I15").violation_count(), 2U) << "both links of one that does not say what it is";
}

TEST_F(InvariantsInTime, I15ExpectsNothingWhileTheOtherSideDoesNotAnswer) {
  stream_.fleet({"orchestrator", "A"}).at(30s).frozen("redis").link_lost("A", LinkRole::publisher);
  stream_.at(100s).thawed("redis", 70s);
  const EventId cut = stream_.fault("partition", "B,A->redis");
  stream_.at(200s).healed(cut, "partition", "B,A->redis").at(201s).frozen("A");
  stream_.at(300s).thawed("A", 99s).at(305s).links_ready("A");
  set_.finish(SimTime(400s));
  EXPECT_EQ(first_text("I15"), "(none)");
}

TEST_F(InvariantsInTime, I15LetsNobodyHideBehindAFaultElsewhere) {
  stream_.fleet({"orchestrator", "A", "B"});
  (void)stream_.fault("partition", "B<->redis");
  stream_.at(30s).link_lost("A", LinkRole::publisher);
  set_.finish(SimTime(40s));
  EXPECT_NE(first_text("I15").find(
                "the publisher link of A is not ready 5.000 s after it was lost at 30.000 s"),
            std::string::npos)
      << first_text("I15");
}

TEST_F(InvariantsInTime, I15JudgesTheFirstConnectionOfAProcess) {
  stream_.started("redis").at(1s).started("A");
  set_.finish(SimTime(10s));
  EXPECT_EQ(of("I15").violation_count(), 2U) << "both links";
}

TEST_F(InvariantsInTime, I15WaitsLongerForAServerThatRefusesByConfiguration) {
  stream_.fleet({"A"}).at(10s).link_lost("A", LinkRole::publisher);
  stream_.says(
      arbees::redis::LinkMisconfigured{.role = LinkRole::publisher, .detail = "WRONGPASS"});
  stream_.at(45s).links_ready("A");
  set_.finish(SimTime(60s));
  EXPECT_EQ(first_text("I15"), "(none)");
}

}  // namespace
}  // namespace arbees::sim
