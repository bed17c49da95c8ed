#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/orchestrator/inbox.h"

namespace arbees {
namespace {

wire::Heartbeat beat(const std::string& shard, std::uint64_t boot, std::uint64_t seq) {
  wire::Heartbeat beat;
  beat.shard = ShardId(shard);
  beat.process_id = "7";
  beat.boot = Boot(boot);
  beat.hb_seq = HeartbeatSeq(seq);
  return beat;
}

std::vector<std::string> text(const std::vector<wire::Heartbeat>& beats) {
  std::vector<std::string> out;
  for (const wire::Heartbeat& beat : beats) {
    out.push_back(beat.shard.str() + "/" + std::to_string(beat.boot.value()) + "/" +
                  std::to_string(beat.hb_seq.value()));
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(Inbox, KeepsTheNewestBeatOfEachProcessAndNamesTheOthers) {
  Inbox inbox;
  EXPECT_FALSE(inbox.put(beat("a", 1, 1)).has_value());
  EXPECT_FALSE(inbox.put(beat("b", 2, 8)).has_value());
  const auto older = inbox.put(beat("a", 1, 2));
  ASSERT_TRUE(older.has_value());
  EXPECT_EQ(older->hb_seq, HeartbeatSeq(1));
  EXPECT_EQ(text(inbox.take()), (Texts{"a/1/2", "b/2/8"}));
  EXPECT_TRUE(inbox.empty());
}

// An old connection may deliver its beats after a newer one did (C12).
TEST(Inbox, ABeatThatComesLateDoesNotReplaceANewerOne) {
  Inbox inbox;
  EXPECT_FALSE(inbox.put(beat("a", 1, 5)).has_value());
  const auto late = inbox.put(beat("a", 1, 4));
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(late->hb_seq, HeartbeatSeq(4));
  EXPECT_EQ(text(inbox.take()), Texts{"a/1/5"});
}

// Counter-example M: coalescing across incarnations. Moved behind its successor's beat, the replaced
// process would be adopted as the newer one.
TEST(Inbox, AReplacedProcessStaysBeforeItsSuccessor) {
  Inbox inbox;
  EXPECT_FALSE(inbox.put(beat("a", 1, 1)).has_value());
  EXPECT_FALSE(inbox.put(beat("a", 2, 1)).has_value());
  EXPECT_TRUE(inbox.put(beat("a", 1, 2)).has_value());
  EXPECT_EQ(text(inbox.take()), (Texts{"a/1/2", "a/2/1"}));
}

TEST(Inbox, WithoutNumbersTheLastBeatIsTheNewest) {
  Inbox inbox;
  wire::Heartbeat first = beat("old", 0, 0);
  first.games = {GameId("x")};
  wire::Heartbeat second = beat("old", 0, 0);
  EXPECT_FALSE(inbox.put(first).has_value());
  EXPECT_TRUE(inbox.put(second).has_value());
  const auto taken = inbox.take();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_TRUE(taken.front().games.empty());
}

TEST(Inbox, KeepsTheOrderOfFirstBeatsWhateverTheNames) {
  Inbox inbox;
  Texts expected;
  // 7 is prime to 100: each name comes once, in no order.
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::string shard = "shard-" + std::to_string(i * 7 % 100);
    EXPECT_FALSE(inbox.put(beat(shard, 1 + i % 3, 1)).has_value());
    expected.push_back(shard + "/" + std::to_string(1 + i % 3) + "/2");
  }
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_TRUE(inbox.put(beat("shard-" + std::to_string(i * 7 % 100), 1 + i % 3, 2)).has_value());
  }
  EXPECT_EQ(text(inbox.take()), expected);
  EXPECT_TRUE(inbox.take().empty());
  EXPECT_FALSE(inbox.put(beat("shard-1", 1, 1)).has_value());
  EXPECT_EQ(text(inbox.take()), Texts{"shard-1/1/1"});
}

}  // namespace
}  // namespace arbees
