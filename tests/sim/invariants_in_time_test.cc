#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "sim/world/old_wire.h"
#include "tests/sim/invariants_fixture.h"

// Invariants that are judged when time has passed.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;
using arbees::redis::LinkRole;

class InvariantsInTime : public InvariantsFixture {
 protected:
  /// A signal a second, accepted at once, from the present until before `end`.
  void serve(const char* game, const char* shard, std::uint64_t epoch, Duration end) {
    for (Duration time = stream_.now().time_since_epoch(); time < end; time += 1s) {
      stream_.at(time).accepts(shard, 1, game, epoch);
    }
  }
  /// The bound for one game.
  Duration bound(Disturbance::Kind kind, std::uint64_t silent = 0) const {
    return limits_.recovery({.kind = kind, .silent_shards = silent}, 1);
  }

  explicit InvariantsInTime(Limits limits = limits_of_shards({"A", "B", "C"}))
      : InvariantsFixture(std::move(limits)) {}
};

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

// I8

class Resync : public InvariantsInTime {
 protected:
  void SetUp() override {
    stream_.fleet({"orchestrator", "A", "B"}).joins("A", 1).joins("B", 11);
    stream_.assigns("g1", "A", 1, 1).assigns("g2", "A", 1, 2).assigns("g3", "B", 11, 3);
    stream_.at(30s).crashed("A").at(40s).started("A").links_ready("A");
  }

  /// Another orchestrator takes office with the same store.
  void next_term() {
    stream_.crashed("orchestrator").started("orchestrator").links_ready("orchestrator");
    stream_.by("orchestrator")
        .says(TermTaken{
            .instance = InstanceId("two"), .term = Term(2), .known_shards = 2, .known_games = 3});
  }
};

TEST_F(Resync, I8CatchesAGameThatTheNewIncarnationNeverAcknowledges) {
  stream_.at(41s).joins("A", 2);
  const EventId joined = stream_.last();
  stream_.assigns("g1", "A", 2, 4, "restarted").at(46s).acknowledges("g1", "A", 2, 4);
  stream_.acknowledges("g2", "A", 1, 2);  // a late word of the old one does not count
  set_.finish(SimTime(60s));
  ASSERT_EQ(of("I8").violation_count(), 1U);
  EXPECT_EQ(first_text("I8"),
            "A (boot 2) was first heard at 41.000 s and has not acknowledged g2 10.000 s after "
            "links were "
            "up (1 others were acknowledged)");
  EXPECT_EQ(of("I8").violations().front().event, joined);
}

TEST_F(Resync, I8AcceptsAcknowledgementsAtTheLastMoment) {
  stream_.at(41s).joins("A", 2).at(51s).acknowledges("g1", "A", 2, 4).acknowledges("g2", "A", 2, 5);
  set_.finish(SimTime(90s));
  EXPECT_EQ(status("I8"), InvariantStatus::holds);
  EXPECT_EQ(of("I8").checks(), 1U);
}

TEST_F(Resync, I8JudgesEachOfSeveralRestarts) {
  stream_.crashed("B").started("B").links_ready("B");
  stream_.at(41s).joins("A", 2).joins("B", 12);
  stream_.at(50s).acknowledges("g1", "A", 2, 4).acknowledges("g2", "A", 2, 5);
  stream_.at(51'001ms).acknowledges("g3", "B", 12, 6);
  EXPECT_EQ(of("I8").violation_count(), 1U);
  EXPECT_NE(first_text("I8").find("B (boot 12)"), std::string::npos);
}

// Swarm storage, seed 101: what the term before had met was not written down, so that other rows may be of old as well.
TEST_F(Resync, I8WaitsWhereATermHasMetTheProcessAndItsSuccessorTakesItForNew) {
  stream_.at(41s).joins("A", 2);
  stream_.at(42s);
  next_term();
  stream_.at(43s).joins("A", 2);
  set_.finish(SimTime(60s));
  EXPECT_EQ(of("I8").violation_count(), 0U);
}

// Swarm storage, seed 2420.
TEST_F(Resync, I8WaitsAfterAnOrchestratorThatGaveWay) {
  stream_.at(40s).by("orchestrator").says(SteppedDown{Term(1), Term(1), "shard B follows another"});
  stream_.at(41s);
  next_term();
  stream_.at(43s).joins("A", 2);
  set_.finish(SimTime(60s));
  EXPECT_EQ(of("I8").violation_count(), 0U);
}

TEST_F(Resync, I8JudgesAProcessThatOnlyTheNewTermHasMet) {
  stream_.at(41s);
  next_term();
  stream_.at(43s).joins("A", 2);
  set_.finish(SimTime(60s));
  EXPECT_EQ(of("I8").violation_count(), 1U);
}

TEST_F(Resync, I8WaitsWhileLinksAreDown) {
  stream_.at(41s).joins("A", 2).at(45s).link_lost("orchestrator", LinkRole::subscriber);
  stream_.at(70s).links_ready("orchestrator").at(80s).acknowledges("g1", "A", 2, 4);
  stream_.acknowledges("g2", "A", 2, 5);
  set_.finish(SimTime(90s));
  EXPECT_EQ(status("I8"), InvariantStatus::holds);
}

TEST_F(Resync, I8WaitsWhileTheOrchestratorMayNotSend) {
  stream_.at(41s)
      .joins("A", 2)
      .at(42s)
      .by("orchestrator")
      .says(ModeEntered{.mode = "BLIND", .why = ""});
  stream_.at(60s)
      .says(ModeLeft{.mode = "BLIND", .lasted = 18s})
      .at(69s)
      .acknowledges("g1", "A", 2, 4);
  EXPECT_EQ(status("I8"), InvariantStatus::not_exercised);
  set_.finish(SimTime(70s));
  EXPECT_EQ(of("I8").violation_count(), 1U) << "g2, ten seconds after the mode ended";
}

TEST_F(Resync, I8ExpectsNothingOfGamesThatMovedOrOfAShardThatIsGoneAgain) {
  stream_.at(41s).joins("A", 2).assigns("g1", "B", 11, 4, "dead").at(45s).crashed("A");
  set_.finish(SimTime(90s));
  EXPECT_EQ(status("I8"), InvariantStatus::not_exercised);
}

// Swarm storage, seed 50205: nobody could know of it any more.
TEST_F(Resync, I8ExpectsNothingOfADecisionThatDiedWithItsOrchestrator) {
  stream_.at(41s).by("orchestrator").says(ModeEntered{.mode = "STORE_OUT", .why = ""});
  stream_.assigns("g4", "B", 11, 4).crashed("B").started("B").links_ready("B");
  stream_.at(45s).crashed("orchestrator").started("orchestrator").links_ready("orchestrator");
  stream_.at(46s).joins("B", 12).at(50s).acknowledges("g3", "B", 12, 6);
  set_.finish(SimTime(90s));
  EXPECT_EQ(status("I8"), InvariantStatus::holds);
}

// Swarm storage, seed 4323: the next orchestrator meets a process that an earlier term has met and the store has not.
TEST_F(Resync, I8WaitsForTheLeasesOfEarlierTermsAfterAMeetingThatDiedWithItsOrchestrator) {
  stream_.at(41s).by("orchestrator").says(ModeEntered{.mode = "STORE_OUT", .why = ""});
  stream_.crashed("B").started("B").links_ready("B").at(42s).by("orchestrator");
  stream_.says(ShardRestarted{.shard = ShardId("B"),
                              .generation = Generation(2),
                              .old_process_id = "p1",
                              .new_process_id = "p2",
                              .old_started_at = "",
                              .new_started_at = "",
                              .games = {},
                              .overlap_possible = false});
  stream_.at(45s).crashed("orchestrator").started("orchestrator").links_ready("orchestrator");
  stream_.says(
      TermTaken{.instance = InstanceId("o"), .term = Term(2), .known_shards = 2, .known_games = 4});
  stream_.at(46s).joins("B", 12).at(45s + limits_.lease_out).discovers("g9");
  EXPECT_EQ(status("I8"), InvariantStatus::not_exercised);
  set_.finish(SimTime(120s));
  EXPECT_EQ(of("I8").violation_count(), 1U);
}

// Swarm storage, seed 719: whoever may have got the game by what was lost is waited for.
TEST_F(Resync, I8WaitsForTheLeasesOfWhatAStoreHasLost) {
  stream_.at(41s)
      .joins("A", 2)
      .by("orchestrator")
      .says(StoreRolledBack{.shard = ShardId("B"),
                            .heard_term = Term(1),
                            .heard_epoch = Epoch(9),
                            .new_term = Term(1)});
  const Duration leases = std::max(limits_.lease_out, limits_.farewell_out);
  stream_.at(41s + leases).discovers("g9");
  EXPECT_EQ(status("I8"), InvariantStatus::not_exercised);
  set_.finish(SimTime(41s + leases + limits_.resync + 1s));
  EXPECT_EQ(of("I8").violation_count(), 1U);
}

TEST_F(Resync, I8ExpectsWhatWasWrittenDownAfterTheStoreWasOut) {
  stream_.at(41s).by("orchestrator").says(ModeEntered{.mode = "STORE_OUT", .why = ""});
  stream_.assigns("g4", "B", 11, 4);
  stream_.at(43s).by("orchestrator").says(ModeLeft{.mode = "STORE_OUT", .lasted = 2s});
  stream_.at(45s).crashed("orchestrator").started("orchestrator").links_ready("orchestrator");
  stream_.crashed("B").started("B").links_ready("B");
  stream_.at(46s).joins("B", 12).at(50s).acknowledges("g3", "B", 12, 6);
  set_.finish(SimTime(90s));
  EXPECT_NE(first_text("I8").find("has not acknowledged g4"), std::string::npos);
}

// Swarm full, seed 3981: nobody was told that an order was lost.
TEST_F(Resync, I8WaitsForTheNextSendingWhereMessagesWereLost) {
  const EventId losing = stream_.fault("redis_messages_lost", "redis");
  stream_.at(41s).joins("A", 2);
  stream_.at(50s).healed(losing, "redis_messages_lost", "redis");
  const Duration due = 50s + limits_.by_node_clock(limits_.resync + limits_.resend_cap);
  stream_.at(due - 1ms).acknowledges("g1", "A", 2, 4);
  EXPECT_EQ(status("I8"), InvariantStatus::not_exercised);
  set_.finish(SimTime(due + 1ms));
  EXPECT_NE(first_text("I8").find("has not acknowledged g2"), std::string::npos);
}

// Swarm messages, seed 1084: an orchestrator ended between the commit of a move and the word of it.
TEST_F(Resync, I8LearnsOfAMoveThatNobodySpokeOf) {
  stream_.acknowledges("g2", "B", 11, 5);
  stream_.at(41s).joins("A", 2).at(50s).acknowledges("g1", "A", 2, 6);
  set_.finish(SimTime(90s));
  EXPECT_EQ(status("I8"), InvariantStatus::holds);
  stream_.at(91s).crashed("B").started("B").links_ready("B").at(92s).joins("B", 12);
  stream_.acknowledges("g3", "B", 12, 7);
  set_.finish(SimTime(120s));
  EXPECT_NE(first_text("I8").find("has not acknowledged g2"), std::string::npos);
}

TEST_F(Resync, I8ExpectsNothingThatACopyFromBeforeMayNotKnow) {
  stream_.at(40s).fault("store_restored", "orchestrator");
  stream_.at(41s).joins("A", 2);
  set_.finish(SimTime(90s));
  EXPECT_EQ(status("I8"), InvariantStatus::not_exercised);
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
