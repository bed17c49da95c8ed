#include <gtest/gtest.h>

#include "tests/sim/truth_fixture.h"

// Invariants that compare what is said with what is so: I18, and the later rules of others.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

// I18

TEST_F(Truth, I18CatchesACommandThatCountsAsDoneAndIsNot) {
  stream_.at(1s).commands("A", "add_game", 1, "g1", 7).command_ends("A", "add_game", 1, "g1");
  EXPECT_EQ(first_text("I18"),
            "command 1 (add_game g1, epoch 7) counts as acknowledged at 1.000 s, but A has never "
            "had the game");
}

TEST_F(Truth, I18CatchesARemovalThatCountsAsDoneAndIsNot) {
  stream_.at(1s).by("A").says(GameAdded{ShardId("A"), GameId("g1"), Epoch(7)});
  stream_.commands("A", "add_game", 1, "g1", 7).command_ends("A", "add_game", 1, "g1");
  EXPECT_EQ(first_text("I18"), "(none)");
  stream_.commands("A", "remove_game", 2, "g1", 8).command_ends("A", "remove_game", 2, "g1");
  EXPECT_EQ(of("I18").violation_count(), 1U);
}

TEST_F(Truth, I18CatchesAnOwnerThatGivesItsGameUpTooEarly) {
  const HandoffReady ready{.game = GameId("g1"),
                           .from = ShardId("A"),
                           .to = ShardId("B"),
                           .epoch = Epoch(8),
                           .took = {}};
  stream_.at(1s + limits_.tidied);
  stream_.by("B").says(GameAdded{ShardId("B"), GameId("g1"), Epoch(8)});
  orchestrator_says(ready);
  EXPECT_EQ(first_text("I18"), "(none)");
  orchestrator_says(HandoffReady{.game = GameId("g1"),
                                 .from = ShardId("A"),
                                 .to = ShardId("B"),
                                 .epoch = Epoch(9),
                                 .took = {}});
  EXPECT_EQ(of("I18").violation_count(), 1U);
}

TEST_F(Truth, I18KnowsThatARestoredStoreMayKnowAnEarlierOwner) {
  stream_.at(1s).discovers("g1").assigns("g1", "A", 1, 7);
  stream_.by("A").says(GameAdded{ShardId("A"), GameId("g1"), Epoch(7)});
  stream_.at(10s).assigns("g1", "B", 1, 8).at(11s);
  const EventId restored = stream_.fault("store_restored", "orchestrator");
  stream_.healed(restored, "store_restored", "orchestrator").at(20s).acknowledges("g1", "A", 1, 7);
  stream_.at(20s + limits_.tidied + 1s).discovers("g2");
  EXPECT_EQ(first_text("I18"), "(none)");
}

TEST_F(Truth, I18KnowsTheOwnerOfAGameThatGoesOn) {
  stream_.at(1s).discovers("g1").discovers("g2").assigns("g1", "A", 1, 7).assigns("g2", "A", 1, 8);
  stream_.by("A").says(GameAdded{ShardId("A"), GameId("g1"), Epoch(7)});
  stream_.by("A").says(GameAdded{ShardId("A"), GameId("g2"), Epoch(8)}).at(10s);
  orchestrator_says(GameEnded{GameId("g1")});
  orchestrator_says(GameEnded{GameId("g2")});
  stream_.discovers("g1");
  stream_.at(11s + limits_.tidied).discovers("g3");
  EXPECT_EQ(of("I18").violation_count(), 1U);
  EXPECT_TRUE(first_text("I18").starts_with("A runs g2")) << "it stays over: " << first_text("I18");
}

TEST_F(Truth, I18CatchesAGameThatNobodyTakesFromItsShard) {
  stream_.at(1s).discovers("g1").assigns("g1", "A", 1, 7);
  stream_.by("A").says(GameAdded{ShardId("A"), GameId("g1"), Epoch(7)});
  stream_.at(10s).by("orchestrator").says(GameEnded{GameId("g1")});
  stream_.at(10s + limits_.tidied + 1s).discovers("g2");
  EXPECT_TRUE(first_text("I18").starts_with("A runs g1 at ")) << first_text("I18");
}

TEST_F(Truth, I18AllowsAGameThatIsTakenFromItsShard) {
  stream_.at(1s).discovers("g1").assigns("g1", "A", 1, 7);
  stream_.by("A").says(GameAdded{ShardId("A"), GameId("g1"), Epoch(7)});
  stream_.at(10s).by("orchestrator").says(GameEnded{GameId("g1")});
  stream_.at(11s).removes("A", "g1", 7);
  stream_.at(11s + limits_.tidied + 1s).discovers("g2");
  EXPECT_EQ(first_text("I18"), "(none)");
}

// Later rules of others

TEST_F(Truth, I1CatchesWhoEmitsAfterConsumersWereToldOfTheNextOwner) {
  stream_.at(1s).emits("A", 1, "g1", 7);
  orchestrator_says(OwnershipTold{GameId("g1"), ShardId("B"), Epoch(8)});
  EXPECT_EQ(first_text("I1"), "(none)");
  stream_.at(2s).emits("A", 1, "g1", 7);
  EXPECT_EQ(first_text("I1"),
            "g1: A (boot 1) emitted under epoch 7 at 2.000 s, after consumers were told of B under "
            "epoch 8");
}

TEST_F(Truth, I2IsJudgedWhileAShardIsCutOff) {
  stream_.at(1s).discovers("g1").accepts("A", 1, "g1", 7);
  stream_.at(2s).fault("partition", "A<->redis");
  const Duration bound =
      limits_.reconnect + limits_.lease_out +
      limits_.recovery({.kind = Disturbance::Kind::shard_silenced, .silent_shards = 1}, 1);
  stream_.at(2s + bound).discovers("g2");
  EXPECT_EQ(first_text("I2"), "(none)");
  stream_.at(3s + bound).discovers("g3");
  EXPECT_TRUE(first_text("I2").starts_with("g1: no signal was accepted for ")) << first_text("I2");
}

TEST_F(Truth, I4CatchesAGameForAShardThatIsDrained) {
  orchestrator_says(ShardMarked{ShardId("A"), "none", "draining"});
  stream_.at(4s).assigns("g1", "A", 1, 7, "first", 4s);
  EXPECT_EQ(first_text("I4"), "(none)") << "it was decided before";
  stream_.at(10s).assigns("g2", "A", 1, 8);
  EXPECT_EQ(first_text("I4"),
            "g2 was given (first) at 10.000 s to A, which an operator keeps from games since "
            "0.000 s");
  orchestrator_says(ShardMarked{ShardId("A"), "draining", "none"});
  stream_.at(20s).assigns("g3", "A", 1, 9);
  EXPECT_EQ(of("I4").violation_count(), 1U);
}

// Swarm storage, seed 4203: on a slow store commits took 7 s, and the successor was restarted meanwhile with less room.
TEST_F(Truth, I4TakesTheRoomOfTheMomentOfTheDecision) {
  stream_.joins("A", 1, 1).at(5s).joins("A", 2, 0);
  stream_.at(6s).assigns("g1", "A", 1, 7, "first", 2s);
  EXPECT_EQ(first_text("I4"), "(none)");
  stream_.assigns("g2", "A", 1, 8, "first", 2s);
  EXPECT_EQ(of("I4").violation_count(), 1U) << "that was too many before, too";
}

TEST_F(Truth, I4CatchesAnExcessThatStays) {
  stream_.joins("A", 1, 2).joins("B", 1, 2);
  stream_.at(1s).assigns("g1", "A", 1, 7).assigns("g2", "A", 1, 8);
  stream_.at(10s).crashed("A").started("A").links_ready("A").joins("A", 2, 1);
  stream_.at(10s + limits_.tidied).discovers("g3");
  EXPECT_EQ(first_text("I4"), "(none)");
  stream_.at(12s + limits_.tidied).discovers("g4");
  EXPECT_TRUE(first_text("I4").starts_with("A takes 1 games and has 1 more at "))
      << first_text("I4");
}

TEST_F(Truth, I4AllowsAnExcessForWhichNobodyHasRoom) {
  stream_.joins("A", 1, 2).joins("B", 1, 1);
  stream_.at(1s).assigns("g1", "A", 1, 7).assigns("g2", "A", 1, 8).assigns("g5", "B", 1, 9);
  stream_.at(10s).crashed("A").started("A").links_ready("A").joins("A", 2, 1);
  stream_.at(20s + limits_.tidied).discovers("g4");
  EXPECT_EQ(first_text("I4"), "(none)");
}

TEST_F(Truth, AfterAStoreWasRestoredOnlyWhatIsKnownCounts) {
  stream_.joins("A", 1, 1).at(1s).assigns("g1", "A", 1, 7);
  stream_.fences("A", "g1", 7).at(2s).crashed("orchestrator");
  const EventId restored = stream_.last();
  stream_.fault("store_restored", "orchestrator");
  stream_.at(3s).healed(restored, "store_restored", "orchestrator").started("orchestrator");
  stream_.at(4s).commands("A", "remove_game", 1, "g1", 7);
  EXPECT_EQ(first_text("I3"), "(none)") << "it is fenced, and nobody knows that it owns the game";
  stream_.command_ends("A", "remove_game", 1, "g1").at(5s).assigns("g2", "A", 1, 1'001);
  EXPECT_EQ(first_text("I4"), "(none)");
}

// Swarm storage, seed 97: a copy from before its move knew nothing of the epoch that the successor watched the game under.
TEST_F(Truth, I3LetsASuccessorDropWhatItWasNeverGrantedAfterAStoreWasRestored) {
  stream_.joins("A", 1, 9).at(1s).assigns("g1", "B", 1, 7);
  orchestrator_says(HandoffPrepared{.game = GameId("g1"),
                                    .from = ShardId("B"),
                                    .to = ShardId("A"),
                                    .epoch = Epoch(8),
                                    .reason = "drain",
                                    .took = {}});
  stream_.assigns("g1", "A", 1, 8).fault("store_restored", "orchestrator");
  stream_.at(4s).commands("A", "remove_game", 2, "g1", 8);
  EXPECT_EQ(first_text("I3"), "(none)");
  stream_.at(5s).by("A").says(GameUnfenced{ShardId("A"), GameId("g1"), Epoch(8)});
  stream_.commands("A", "remove_game", 3, "g1", 8);
  EXPECT_EQ(of("I3").violation_count(), 1U) << "it emits";
}

/// A has got g1 and emits nothing for it, and then an older copy was put in the place of the store.
class TruthOfACopy : public Truth {
 protected:
  TruthOfACopy() {
    stream_.joins("A", 1, 9).at(1s).assigns("g1", "A", 1, 7).fences("A", "g1", 7);
    restores();
  }
  void restores() {
    stream_.at(2s).crashed("orchestrator");
    const EventId restored = stream_.fault("store_restored", "orchestrator");
    stream_.healed(restored, "store_restored", "orchestrator").started("orchestrator").at(4s);
  }
};

// Found without this: one copy excused what was decided at any time after it, for whoever had ever been fenced.
TEST_F(TruthOfACopy, I3CatchesTheRemovalOfWhatWasDecidedSince) {
  stream_.assigns("g1", "A", 1, 1'001).commands("A", "remove_game", 1, "g1", 1'001);
  EXPECT_EQ(of("I3").violation_count(), 1U);
}

TEST_F(TruthOfACopy, I3CatchesTheRemovalOfWhatTheCopyKnows) {
  stream_.acknowledges("g1", "A", 1, 7).commands("A", "remove_game", 1, "g1", 7);
  EXPECT_EQ(of("I3").violation_count(), 1U);
}

TEST_F(TruthOfACopy, I3CatchesTheRemovalOfWhatAnotherProcessWasGivenSince) {
  stream_.crashed("A").started("A").by("A");
  stream_.says(ShardStarted{ShardId("A"), Boot(2), 9, "suppress"});
  stream_.joins("A", 2, 9).assigns("g1", "A", 2, 1'001);
  stream_.commands("A", "remove_game", 1, "g1", 1'001);
  EXPECT_EQ(of("I3").violation_count(), 1U);
}

// Found without this: whoever polled what no store knew of could be told to drop it, although nobody else had it.
TEST_F(TruthOfACopy, I3CatchesTheRemovalOfWhatIsLiveAndKnownToNoStore) {
  orchestrator_says(TermTaken{InstanceId("next"), Term(2), 2, 0});
  stream_.commands("A", "remove_game", 1, "g1", 7);
  EXPECT_EQ(first_text("I3"), "(none)") << "it may be over";
  stream_.discovers("g1").commands("A", "remove_game", 2, "g1", 7);
  EXPECT_EQ(of("I3").violation_count(), 1U);
}

TEST_F(TruthOfACopy, I3AllowsTheRemovalOfWhatThatTermGaveToAnother) {
  orchestrator_says(TermTaken{InstanceId("next"), Term(2), 2, 0});
  stream_.discovers("g1").assigns("g1", "B", 1, 9).commands("A", "remove_game", 1, "g1", 7);
  EXPECT_EQ(first_text("I3"), "(none)");
}

TEST_F(TruthOfACopy, I3AllowsARemovalThatIsSaidAgain) {
  stream_.commands("A", "remove_game", 1, "g1", 7).removes("A", "g1", 7);
  stream_.at(5s).commands("A", "remove_game", 1, "g1", 7, 2);
  EXPECT_EQ(first_text("I3"), "(none)");
}

TEST_F(TruthOfACopy, I3AllowsARemovalThatReachesAProcessWithoutGames) {
  stream_.unfences("A", "g1", 7).crashed("A");
  stream_.commands("A", "remove_game", 1, "g1", 7);
  EXPECT_EQ(first_text("I3"), "(none)");
}

TEST_F(TruthOfACopy, I3AllowsARemovalAfterAnotherCopy) {
  stream_.acknowledges("g1", "A", 1, 7).at(5s).crashed("orchestrator");
  stream_.fault("store_restored", "orchestrator");
  stream_.started("orchestrator").commands("A", "remove_game", 1, "g1", 7);
  EXPECT_EQ(first_text("I3"), "(none)");
}

TEST_F(Truth, I8ExpectsNoMoreOfANewIncarnationThanItHasRoomFor) {
  stream_.joins("A", 1, 3).at(1s).assigns("g1", "A", 1, 7).assigns("g2", "A", 1, 8);
  stream_.at(10s).crashed("A").started("A").links_ready("A").joins("A", 2, 1);
  stream_.at(60s).discovers("g3");
  EXPECT_EQ(first_text("I8"), "(none)");
  stream_.crashed("A").started("A").links_ready("A").joins("A", 3, 2);
  stream_.at(120s).discovers("g4");
  EXPECT_EQ(of("I8").violation_count(), 1U);
}

TEST_F(Truth, I5CatchesAGameThatIsMovedFromWhereAnOperatorPutIt) {
  const HandoffPrepared even{.game = GameId("g1"),
                             .from = ShardId("B"),
                             .to = ShardId("A"),
                             .epoch = Epoch(9),
                             .reason = "rebalance",
                             .took = {}};
  stream_.assigns("g1", "A", 1, 7).at(10s).assigns("g1", "B", 1, 8, "order").at(20s);
  orchestrator_says(even);
  EXPECT_EQ(first_text("I5"),
            "g1 is moved to make the fleet even, from where an operator has moved it");
  stream_.at(30s).assigns("g1", "C", 1, 9, "dead").at(40s);
  orchestrator_says(even);
  EXPECT_EQ(of("I5").violation_count(), 1U);
}

TEST_F(Truth, I7CatchesADeathThatTheNextOrchestratorHasForgotten) {
  stream_.at(1s).crashed("A").at(60s).joins("B", 1).dies("A");
  orchestrator_says(AlertRaised{.type = "SHARD_DEAD", .subject = "A", .text = "dead"});
  stream_.at(100s).crashed("orchestrator").at(110s).started("orchestrator");
  orchestrator_says(
      TermTaken{.instance = InstanceId("o"), .term = Term(2), .known_shards = 5, .known_games = 0});
  stream_.at(112s).discovers("g1");
  EXPECT_EQ(first_text("I7"),
            "SHARD_DEAD of A was open when orchestrator ended, and the next process has not "
            "restored it by 111.000 s");
}

TEST_F(Truth, I7AllowsADeathThatTheNextOrchestratorRemembers) {
  stream_.at(1s).crashed("A").at(60s).joins("B", 1).dies("A");
  orchestrator_says(AlertRaised{.type = "SHARD_DEAD", .subject = "A", .text = "dead"});
  stream_.at(100s).crashed("orchestrator").at(110s).started("orchestrator");
  orchestrator_says(
      TermTaken{.instance = InstanceId("o"), .term = Term(2), .known_shards = 5, .known_games = 0});
  orchestrator_says(
      AlertRestored{.type = "SHARD_DEAD", .subject = "A", .acknowledged_by = "", .age = 50s});
  stream_.at(112s).discovers("g1");
  EXPECT_EQ(first_text("I7"), "(none)");
}

// Swarm full, seed 1487: a shard of the old wire was restarted between an order and its repetition.
TEST_F(Truth, I1LetsProcessesOfAnOldShardFollowEachOtherUnderTheEpochOfTheFeed) {
  stream_.at(1s).accepts("A", 1, "g1", 7, true).at(2s).accepts("A", 2, "g1", 7, true);
  EXPECT_EQ(of("I1").violation_count(), 0U);
  stream_.at(3s).accepts("A", 1, "g1", 7, true);
  EXPECT_EQ(of("I1").violation_count(), 1U) << "the old one goes on";
  stream_.at(4s).accepts("B", 3, "g1", 7, true);
  EXPECT_EQ(of("I1").violation_count(), 2U) << "the epoch is not its own";
  stream_.at(5s).accepts("B", 3, "g2", 8).at(6s).accepts("B", 4, "g2", 8);
  EXPECT_EQ(of("I1").violation_count(), 3U) << "signals of ours name their epoch";
}

}  // namespace
}  // namespace arbees::sim
