#include <gtest/gtest.h>

#include <string>

#include "tests/core/lost_decisions_fixture.h"

// A game of which a store of old has no row at all, while shards run it (C8).

namespace arbees {
namespace {

StoreImage without_a_row() {
  StoreImage image = a_row_of_old();
  image.games.clear();
  return image;
}

class AGameWithoutARow : public LostDecisionsTest {
 protected:
  AGameWithoutARow() : LostDecisionsTest(without_a_row()) {}
};

// A partition may have held the beat back while its game was given to somebody else, who is cut off now.
TEST_F(AGameWithoutARow, IsNotAdoptedByABeatFromBeforeOurQuestion) {
  runs(b_, Epoch(700), false);
  const std::size_t asked = bench_.count("roll_call_sent");
  says(b_);
  EXPECT_EQ(bench_.count("game_assigned"), 0U);
  EXPECT_EQ(bench_.count("roll_call_sent"), asked + 1) << "it is asked";
  EXPECT_TRUE(bench_.heard("shard:b:command", "grant").empty()) << "a grant would silence it";
  answers(b_);
  ASSERT_EQ(bench_.count("game_assigned"), 1U);
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("reason"), "adopted");
  EXPECT_NE(granted_to("b"), Epoch{});
}

// The store is of the same term, and older than the block its epochs are from: there is none to adopt the game under until others
// are reserved.
TEST_F(AGameWithoutARow, IsAdoptedBeforeItsOwnerIsSilenced) {
  runs(b_, lost, false);
  answers(b_);
  EXPECT_EQ(bench_.count("game_assigned"), 0U);
  EXPECT_TRUE(bench_.heard("shard:b:command", "grant").empty());
  answers(b_);
  ASSERT_EQ(bench_.count("game_assigned"), 1U);
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("shard"), "b");
  EXPECT_NE(granted_to("b"), Epoch{});
}

TEST_F(AGameWithoutARow, DoesNotCostAnOwnerItsOtherGamesWhileTheStoreGivesNoEpochs) {
  bench_.store_hangs();
  runs(b_, lost, false);
  answers(b_);
  bench_.pass(OrchestratorSettings{}.store_patience);
  EXPECT_TRUE(bench_.heard("shard:b:command", "grant").empty());
  answers(b_);
  EXPECT_EQ(bench_.heard("shard:b:command", "grant").size(), 1U);
}

// Its answers to two questions came within the millisecond in which epochs were being reserved: the second one was answered with a grant that
// did not name the game.
TEST_F(AGameWithoutARow, IsAdoptedAlsoIfItsOwnerTellsTwiceBeforeThereIsAnEpoch) {
  bench_.store_hangs();
  runs(b_, lost, false);
  answers(b_);
  answers(b_);
  EXPECT_TRUE(bench_.heard("shard:b:command", "grant").empty()) << "it would silence its owner";
  EXPECT_GT(bench_.world.store.waiting_commits(), 0U) << "epochs are being reserved";
  bench_.store_answers();
  answers(b_);
  bench_.store_answers();
  ASSERT_EQ(bench_.count("game_assigned"), 1U);
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("reason"), "adopted");
  EXPECT_NE(granted_to("b"), Epoch{});
}

// A slow store: the game was placed when nothing was known of a loss, and is written when it is.
TEST_F(AGameWithoutARow, ThatWasPlacedBeforeTheLossWasKnownWaitsForTheLeasesOfLostDecisions) {
  says(a_), says(b_);
  follows_us(a_), follows_us(b_);
  bench_.pass(seconds{9});
  says(a_), says(b_);
  bench_.store_hangs();
  bench_.pass(OrchestratorSettings{}.listening() - seconds{9} + seconds{1});
  ASSERT_GT(bench_.world.store.waiting_commits(), 0U) << "it is being placed";
  b_.seen_epoch = Epoch(700);
  says(b_);
  bench_.store_answers();
  ASSERT_EQ(bench_.count("game_assigned"), 1U);
  says(a_), says(b_);
  EXPECT_EQ(granted_to("a"), Epoch{}) << "who got it by a lost decision may be cut off";
  EXPECT_EQ(granted_to("b"), Epoch{}) << "who got it by a lost decision may be cut off";
  EXPECT_EQ(bench_.count("ownership_told"), 0U) << "consumers would refuse what that one emits";
  for (int i = 0; i < 6; ++i) {
    bench_.pass(seconds{9});
    says(a_), says(b_);
  }
  EXPECT_GE(bench_.count("game_assigned"), 2U) << "given anew";
  ASSERT_GE(bench_.count("ownership_told"), 1U);
  EXPECT_GT(bench_.world.events.named("ownership_told").front().count("epoch"),
            bench_.world.events.named("game_assigned").front().count("epoch"));
}

// One beat told of it, and the next one of a term that is lost as well.
TEST_F(AGameWithoutARow, IsNotAdoptedUnderAnEpochFromBeforeATermThatWasLost) {
  runs(b_, Epoch(700), false);
  b_.asked_by = us();
  b_.hb_seq = b_.hb_seq.next();
  a_.seen_term = Term(term_of_old.value() + 3);
  a_.hb_seq = a_.hb_seq.next();
  bench_.hear_together({b_, a_});
  EXPECT_EQ(bench_.count("store_rolled_back"), 2U) << "an epoch, and a term";
  answers(b_);
  ASSERT_EQ(bench_.count("game_assigned"), 1U);
  EXPECT_GT(std::stoull(bench_.world.events.last("game_assigned").field("epoch")),
            Ledger::used_by_a_term);
}

}  // namespace
}  // namespace arbees
