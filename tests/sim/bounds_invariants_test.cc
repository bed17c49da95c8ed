#include <gtest/gtest.h>

#include <string>

#include "tests/sim/bounds_fixture.h"

// Invariants that give what is promised a bound: I26, I27, I30 and I31.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

// --- I26 --------------------------------------------------------------------------------------

TEST_F(Bounds, I26CatchesADrainThatNobodyIsToldOf) {
  stream_.assigns("g", "A", 1, 1).at(10s);
  drains("A", 30s);
  set_.finish(SimTime(42s));
  EXPECT_EQ(first_text("I26"),
            "A has 1 games when the time for its drain is over, and no alert was raised by 41.000 "
            "s");
}

TEST_F(Bounds, I26AllowsADrainThatIsToldOf) {
  stream_.assigns("g", "A", 1, 1).at(10s);
  drains("A", 30s);
  stream_.at(40500ms);
  says(AlertRaised{.type = "DRAIN_STUCK", .subject = "A", .text = {}});
  set_.finish(SimTime(100s));
  EXPECT_EQ(first_text("I26"), "(none)");
  EXPECT_EQ(of("I26").checks(), 1U);
}

TEST_F(Bounds, I26AllowsADrainThatIsDoneOrTakenBack) {
  stream_.assigns("g", "A", 1, 1).assigns("h", "B", 1, 2).at(10s);
  drains("A", 30s);
  drains("B", 30s);
  stream_.at(20s).assigns("g", "C", 1, 3, "drain");
  says(ShardMarked{ShardId("B"), "draining", "none"});
  set_.finish(SimTime(100s));
  EXPECT_EQ(first_text("I26"), "(none)");
}

// Swarm full, seed 6874: it was given more time before the first was over.
TEST_F(Bounds, I26GoesByTheNewestWordOfAnOperator) {
  stream_.assigns("g", "A", 1, 1).at(10s);
  drains("A", 30s);
  stream_.at(39s);
  drains("A", 60s);
  set_.finish(SimTime(99s));
  EXPECT_EQ(first_text("I26"), "(none)");
  set_.finish(SimTime(101s));
  EXPECT_EQ(of("I26").violation_count(), 1U);
}

TEST_F(Bounds, I26WaitsForAnOrchestratorThatStandsStill) {
  stream_.assigns("g", "A", 1, 1).at(10s);
  drains("A", 30s);
  stream_.at(35s).frozen("orchestrator").at(60s).thawed("orchestrator", 25s).at(60500ms);
  says(AlertRaised{.type = "DRAIN_STUCK", .subject = "A", .text = {}});
  set_.finish(SimTime(100s));
  EXPECT_EQ(first_text("I26"), "(none)");
}

TEST_F(Bounds, I9KeepsTheAlertsOfTwoOrchestratorsApart) {
  stream_.commands("A", "remove_game", 1, "g", 7).at(29s);
  says(AlertRaised{.type = "COMMAND_UNACKED", .subject = "A/g", .text = {}});
  stream_.by("other").says(
      AlertResolved{.type = "COMMAND_UNACKED", .subject = "A/g", .lasted = {}});
  stream_.at(31s).commands("A", "remove_game", 1, "g", 7, 9);
  set_.finish(SimTime(100s));
  EXPECT_EQ(first_text("I9"), "(none)");
}

// Swarm full, seed 4832: the alert of a command was open already, in a copy of the store.
TEST_F(Bounds, I9KnowsAnAlertThatARestartFoundOpen) {
  says(
      AlertRestored{.type = "COMMAND_UNACKED", .subject = "A/g", .acknowledged_by = {}, .age = 1s});
  stream_.commands("A", "add_game", 1, "g", 7).at(100s);
  set_.finish(SimTime(100s));
  EXPECT_EQ(first_text("I9"), "(none)");
}

TEST(Recovery, WaitsForAHoldWhereAsManyAreSilentAsTheSettingsSay) {
  Limits limits = limits_of_shards({"A", "B", "C", "D", "E", "F", "G", "H"});
  const Disturbance four{.kind = Disturbance::Kind::shard_silenced, .silent_shards = 4};
  const Duration without = limits.recovery(four, 1);
  limits.hold_percent = 46;
  EXPECT_EQ(limits.recovery(four, 1), without + limits.hold_max);
}

// --- I27, what operators want -----------------------------------------------------------------

class Wishes : public Bounds {
 protected:
  Wishes() {
    for (const char* shard : {"A", "B"}) {
      stream_.joins(shard, 1);
      hears(shard);
    }
    stream_.assigns("g1", "A", 1, 1).at(300s);
    says(OperatorAsked{"move", "g1", "ann", "closer"});
  }
};

TEST_F(Wishes, I27CatchesAMoveThatDoesNotBegin) {
  set_.finish(SimTime(310s));
  EXPECT_TRUE(first_text("I27").starts_with(
      "g1 is to be moved since 300.000 s, but its move has not begun by "))
      << first_text("I27");
}

TEST_F(Wishes, I27AllowsAMoveThatBeginsOrIsRefused) {
  says(HandoffPrepared{GameId("g1"), ShardId("A"), ShardId("B"), Epoch(2), "order", {}});
  says(OperatorAsked{"move", "g2", "ann", "closer"});
  says(OperatorRefused{"move", "g2", "no live game"});
  set_.finish(SimTime(310s));
  EXPECT_EQ(first_text("I27"), "(none)");
  EXPECT_EQ(of("I27").checks(), 1U);
}

TEST_F(Wishes, I27AllowsAMoveThatWaitsForAnother) {
  says(HandoffPrepared{GameId("g3"), ShardId("A"), ShardId("B"), Epoch(2), "order", {}});
  set_.finish(SimTime(310s));
  EXPECT_EQ(first_text("I27"), "(none)");
}

TEST_F(Wishes, I27CatchesAMoveThatDoesNotBeginLongAfterARefusal) {
  stream_.command_ends("B", "add_game", 1, "g1", "refused");
  stream_.at(300s + limits_.refused).changes("C", "healthy", "degraded");
  stream_.at(304s + limits_.refused).changes("C", "degraded", "healthy");
  EXPECT_EQ(first_text("I27"), "(none)");
  set_.finish(SimTime(310s + limits_.refused));
  EXPECT_NE(first_text("I27"), "(none)");
}

TEST_F(Wishes, I27AllowsAMoveThatHasNowhereToGo) {
  says(ShardMarked{ShardId("B"), "none", "cordoned", {}});
  set_.finish(SimTime(310s));
  EXPECT_EQ(first_text("I27"), "(none)");
}

// --- I27 --------------------------------------------------------------------------------------

TEST_F(Bounds, I27CatchesAGameWithoutAPlaceWhileAShardIsDegraded) {
  stream_.joins("A", 1);
  hears("A");
  stream_.changes("A", "healthy", "degraded").discovers("g");
  says(GameUnplaced{GameId("g"), "no shard that is alive may be given games"});
  EXPECT_EQ(first_text("I27"),
            "g has no place at 0.000 s (no shard that is alive may be given games), but A is "
            "there, takes 20 games, and nothing excludes it");
}

// Swarm processes, seed 178: it would be passed to and fro.
TEST_F(Bounds, I27AllowsAGameToStayWhereTheOtherShardIsNoBetter) {
  stream_.joins("A", 1).joins("B", 1);
  hears("A"), hears("B");
  stream_.discovers("g").assigns("g", "A", 1, 1);
  says(ShardUnstable{.shard = ShardId("A"), .incarnations = 3, .within = 60s});
  says(ShardUnstable{.shard = ShardId("B"), .incarnations = 3, .within = 60s});
  says(GameUnplaced{GameId("g"), "no shard with room is a better place"});
  EXPECT_EQ(first_text("I27"), "(none)");
  says(ShardUnstableEnded{.shard = ShardId("B"), .lasted = 30s});
  says(GameUnplaced{GameId("g"), "no shard with room is a better place"});
  EXPECT_NE(first_text("I27"), "(none)");
}

TEST_F(Bounds, I27AllowsAGameWithoutAPlaceWhereAllAreExcluded) {
  stream_.joins("A", 1).joins("B", 1).joins("C", 1, 1);
  for (const char* shard : {"A", "B", "C"}) {
    hears(shard);
  }
  stream_.changes("A", "healthy", "dead").discovers("g").discovers("h");
  says(ShardMarked{ShardId("B"), "none", "cordoned"});
  says(GameUnplaced{GameId("g"), "every shard is full"});
  EXPECT_EQ(first_text("I27"), "(none)");
  EXPECT_EQ(of("I27").checks(), 1U);
  says(ShardMarked{ShardId("B"), "cordoned", "none"});
  stream_.command_ends("B", "add_game", 1, "g", "refused");
  says(GameUnplaced{GameId("g"), "every shard is full"});
  EXPECT_EQ(first_text("I27"), "(none)");
  says(GameUnplaced{GameId("h"), "every shard is full"});
  EXPECT_NE(first_text("I27"), "(none)");
}

/// A has room for it.
class Refusals : public Bounds {
 protected:
  Refusals() {
    stream_.joins("A", 1).discovers("g");
    hears("A");
  }
  void has_no_place() { says(GameUnplaced{GameId("g"), "every shard with room refused it"}); }
  void excuse_for_a_while() {
    stream_.at(limits_.refused);
    has_no_place();
    EXPECT_EQ(first_text("I27"), "(none)");
    stream_.at(limits_.refused + 4s);
    has_no_place();
    EXPECT_NE(first_text("I27"), "(none)");
  }
};

// Found without this: who could not take a game once was excused for ever.
TEST_F(Refusals, I27CatchesAGameWithoutAPlaceLongAfterARefusal) {
  stream_.command_ends("A", "add_game", 1, "g", "refused");
  excuse_for_a_while();
}

TEST_F(Refusals, I27CatchesAGameWithoutAPlaceLongAfterAMoveThatWasTooLate) {
  says(HandoffAbandoned{GameId("g"), ShardId("B"), ShardId("A"), Epoch(2), "late"});
  excuse_for_a_while();
}

TEST_F(Refusals, I27TakesNoOtherEndOfAnOrderForARefusal) {
  for (const char* how : {"superseded", "shard_restarted", "shard_dead", "shard_left"}) {
    stream_.command_ends("A", "add_game", 1, "g", how);
  }
  has_no_place();
  EXPECT_NE(first_text("I27"), "(none)");
}

TEST_F(Refusals, I27AllowsARefusalThatOnlyAnEarlierTermWasTold) {
  stream_.by("A").says(GameRefused{ShardId("A"), GameId("g"), Epoch(1), "full"});
  stream_.assigns("g", "A", 1, 1).at(100s).assigns("g", "B", 1, 2, "refused").at(110s);
  has_no_place();
  EXPECT_EQ(first_text("I27"), "(none)");
}

// --- I30 --------------------------------------------------------------------------------------

TEST_F(Bounds, I30CatchesAShardThatIsNeverToldToDropItsGame) {
  stream_.commands("A", "add_game", 1, "g", 7);
  says(ZombieFound{ShardId("A"), GameId("g"), Epoch(7)});
  EXPECT_EQ(first_text("I30"),
            "A was found with g at 0.000 s: it was told to run it (epoch 7) and never to drop it");
}

TEST_F(Bounds, I30AllowsAZombieOfAnotherTime) {
  stream_.commands("A", "add_game", 1, "g", 7).commands("A", "remove_game", 2, "g", 7);
  says(ZombieFound{ShardId("A"), GameId("g"), Epoch(7)});
  stream_.commands("B", "add_game", 1, "g", 8).dies("B");
  says(ZombieFound{ShardId("B"), GameId("g"), Epoch(8)});
  EXPECT_EQ(first_text("I30"), "(none)");
  EXPECT_EQ(of("I30").checks(), 2U);
}

TEST_F(Bounds, I30CatchesAGameThatIsOverAndNotEnded) {
  stream_.assigns("over", "A", 1, 1);
  orchestrator_comes_back(1);
  set_.finish(SimTime(70s));
  EXPECT_EQ(first_text("I30"),
            "over was over when the orchestrator took its term, and it has not said so by 62.000 "
            "s");
}

TEST_F(Bounds, I30AllowsAGameThatEndsWithTheTerm) {
  stream_.assigns("over", "A", 1, 1);
  orchestrator_comes_back(1);
  says(GameEnded{GameId("over")});
  set_.finish(SimTime(70s));
  EXPECT_EQ(first_text("I30"), "(none)");
  EXPECT_EQ(of("I30").checks(), 1U);
}

// A decision was being written down when its game ended, and the end of the game after it.
TEST_F(Bounds, I30KnowsWhatWasDroppedAfterItsGameHadEnded) {
  says(GameEnded{GameId("over")});
  stream_.assigns("over", "A", 1, 1);
  says(OwnershipTold{GameId("over"), ShardId{}, Epoch(1)});
  orchestrator_comes_back(0);
  set_.finish(SimTime(70s));
  EXPECT_EQ(of("I30").checks(), 0U);
}

TEST_F(Bounds, I30KnowsWhatWasAssignedAfterItsGameHadEndedAndNotDropped) {
  says(GameEnded{GameId("over")});
  stream_.assigns("over", "A", 1, 1);
  says(OwnershipTold{GameId("over"), ShardId("A"), Epoch(1)});
  orchestrator_comes_back(1);
  set_.finish(SimTime(70s));
  EXPECT_EQ(of("I30").violation_count(), 1U);
}

TEST_F(Bounds, I30CatchesAnOrderThatIsAcknowledgedAgainAndAgain) {
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    EXPECT_EQ(first_text("I30"), "(none)");
    stream_.commands("A", "add_game", seq, "g", 7);
    if (seq < 3) {
      stream_.command_ends("A", "add_game", seq, "g");
    }
  }
  EXPECT_EQ(first_text("I30"),
            "A is told again at 0.000 s to run g with epoch 7, which it has acknowledged before "
            "and does not run");
}

TEST_F(Bounds, I30AllowsAnOrderThatIsRepeatedUntilItIsDone) {
  for (std::uint64_t attempt = 1; attempt <= 5; ++attempt) {
    stream_.commands("A", "add_game", 1, "g", 7, attempt);
  }
  stream_.command_ends("A", "add_game", 1, "g").acknowledges("g", "A", 1, 7);
  for (std::uint64_t seq = 2; seq <= 5; ++seq) {  // It is an update to who has the game.
    stream_.commands("A", "add_game", seq, "g", 7).command_ends("A", "add_game", seq, "g");
    stream_.acknowledges("g", "A", 1, 7);
  }
  EXPECT_EQ(first_text("I30"), "(none)");
}

// --- I31 --------------------------------------------------------------------------------------

TEST_F(Bounds, I31CatchesPatienceWithoutEnd) {
  hears("A");
  stream_.crashed("A");
  for (auto blip = 20s; blip <= 300s; blip += 20s) {
    stream_.at(blip);
    says(ModeEntered{.mode = "BLIND", .why = "a link is down"});
    stream_.at(blip + 3s);
    says(ModeLeft{.mode = "BLIND", .lasted = 3s});
  }
  set_.finish(SimTime(310s));
  EXPECT_NE(first_text("I31").find("A has not been heard by orchestrator for "), std::string::npos);
}

TEST_F(Bounds, I31AllowsADeathAfterOnePatience) {
  hears("A");
  stream_.crashed("A").at(50s);
  says(ModeEntered{.mode = "BLIND", .why = "a link is down"});
  stream_.at(53s);
  says(ModeLeft{.mode = "BLIND", .lasted = 3s});
  stream_.at(80s).dies("A");
  set_.finish(SimTime(300s));
  EXPECT_EQ(first_text("I31"), "(none)");
  EXPECT_EQ(of("I31").checks(), 1U);
}

TEST_F(Bounds, I31DoesNotCountBlindnessNorHold) {
  hears("A");
  stream_.crashed("A").at(50s);
  says(ModeEntered{.mode = "BLIND", .why = "a link is down"});
  stream_.at(300s);
  says(ModeLeft{.mode = "BLIND", .lasted = 250s});
  says(ModeEntered{.mode = "HOLD", .why = "3 of 3"});
  set_.finish(SimTime(500s));
  EXPECT_EQ(first_text("I31"), "(none)");
}

}  // namespace
}  // namespace arbees::sim
