#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/lost_decisions_fixture.h"

// What becomes of games whose owners a store does not know any more: it lost decisions, or was put back to before them (C8).

namespace arbees {
namespace {

// c8-copy-from-before-a-move, seed 28: a heartbeat was under way when the term began.
TEST_F(LostDecisionsTest, WhoIsAskedWhetherItEmitsIsNotSilencedBeforeItCanSay) {
  runs(a_, Epoch(8), false);
  says(a_);
  EXPECT_TRUE(bench_.heard("shard:a:command", "grant").empty()) << "it would name no game";
  says(a_);
  EXPECT_EQ(bench_.heard("shard:a:command", "grant").size(), 1U) << "it does not say";
}

// Swarm storage, seed 144: it was granted its game again a millisecond before another shard said that it had got it since.
TEST_F(LostDecisionsTest, WithoutASignOfThemAnOwnerOfOldHasItsGameWhenEverybodyWasHeard) {
  runs(a_, Epoch(8), true);
  says(a_);
  EXPECT_EQ(granted_to("a"), Epoch{}) << "b has not said what it knows";
  says(b_);
  EXPECT_EQ(granted_to("a"), Epoch(8)) << "nor does it wait for a beat of its own";
  EXPECT_TRUE(written().empty());
}

// who-gives-way-remembers-why, seed 457: WARM_UP was over, as each owner had been heard, 5 ms before the shard that had got the game since
// said whom it follows.
TEST_F(LostDecisionsTest, AnOwnerOfOldWaitsForWhoIsNotHeardAlsoWhenWarmUpIsOver) {
  runs(a_, Epoch(8), true);
  says(a_);
  bench_.pass(seconds{3});
  ASSERT_EQ(bench_.world.events.last("mode_left").field("mode"), "WARM_UP");
  EXPECT_EQ(granted_to("a"), Epoch{});
}

TEST_F(LostDecisionsTest, AnOwnerOfOldDoesNotWaitForeverForWhoIsNotHeard) {
  runs(a_, Epoch(8), true);
  says(a_);
  bench_.pass(OrchestratorSettings{}.listening());
  EXPECT_EQ(granted_to("a"), Epoch(8));
}

TEST_F(LostDecisionsTest, AnOwnerOfOldThatEmitsGoesOn) {
  runs(a_, Epoch(8), false);
  answers(a_);
  EXPECT_EQ(granted_to("a"), Epoch(8))
      << "whoever might have got it since would have to wait for its lease";
}

// Swarm storage, seed 285: the beat had been held back by the partition in which its game was given to somebody else.
TEST_F(LostDecisionsTest, ABeatFromBeforeOurQuestionDoesNotShowThatItEmits) {
  runs(a_, Epoch(8), false);
  const std::size_t asked = bench_.count("roll_call_sent");
  says(a_);
  EXPECT_EQ(granted_to("a"), Epoch{});
  EXPECT_EQ(bench_.count("roll_call_sent"), asked + 1) << "it is asked";
  answers(a_);
  EXPECT_EQ(granted_to("a"), Epoch(8));
}

// Its epoch is of a decision that was not written, and not of our row: who watches the game is its successor, and its owner of old, which
// has not dropped it yet, has to.
TEST_F(LostDecisionsTest, AnOwnerOfOldIsToldToDropTheGameThatItsSuccessorWatches) {
  runs(a_, Epoch(8), true);
  says(a_);
  runs(b_, lost, true);
  says(b_);
  says(b_);  // Epochs above its own are reserved by now.
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("shard"), "b");
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("previous"), "a");
  const auto removals = bench_.heard("shard:a:command", "remove_game");
  ASSERT_EQ(removals.size(), 1U);
  EXPECT_EQ(removals.front()["game_id"], "g1");
}

TEST_F(LostDecisionsTest, ThatThereAreSomeIsWrittenDownUntilNothingIsInDoubt) {
  runs(b_, lost, false);
  says(b_);
  ASSERT_EQ(written().size(), 1U);
  ASSERT_TRUE(written().front().has_value());
  EXPECT_GT(written().front()->leases_left, seconds{40});
  EXPECT_EQ(written().front()->epochs,
            (std::vector<EpochSpan>{{Epoch(9), Epoch(lost.value() + Ledger::used_by_a_term)}}));
  pass_until_leases_are_over();
  EXPECT_EQ(written().back(), std::nullopt);
}

// Swarm full, seed 7898: who got the game was cut off, and who had had it remembered nothing of it any more.
TEST_F(LostDecisionsTest, AnyShardIsAWitnessOfADecisionThatWasLost) {
  b_.seen_epoch = Epoch(700);  // Within the block that the term before had reserved.
  says(b_);
  says(b_);
  EXPECT_EQ(bench_.count("store_rolled_back"), 1U) << "told once";
  runs(a_, Epoch(8), true);
  says(a_);
  EXPECT_EQ(granted_to("a"), Epoch{}) << "somebody else may have it";
}

// Shards may have joined of which the store does not know either.
TEST_F(LostDecisionsTest, AFencedOwnerWaitsAlthoughAllKnownShardsWereHeard) {
  a_.seen_epoch = Epoch(700);
  runs(a_, Epoch(8), true);
  says(a_), says(b_);
  for (int i = 0; i < 4; ++i) {
    bench_.pass(seconds{9});
    follows_us(a_), follows_us(b_);
    says(a_), says(b_);
  }
  EXPECT_EQ(bench_.count("game_assigned"), 0U);
  bench_.pass(seconds{15});
  ASSERT_EQ(bench_.count("game_assigned"), 1U);
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("shard"), "a");
  EXPECT_GT(std::stoull(bench_.world.events.last("game_assigned").field("epoch")), 700U);
}

TEST_F(LostDecisionsTest, WhatTheStoreHasWrittenIsNotLost) {
  b_.seen_epoch = Epoch(9);
  says(b_);
  runs(a_, Epoch(8), true);
  says(a_);
  EXPECT_EQ(bench_.count("store_rolled_back"), 0U);
  EXPECT_EQ(granted_to("a"), Epoch(8));
  EXPECT_EQ(bench_.heard("shard:b:command", "grant").back()["epoch"], 9)
      << "it is told what was decided, wherever";
}

class AStoreOfOld : public LostDecisionsTest {
 protected:
  AStoreOfOld() : LostDecisionsTest(known_to_be_of_old()) {}
};

// The doubt outlives the process that had it.
TEST_F(AStoreOfOld, GivesAnOwnerThatIsFencedItsGameAnewWhenTheLeasesOfLostDecisionsAreOver) {
  runs(a_, Epoch(8), true);
  says(a_);
  follows_us(a_);
  for (int i = 0; i < 4; ++i) {
    bench_.pass(seconds{9});
    says(a_);
    ASSERT_EQ(granted_to("a"), Epoch{}) << "somebody else may have it";
  }
  bench_.pass(seconds{15});
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("shard"), "a");
  a_.epochs[the_game] =
      Epoch(std::stoull(bench_.world.events.last("game_assigned").field("epoch")));
  EXPECT_GT(a_.epochs[the_game], Epoch(9'000)) << "above all that may have been handed out";
  says(a_);
  EXPECT_EQ(granted_to("a"), a_.epochs[the_game]);
}

TEST_F(AStoreOfOld, LeavesTheGameToAnOwnerThatEmits) {
  runs(a_, Epoch(8), false);
  answers(a_);
  EXPECT_EQ(granted_to("a"), Epoch(8));
  pass_until_leases_are_over();
  EXPECT_EQ(bench_.count("game_assigned"), 0U);
  EXPECT_EQ(written().back(), std::nullopt);
}

// What it says while it follows us comes of our own grants.
TEST_F(AStoreOfOld, IsNotCorrectedByWhoFollowsUsAlready) {
  runs(a_, Epoch(8), true);
  follows_us(a_);
  a_.fenced.clear();
  says(a_);
  EXPECT_EQ(granted_to("a"), Epoch{});
}

TEST_F(AStoreOfOld, KnowsItsLostEpochsStill) {
  runs(b_, lost, false);
  answers(b_);
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("reason"), "adopted");
  EXPECT_EQ(bench_.count("zombie_found"), 0U);
}

// Swarm full, seed 1939: the resync waited for ever for the new process to acknowledge what it was not granted.
TEST_F(LostDecisionsTest, WhatIsGivenToANewProcessWhileTheLossShowsIsGivenOnceMore) {
  const auto given = [&] {
    return Epoch(bench_.world.events.last("game_assigned").count("epoch"));
  };
  wire::Heartbeat next = beat_of("a", Boot(11));
  says(next), says(b_);
  bench_.store_hangs();
  bench_.pass(OrchestratorSettings{}.resync_debounce + seconds{1});
  ASSERT_GT(bench_.world.store.waiting_commits(), 0U) << "it is being given its game";
  b_.seen_epoch = Epoch(700);
  says(b_);
  bench_.store_answers();
  ASSERT_EQ(bench_.count("game_assigned"), 1U);
  says(next);
  EXPECT_EQ(granted_to("a"), Epoch{}) << "who got it by a lost decision may be cut off";
  for (int i = 0; i < 6; ++i) {
    bench_.pass(seconds{9});
    runs(next, given(), true);
    next.last_grant = next.hb_seq;  // Who confirms none is deaf.
    says(next), says(b_);
  }
  EXPECT_EQ(bench_.count("game_assigned"), 2U);
  EXPECT_EQ(granted_to("a"), given());
}

class AMoveBeingPrepared : public LostDecisionsTest {
 protected:
  AMoveBeingPrepared() : LostDecisionsTest(a_move_being_prepared()) {}
};

// Swarm storage, seed 1130: the store knows the epoch, so nobody could tell of a decision that it does not know.
TEST_F(AMoveBeingPrepared, WasFinishedIfItsSuccessorEmits) {
  runs(b_, Epoch(9), false);
  answers(b_);
  runs(a_, Epoch(8), true);
  answers(a_);
  EXPECT_EQ(granted_to("a"), Epoch{});
  ASSERT_EQ(bench_.count("game_assigned"), 1U);
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("shard"), "b");
  ASSERT_FALSE(written().empty());
  EXPECT_TRUE(written().front().has_value()) << "other decisions may be lost as well";
}

TEST_F(AMoveBeingPrepared, GoesOnWhereItsSuccessorWatches) {
  runs(b_, Epoch(9), true);
  answers(b_);
  runs(a_, Epoch(8), false);
  answers(a_);
  EXPECT_EQ(granted_to("a"), Epoch(8));
  EXPECT_TRUE(written().empty());
}

}  // namespace
}  // namespace arbees
