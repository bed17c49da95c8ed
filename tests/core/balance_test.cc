#include <gtest/gtest.h>

#include "core/assignment/balance.h"

namespace arbees {
namespace {

Load load(const char* shard, std::uint64_t games, std::uint64_t capacity = 20) {
  return {ShardId(shard), games, capacity};
}

constexpr BalancePolicy usual{125, 100};

TEST(Balance, LeavesAnEvenFleetAlone) {
  EXPECT_TRUE(balance({load("a", 5), load("b", 4), load("c", 4)}, usual).empty());
  EXPECT_TRUE(balance({}, usual).empty());
  EXPECT_TRUE(balance({load("a", 20)}, usual).empty());
  EXPECT_TRUE(balance({load("a", 0), load("b", 0)}, usual).empty());
}

TEST(Balance, GivesANewShardItsShareAndNotJustWhatIsAboveTheTrigger) {
  std::uint64_t a = 15;
  std::uint64_t b = 15;
  std::uint64_t c = 0;
  for (const BalanceMove& move : balance({load("a", 15), load("b", 15), load("c", 0)}, usual)) {
    EXPECT_EQ(move.to, ShardId("c"));
    (move.from == ShardId("a") ? a : b) -= 1;
    ++c;
  }
  EXPECT_EQ(a, 10U);
  EXPECT_EQ(b, 10U);
  EXPECT_EQ(c, 10U);
}

TEST(Balance, MovesNoMoreThanARoundAllows) {
  EXPECT_EQ(balance({load("a", 20), load("b", 0)}, {125, 3}).size(), 3U);
  EXPECT_TRUE(balance({load("a", 20), load("b", 0)}, {0, 3}).empty()) << "0: never";
}

TEST(Balance, ComparesFullnessNotNumbers) {
  // 10 of 40 and 5 of 20 are equally full.
  EXPECT_TRUE(balance({load("big", 10, 40), load("small", 5, 20)}, usual).empty());
  const auto moves = balance({load("big", 4, 40), load("small", 16, 20)}, usual);
  ASSERT_FALSE(moves.empty());
  for (const BalanceMove& move : moves) {
    EXPECT_EQ(move.from, ShardId("small"));
  }
}

/// Whatever the loads: a round never overfills anybody, and after enough rounds nothing moves any more.
TEST(Balance, ComesToRest) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    std::vector<Load> loads;
    std::uint64_t state = seed * 0x9e3779b97f4a7c15U;
    const auto draw = [&](std::uint64_t below) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      return (state >> 33U) % below;
    };
    for (std::uint64_t i = 0; i < 2 + draw(8); ++i) {
      const std::uint64_t capacity = 1 + draw(30);
      loads.push_back({ShardId("s" + std::to_string(i)), draw(capacity + 1), capacity});
    }
    int rounds = 0;
    for (auto moves = balance(loads, usual); !moves.empty(); moves = balance(loads, usual)) {
      ASSERT_LT(++rounds, 100) << "seed " << seed;
      for (const BalanceMove& move : moves) {
        for (Load& each : loads) {
          each.games -= each.shard == move.from ? 1 : 0;
          each.games += each.shard == move.to ? 1 : 0;
          ASSERT_LE(each.games, each.capacity) << "seed " << seed;
        }
      }
    }
  }
}

}  // namespace
}  // namespace arbees
