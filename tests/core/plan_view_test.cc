#include <gtest/gtest.h>

#include "tests/support/fleet_bench.h"

// The plan as an operator sees it: what would be done now, and for what cannot be done why not; and that the one
// does not wait for the other.

namespace arbees {
namespace {

class PlanView : public ::testing::Test {
 protected:
  static LiveGame game(const char* id) { return {GameId(id), "nba", "", ""}; }

  /// A shard with room for so many games.
  void shard(const std::string& id, int room, const std::string& games = "[]",
             const std::string& espn = "true") {
    bench_.beats(id, "shard:" + id + ":heartbeat",
                 R"({"shard_id":")" + id + R"(","max_games":)" + std::to_string(room) +
                     R"(,"games":)" + games +
                     R"(,"status":"healthy","checks":{"redis_ok":true,"espn_api_ok":)" + espn +
                     "}}");
  }

  static OrchestratorSettings one_at_a_time() {
    OrchestratorSettings settings;
    settings.handoffs_max = 1;
    return settings;
  }

  testing::FleetBench bench_{one_at_a_time()};
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

// A degraded shard's game has nowhere to go; it is more urgent than the operator's wish, and was tried first
// for ever, while the one place for a move under way stayed empty.
TEST_F(PlanView, AMoveThatCannotBeMadeKeepsNoOtherFromBeingMade) {
  bench_.live({game("g1")});
  shard("a", 1, R"(["g1"])");
  bench_.run(seconds{10});
  shard("b", 1);
  bench_.live({game("g1"), game("g2")});
  shard("b", 1, R"(["g2"])");
  shard("c", 1);
  bench_.live({game("g1"), game("g2"), game("g3")});
  shard("c", 1, R"(["g3"])");
  bench_.run(seconds{70});
  shard("a", 20, R"(["g1"])", "false");
  bench_.run(seconds{80});
  ASSERT_EQ(bench_.world.events.count("shard_wants_to_leave"), 1U);
  ASSERT_EQ(bench_.world.events.count("handoff_prepared"), 0U) << "b and c are full";

  ASSERT_TRUE(bench_.obey({.verb = Verb::move,
                           .who = "ann",
                           .why = "closer",
                           .shard = ShardId("a"),
                           .game = GameId("g2")}));
  bench_.pass(seconds{1});
  ASSERT_EQ(bench_.world.events.count("handoff_prepared"), 1U);
  EXPECT_EQ(bench_.world.events.last("handoff_prepared").field("game"), "g2");
}

}  // namespace
}  // namespace arbees
