#include <gtest/gtest.h>

#include "tests/support/fleet_bench.h"

// Defects of the existing system (docs/defects.md), played to the orchestrator as shards of the existing system
// would: what they are told is all that counts.

namespace arbees {
namespace {

class OrchestratorDefects : public ::testing::Test {
 protected:
  static LiveGame game(const char* id) { return {GameId(id), "nba", "", ""}; }

  std::size_t told(const std::string& shard, std::string_view type) {
    return bench_.heard("shard:" + shard + ":command", type).size();
  }
  /// A shard that does not reach ESPN.
  void without_espn(const std::string& id, const std::string& games) {
    bench_.beats(
        id, "shard:" + id + ":heartbeat",
        R"({"shard_id":")" + id + R"(","shard_type":"sports","max_games":20,"games":)" + games +
            R"(,"process_id":"p-)" + id + R"(","started_at":"t-)" + id +
            R"(","status":"degraded","checks":{"redis_ok":true,"espn_api_ok":false,"zmq_ok":true}})");
  }
  /// It is another process, which has no games.
  void restarts(const std::string& id) {
    bench_.beats(
        id, "shard:" + id + ":heartbeat",
        R"({"shard_id":")" + id +
            R"(","shard_type":"sports","max_games":20,"games":[],"process_id":"p-)" + id +
            R"(-again","started_at":"later","status":"healthy","checks":{"redis_ok":true}})");
  }

  static OrchestratorSettings each_judged_alone() {
    OrchestratorSettings settings;
    settings.hold_enter_percent = 0;
    return settings;
  }

  testing::FleetBench bench_{each_judged_alone()};
};

TEST_F(OrchestratorDefects, M3_AGameJustAssignedIsNoZombie) {
  bench_.game_shard("a");
  bench_.run(seconds{70});
  bench_.live({game("g1")});
  ASSERT_EQ(told("a", "add_game"), 1U);
  bench_.game_shard("a");  // made before the command came
  bench_.game_shard("a", R"(["g1"])");
  bench_.run(seconds{60});
  EXPECT_EQ(told("a", "remove_game"), 0U);
}

TEST_F(OrchestratorDefects, M5_AGameThatFoundNoRoomWhenItsShardDiedIsPlacedLater) {
  bench_.game_shard("a", R"(["g1"])");
  bench_.live({game("g1")});
  bench_.run(seconds{10});
  bench_.falls_silent("a");
  bench_.run(seconds{160});  // one of the existing system is waited for twice as long
  ASSERT_EQ(bench_.world.events.count("shard_died"), 1U);
  bench_.game_shard("b");
  bench_.run(seconds{10});
  EXPECT_GE(told("b", "add_game"), 1U);
}

TEST_F(OrchestratorDefects, M6_ShardsThatRestartTogetherAreServedTogether) {
  const std::vector<std::string> shards{"a", "b", "c", "d"};
  for (const std::string& shard : shards) {
    bench_.game_shard(shard, R"(["g-)" + shard + "\"]");
  }
  bench_.live({game("g-a"), game("g-b"), game("g-c"), game("g-d")});
  bench_.run(seconds{70});
  ASSERT_EQ(bench_.world.events.count("game_assigned"), 4U);
  for (const std::string& shard : shards) {
    bench_.skip("shard:" + shard + ":command");
    restarts(shard);
    bench_.pass(milliseconds{200});
  }
  bench_.pass(seconds{6} - 4 * milliseconds{200});
  for (const std::string& shard : shards) {
    EXPECT_GE(told(shard, "add_game"), 1U) << shard << " waits for others";
  }
}

TEST_F(OrchestratorDefects, M9_AnOwnerKeepsItsGameUntilTheSuccessorHasIt) {
  bench_.live({game("g1")});
  bench_.game_shard("a", R"(["g1"])");
  bench_.run(seconds{70});
  bench_.game_shard("b");
  bench_.game_shard("c");
  bench_.run(seconds{10});
  without_espn("a", R"(["g1"])");
  bench_.run(seconds{80});
  const bool to_b = told("b", "add_game") > 0;
  ASSERT_TRUE(to_b || told("c", "add_game") > 0);
  EXPECT_EQ(told("a", "remove_game"), 0U);
  const std::uint64_t epoch = bench_.world.events.last("handoff_prepared").count("epoch");
  const std::string successor = to_b ? "b" : "c";
  bench_.game_shard(successor, R"(["g1"],"game_epochs":{"g1":)" + std::to_string(epoch) + "}");
  bench_.pass(seconds{1});
  EXPECT_GE(told("a", "remove_game"), 1U);
}

// Swarm full, seed 93: the successor got the game after an operator had kept it from games.
TEST_F(OrchestratorDefects, AMoveEndsWhenItsSuccessorIsKeptFromGames) {
  bench_.live({game("g1")});
  bench_.game_shard("a", R"(["g1"])");
  bench_.run(seconds{70});
  bench_.game_shard("b");
  bench_.run(seconds{10});
  ASSERT_TRUE(bench_.obey({Verb::drain, "op", "deployment", ShardId("a")}).has_value());
  ASSERT_EQ(bench_.world.events.last("handoff_prepared").field("to"), "b");
  ASSERT_TRUE(bench_.obey({Verb::cordon, "op", "and that one too", ShardId("b")}).has_value());
  EXPECT_EQ(bench_.world.events.last("handoff_abandoned").field("why"), "closed");
  const std::uint64_t epoch = bench_.world.events.last("handoff_prepared").count("epoch");
  bench_.game_shard("b", R"(["g1"],"game_epochs":{"g1":)" + std::to_string(epoch) + "}");
  bench_.pass(seconds{1});
  EXPECT_EQ(told("a", "remove_game"), 0U);
}

TEST_F(OrchestratorDefects, M10_AnOrchestratorThatKnowsNothingYetRemovesNoGame) {
  bench_.game_shard("a", R"(["g1","g2"])");
  bench_.run(seconds{100});  // nobody has said yet what is live
  EXPECT_EQ(told("a", "remove_game"), 0U);
  bench_.live({game("g1"), game("g2")});
  bench_.run(seconds{20});
  EXPECT_EQ(told("a", "remove_game"), 0U);
  for (const auto& assigned : bench_.world.events.named("game_assigned")) {
    EXPECT_EQ(assigned.field("shard"), "a");
  }
  EXPECT_EQ(bench_.world.events.count("game_assigned"), 2U);
}

TEST_F(OrchestratorDefects, M12_WhatALostLinkMayHaveSwallowedIsSaidAgainWhenItIsBack) {
  bench_.game_shard("a");
  bench_.run(seconds{70});
  bench_.live({game("g1")});
  bench_.run(seconds{25});
  ASSERT_GE(told("a", "add_game"), 2U);
  bench_.lose_links(milliseconds{100});
  bench_.pass(seconds{2});
  EXPECT_GE(told("a", "add_game"), 1U);
}

TEST_F(OrchestratorDefects, AFinishedGameIsRemovedFromItsShard) {
  bench_.live({game("g1"), game("g2")});
  bench_.game_shard("a", R"(["g1","g2"])");
  bench_.run(seconds{70});
  bench_.live({game("g2")});
  bench_.pass(seconds{1});
  const auto removed = bench_.heard("shard:a:command", "remove_game");
  ASSERT_GE(removed.size(), 1U) << "no remove_game";
  EXPECT_EQ(removed.front()["game_id"], "g1");
}

}  // namespace
}  // namespace arbees
