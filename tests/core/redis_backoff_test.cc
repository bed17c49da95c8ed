#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/redis/backoff.h"
#include "tests/support/fake_ports.h"

namespace arbees::redis {
namespace {

TEST(Backoff, StaysWithinItsCeilingsAndUsesThemWhole) {
  testing::FakeEntropy entropy(5);
  const Duration base = milliseconds{100};
  const Duration cap = seconds{3};
  std::vector<Duration> longest(8, Duration{0});
  for (int round = 0; round < 2'000; ++round) {
    Backoff backoff(base, cap);
    Duration ceiling = base;
    for (Duration& most : longest) {
      const Duration wait = backoff.next(entropy);
      ASSERT_GE(wait, Duration{0});
      ASSERT_LE(wait, ceiling);
      most = std::max(most, wait);
      ceiling = std::min(cap, ceiling * 2);
    }
  }
  EXPECT_GE(longest[0], base * 99 / 100);
  EXPECT_GE(longest[3], base * 8 * 99 / 100);
  EXPECT_GE(longest[7], cap * 99 / 100);
}

TEST(Backoff, AShortLifeDoesNotResetIt) {
  testing::FakeEntropy entropy;
  Backoff backoff(milliseconds{100}, seconds{3});
  const auto top_draw = [&] {
    entropy.queue(~std::uint64_t{0});
    return backoff.next(entropy);
  };
  EXPECT_EQ(top_draw(), milliseconds{100});
  EXPECT_EQ(top_draw(), milliseconds{200});
  backoff.worked_for(seconds{9});
  EXPECT_EQ(top_draw(), milliseconds{400});
  backoff.worked_for(seconds{10});
  EXPECT_EQ(top_draw(), milliseconds{100});
}

TEST(Backoff, ACapBelowTheBaseAndZeroesAreHonoured) {
  testing::FakeEntropy entropy;
  Backoff capped(seconds{5}, seconds{1});
  entropy.queue(~std::uint64_t{0});
  EXPECT_EQ(capped.next(entropy), seconds{1});
  Backoff none(Duration{0}, Duration{0});
  EXPECT_EQ(none.next(entropy), Duration{0});
}

}  // namespace
}  // namespace arbees::redis
