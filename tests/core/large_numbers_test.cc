#include <gtest/gtest.h>

#include <string>

#include "tests/core/lost_decisions_fixture.h"

// Whoever can publish heartbeats can tell of any number. A single one must not lead the fleet to numbers that nobody reads.

namespace arbees {
namespace {

class LargeNumbers : public LostDecisionsTest {
 protected:
  [[nodiscard]] Epoch assigned() const {
    return Epoch(std::stoull(bench_.world.events.last("game_assigned").field("epoch")));
  }
};

TEST_F(LargeNumbers, OfAnEpochAreHeardAgainWhenWeHaveCountedOnFromThem) {
  b_.seen_epoch = Epoch(believed_max);
  says(b_);
  runs(a_, Epoch(8), true);
  follows_us(a_);
  says(a_);
  for (int i = 0; i < 4; ++i) {
    bench_.pass(seconds{9});
    says(a_);
  }
  bench_.pass(seconds{15});
  ASSERT_EQ(bench_.count("game_assigned"), 1U);
  const Epoch epoch = assigned();
  EXPECT_GT(epoch, Epoch(believed_max));
  a_.seen_epoch = epoch;
  runs(a_, epoch, true);
  says(a_);
  EXPECT_EQ(bench_.count("message_rejected"), 0U);
  EXPECT_EQ(granted_to("a"), epoch);
}

TEST_F(LargeNumbers, OfATermAreHeardAgainToo) {
  a_.seen_term = Term(believed_max);
  says(a_);
  EXPECT_EQ(bench_.world.events.last("store_rolled_back").field("new_term"),
            std::to_string(believed_max + 1));
  follows_us(a_);
  a_.seen_term = Term(believed_max + 1);
  says(a_);
  EXPECT_EQ(bench_.count("message_rejected"), 0U);
  EXPECT_EQ(bench_.count("store_rolled_back"), 1U);
}

TEST_F(LargeNumbers, AboveWhatAnybodyCanHaveCountedAreNotBelieved) {
  a_.seen_term = Term(believed_max + 1);
  a_.seen_epoch = Epoch(believed_max + 1);
  a_.generation = Generation(believed_max + 1);
  says(a_);
  EXPECT_EQ(bench_.count("heartbeat_heard"), 1U);
  EXPECT_EQ(bench_.count("store_rolled_back"), 0U);
  for (const StoreBatch& batch : bench_.world.store.batches()) {
    EXPECT_LT(batch.new_term, Term(believed_max));
    for (const ShardRow& shard : batch.put_shards) {
      EXPECT_LT(shard.generation, Generation(believed_max));
    }
  }
}

TEST(IsBelieved, IsWhatOthersCanHaveCountedOnTo) {
  EXPECT_TRUE(is_believed(Epoch(believed_max), Epoch(1)));
  EXPECT_FALSE(is_believed(Epoch(believed_max + 1), Epoch(1)));
  EXPECT_TRUE(is_believed(Epoch(believed_max + 1), Epoch(believed_max)));
  EXPECT_TRUE(is_believed(Epoch(believed_max + 1 + believed_step), Epoch(believed_max + 1)));
  EXPECT_FALSE(is_believed(Epoch(believed_max + 2 + believed_step), Epoch(believed_max + 1)));
}

}  // namespace
}  // namespace arbees
