#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/engine/digest.h"

namespace arbees::sim {
namespace {

struct Sample {
  static constexpr std::string_view name = "sample";
  static constexpr Severity severity = Severity::info;
  std::string text = {};
  std::uint64_t number = 0;
  bool flag = false;
  Duration span{};
  MonoTime moment{};
  std::vector<GameId> games = {};

  void visit(FieldVisitor& v) const {
    v("text", text), v("number", number), v("flag", flag), v("span", span), v("moment", moment),
        v("games", games);
  }
};

ItemPlace at(std::int64_t ns, std::uint64_t draws = 0) {
  return {.time = SimTime(Duration(ns)), .node = NodeIndex{1}, .draws = draws};
}

void add(Digest& digest, std::int64_t ns, std::uint64_t number, std::uint64_t draws = 0) {
  digest.add_event(at(ns, draws), EventId(number), {}, MonoTime(Duration(ns)),
                   Sample{.text = "t", .number = number});
}

/// A run of `items` events, of which one may be different.
Digest digest_of_items(std::uint64_t items, std::uint64_t different, DigestConfig config) {
  Digest digest(config);
  for (std::uint64_t i = 0; i < items; ++i) {
    add(digest, static_cast<std::int64_t>(i), i == different ? 1'000'000 : i);
  }
  return digest;
}

constexpr std::uint64_t nowhere = ~std::uint64_t{0};

// A change here makes all digests on record incomparable: it is a new format, not a fix.
TEST(Digest, OfAFixedSequenceIsTheSameOnEveryCompilerAndMachine) {
  Digest digest;
  digest.add_event(at(5), EventId(1), EventId(2), MonoTime(Duration(3)),
                   Sample{.text = "text",
                          .number = 4,
                          .flag = true,
                          .span = Duration(-5),
                          .moment = MonoTime(Duration(6)),
                          .games = {GameId("a"), GameId("")}});
  EXPECT_EQ(digest.value(), 18419402144435453150U);
  digest.add_bytes(at(7), NodeIndex{2}, 8, 9, "bytes");
  EXPECT_EQ(digest.value(), 11211251723298322284U);
  EXPECT_EQ(digest.items(), 2U);
}

TEST(Digest, EveryPartOfAnItemCounts) {
  const auto of = [](auto fill) {
    Digest digest;
    fill(digest);
    return digest.value();
  };
  const Sample plain{.text = "ab", .games = {GameId("c"), GameId("d")}};
  const auto event = [&](const ItemPlace& place, std::uint64_t id, std::uint64_t cause,
                         std::int64_t local, const Sample& sample) {
    return of([&](Digest& d) {
      d.add_event(place, EventId(id), EventId(cause), MonoTime(Duration(local)), sample);
    });
  };
  const std::uint64_t usual = event(at(1), 1, 1, 1, plain);
  EXPECT_EQ(usual, event(at(1), 1, 1, 1, plain));
  EXPECT_NE(usual, event(at(2), 1, 1, 1, plain));
  EXPECT_NE(usual, event(at(1, 1), 1, 1, 1, plain));
  EXPECT_NE(usual, event(at(1), 2, 1, 1, plain));
  EXPECT_NE(usual, event(at(1), 1, 2, 1, plain));
  EXPECT_NE(usual, event(at(1), 1, 1, 2, plain));
  EXPECT_NE(usual, event(at(1), 1, 1, 1, Sample{.text = "ab", .games = {GameId("cd")}}));
  EXPECT_NE(usual,
            event(at(1), 1, 1, 1, Sample{.text = "ab", .games = {GameId("d"), GameId("c")}}));
  EXPECT_NE(usual, event(at(1), 1, 1, 1,
                         Sample{.text = "ab", .flag = true, .games = {GameId("c"), GameId("d")}}));
  const auto bytes = [&](std::uint64_t connection, std::uint64_t offset, std::string_view text) {
    return of([&](Digest& d) { d.add_bytes(at(1), NodeIndex{2}, connection, offset, text); });
  };
  EXPECT_NE(bytes(1, 1, "ab"), bytes(2, 1, "ab"));
  EXPECT_NE(bytes(1, 1, "ab"), bytes(1, 2, "ab"));
  EXPECT_NE(bytes(1, 1, "ab"), bytes(1, 1, "ba"));
}

TEST(Digest, RecordingDoesNotChangeIt) {
  EXPECT_EQ(digest_of_items(3'000, nowhere, {}).value(),
            digest_of_items(3'000, nowhere, DigestConfig::record_all()).value());
}

TEST(FirstDifference, EqualRunsHaveNone) {
  EXPECT_FALSE(
      first_difference(digest_of_items(5'000, nowhere, {}), digest_of_items(5'000, nowhere, {})));
}

TEST(FirstDifference, IsNamedExactlyFromRecordings) {
  for (const std::uint64_t different : {0U, 1U, 1'023U, 1'024U, 3'000U, 4'999U}) {
    const auto found =
        first_difference(digest_of_items(5'000, different, DigestConfig::record_all()),
                         digest_of_items(5'000, nowhere, DigestConfig::record_all()));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->from, different);
    EXPECT_EQ(found->to, different + 1);
    ASSERT_TRUE(found->a && found->b);
    EXPECT_NE(found->a->find("number=1000000"), std::string::npos) << *found->a;
    EXPECT_NE(found->b->find("number=" + std::to_string(different)), std::string::npos)
        << *found->b;
  }
}

TEST(FirstDifference, WithoutRecordingsIsNarrowedToOneRungAndNamedByASecondRun) {
  const auto rough =
      first_difference(digest_of_items(5'000, 3'000, {}), digest_of_items(5'000, nowhere, {}));
  ASSERT_TRUE(rough);
  EXPECT_EQ(rough->from, 2'048U);
  EXPECT_EQ(rough->to, 3'072U);
  EXPECT_EQ(rough->equal_until, SimTime(Duration(2'047)));
  EXPECT_FALSE(rough->a);
  const DigestConfig again{.record_from = rough->from, .record_to = rough->to};
  const auto exact = first_difference(digest_of_items(5'000, 3'000, again),
                                      digest_of_items(5'000, nowhere, again));
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->from, 3'000U);
  EXPECT_TRUE(exact->a && exact->b);
}

TEST(FirstDifference, ARunThatEndsEarlyDiffersWhereItEnds) {
  const auto found = first_difference(digest_of_items(2'000, nowhere, DigestConfig::record_all()),
                                      digest_of_items(2'001, nowhere, DigestConfig::record_all()));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->from, 2'000U);
  EXPECT_EQ(found->a, "(end)");
  EXPECT_NE(found->b->find("number=2000"), std::string::npos);
}

TEST(FirstDifference, ARecordingThatBeganTooLateNamesNothingWrong) {
  const DigestConfig late{.record_from = 3'500, .record_to = 6'000};
  const auto found =
      first_difference(digest_of_items(5'000, 3'200, late), digest_of_items(5'000, nowhere, late));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->from, 3'072U);
  EXPECT_FALSE(found->a);
  EXPECT_GT(found->to, 3'200U);
}

}  // namespace
}  // namespace arbees::sim
