#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "sim/engine/stream.h"

namespace arbees::sim {
namespace {

std::vector<std::uint64_t> first_draws(Stream& stream, int count) {
  std::vector<std::uint64_t> draws;
  for (int i = 0; i < count; ++i) {
    draws.push_back(stream.next());
  }
  return draws;
}

// A change here changes every recorded seed: it is a new format, not a fix.
TEST(Stream, ItsDrawsAreTheSameOnEveryCompilerAndMachine) {
  Streams streams(42);
  EXPECT_EQ(first_draws(streams.get("network"), 4),
            (std::vector<std::uint64_t>{16199537169007270552U, 8691646622054070754U,
                                        11627405512391885296U, 17841962337012460283U}));
  EXPECT_EQ(first_draws(streams.get("node:shard-1"), 2),
            (std::vector<std::uint64_t>{5764685518715031795U, 6353878137920506014U}));
}

TEST(Stream, DerivedDrawsAreTheSameOnEveryCompilerAndMachine) {
  Streams streams(42);
  Stream& stream = streams.get("derived");
  std::vector<std::int64_t> drawn;
  for (int i = 0; i < 3; ++i) {
    drawn.push_back(stream.between(-1'000, 1'000));
    drawn.push_back(stream.chance({1, 3}) ? 1 : 0);
    drawn.push_back(stream.exponential(seconds{1}).count());
  }
  EXPECT_EQ(drawn, (std::vector<std::int64_t>{-716, 1, 1'293'882'153, -716, 0, 1'121'965'485, 195,
                                              0, 320'002'050}));
}

TEST(Stream, ADrawInOneStreamDoesNotShiftAnother) {
  Streams undisturbed(7);
  Streams disturbed(7);
  static_cast<void>(disturbed.get("faults").next());
  EXPECT_EQ(first_draws(disturbed.get("network"), 8), first_draws(undisturbed.get("network"), 8));
}

TEST(Stream, NameAndSeedBothMatter) {
  Streams one(1);
  Streams two(2);
  const std::vector<std::uint64_t> draws = first_draws(one.get("a"), 4);
  EXPECT_NE(draws, first_draws(one.get("b"), 4));
  EXPECT_NE(draws, first_draws(two.get("a"), 4));
}

TEST(Stream, TheSameNameIsTheSameStream) {
  Streams streams(1);
  EXPECT_EQ(&streams.get("a"), &streams.get("a"));
}

TEST(Stream, CountsItsDrawsAndThoseOfAllStreams) {
  Streams streams(1);
  static_cast<void>(first_draws(streams.get("a"), 3));
  static_cast<void>(first_draws(streams.get("b"), 2));
  EXPECT_EQ(streams.get("a").draws(), 3U);
  EXPECT_EQ(streams.draws(), 5U);
}

TEST(Stream, RangesIncludeBothEndsAndNothingElse) {
  Streams streams(3);
  Stream& stream = streams.get("range");
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1'000; ++i) {
    const std::int64_t drawn = stream.between(-2, 2);
    ASSERT_GE(drawn, -2);
    ASSERT_LE(drawn, 2);
    low = low || drawn == -2;
    high = high || drawn == 2;
  }
  EXPECT_TRUE(low && high);
  static_cast<void>(stream.between(INT64_MIN, INT64_MAX));
  EXPECT_EQ(stream.between(5, 5), 5);
}

TEST(Stream, ChancesComeOutAsOftenAsTheySay) {
  Streams streams(4);
  Stream& stream = streams.get("chance");
  int hits = 0;
  for (int i = 0; i < 16'000; ++i) {
    hits += stream.chance({1, 16}) ? 1 : 0;
  }
  EXPECT_NEAR(hits, 1'000, 120);
}

TEST(Stream, ExponentialDelaysHaveTheirMeanAndMedian) {
  Streams streams(5);
  Stream& stream = streams.get("exponential");
  constexpr int count = 20'000;
  Duration sum{};
  int below_median = 0;
  for (int i = 0; i < count; ++i) {
    const Duration drawn = stream.exponential(seconds{10});
    ASSERT_GE(drawn, Duration::zero());
    ASSERT_LE(drawn, seconds{450});
    sum += drawn;
    below_median += drawn < milliseconds{6'931} ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>((sum / count).count()), 10e9, 0.3e9);
  EXPECT_NEAR(below_median, count / 2, 300);
}

}  // namespace
}  // namespace arbees::sim
