#include <gtest/gtest.h>

#include "tests/support/fleet_bench.h"

// The plan as an operator sees it: what would be done now, and for what cannot be done why not.

namespace arbees {
namespace {

class PlanView : public ::testing::Test {
 protected:
  static LiveGame game(const char* id) { return {GameId(id), "nba", "", ""}; }

  /// A shard with room for so many games.
  void shard(const std::string& id, int room, const std::string& games = "[]") {
    bench_.beats(id, "shard:" + id + ":heartbeat",
                 R"({"shard_id":")" + id + R"(","max_games":)" + std::to_string(room) +
                     R"(,"games":)" + games +
                     R"(,"status":"healthy","checks":{"redis_ok":true,"espn_api_ok":true}})");
  }

  testing::FleetBench bench_;
};

TEST_F(PlanView, SaysOfEachShardWhyItDoesNotTakeAGameThatNobodyTakes) {
  bench_.live({game("g1")});
  shard("full", 1, R"(["g1"])");
  bench_.run(seconds{10});
  shard("gone", 5);
  shard("kept-free", 5);
  bench_.run(seconds{10});
  ASSERT_TRUE(bench_.obey(
      {.verb = Verb::cordon, .who = "ann", .why = "spare", .shard = ShardId("kept-free")}));
  bench_.falls_silent("gone");
  bench_.run(seconds{120});
  bench_.live({game("g1"), game("g2"), game("g3")});
  bench_.pass(seconds{1});

  const Plan plan = bench_.plan();
  EXPECT_TRUE(plan.placements.empty());
  ASSERT_EQ(plan.unplaced.size(), 2U);
  EXPECT_EQ(plan.unplaced[0].game, GameId("g2"));
  EXPECT_EQ(plan.unplaced[1].game, GameId("g3"));
  const std::map<ShardId, std::string_view> expected{
      {ShardId("full"), "full"}, {ShardId("gone"), "dead"}, {ShardId("kept-free"), "cordoned"}};
  for (const Unplaced& unplaced : plan.unplaced) {
    EXPECT_EQ(plan.reasons_for(unplaced), expected);
  }
}

}  // namespace
}  // namespace arbees
