#include <gtest/gtest.h>

#include <set>

#include "tests/support/fleet_bench.h"

// Shards of the existing system under our orchestrator (ownership.md 4.16): no boots, no epochs, no
// acknowledgements; what they list is all they say.

namespace arbees {
namespace {

class OldWire : public ::testing::Test {
 protected:
  static LiveGame game(const char* id) { return {GameId(id), "nba", "", ""}; }

  /// From now on the shard says this every five seconds.
  void shard(const std::string& id, const std::string& process, const std::string& games,
             bool espn = true) {
    bench_.beats(id, "shard:" + id + ":heartbeat", beat(id, process, games, espn));
  }
  static std::string beat(const std::string& id, const std::string& process,
                          const std::string& games, bool espn = true) {
    return R"({"shard_id":")" + id + R"(","shard_type":"sports","max_games":20,"games":)" + games +
           R"(,"process_id":")" + process + R"(","started_at":"t-)" + process +
           R"(","status":"healthy","checks":{"redis_ok":true,"zmq_ok":true,"espn_api_ok":)" +
           (espn ? "true" : "false") + "}}";
  }
  std::vector<nlohmann::json> told(const std::string& shard, std::string_view type) {
    return bench_.heard("shard:" + shard + ":command", type);
  }
  static OrchestratorSettings each_judged_alone() {
    OrchestratorSettings settings;
    settings.hold_enter_percent = 0;
    return settings;
  }

  testing::FleetBench bench_{each_judged_alone()};
};

TEST_F(OldWire, APlannedMoveIsReadyWhenItsSuccessorListsTheGame) {
  bench_.live({game("g1")});
  shard("a", "p1", R"(["g1"])");
  bench_.run(seconds{70});
  shard("b", "p2", "[]");
  bench_.run(seconds{10});
  shard("a", "p1", R"(["g1"])", false);
  bench_.run(seconds{80});
  ASSERT_EQ(bench_.world.events.count("handoff_prepared"), 1U);
  ASSERT_TRUE(told("a", "remove_game").empty());
  shard("b", "p2", R"(["g1"])");
  bench_.pass(seconds{1});
  EXPECT_EQ(bench_.world.events.count("handoff_abandoned"), 0U);
  EXPECT_FALSE(told("a", "remove_game").empty());
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("shard"), "b");
}

TEST_F(OldWire, ARestartedShardIsSentItsGamesAfterTheDebounce) {
  bench_.live({game("g1"), game("g2")});
  shard("a", "p1", R"(["g1","g2"])");
  bench_.run(seconds{70});
  told("a", "add_game");
  bench_.say("shard:a:heartbeat", beat("a", "p2", "[]"));
  bench_.pass(seconds{6});
  std::set<std::string> games;
  for (const auto& command : told("a", "add_game")) {
    games.insert(command["game_id"]);
  }
  EXPECT_EQ(games, (std::set<std::string>{"g1", "g2"}));
}

// Swarm mixed, seed 30432: it was restarted while nobody looked, and the new process was told what the old one had not heard.
TEST_F(OldWire, WhileItIsSilentNothingIsSentToIt) {
  shard("a", "p1", "[]");
  bench_.run(seconds{70});
  bench_.falls_silent("a");
  bench_.run(seconds{30});
  bench_.live({game("g1")});
  bench_.run(seconds{12});
  ASSERT_EQ(bench_.world.events.last("game_assigned").field("shard"), "a");
  EXPECT_TRUE(told("a", "add_game").empty());
  shard("a", "p1", "[]");
  bench_.run(seconds{6});
  EXPECT_FALSE(told("a", "add_game").empty());
}

TEST_F(OldWire, ItsSilenceIsBelievedAfterTwiceTheTimeout) {
  bench_.live({game("g1")});
  shard("a", "p1", R"(["g1"])");
  bench_.run(seconds{70});
  bench_.falls_silent("a");
  bench_.run(seconds{110});
  EXPECT_EQ(bench_.world.events.count("shard_died"), 0U);
  bench_.run(seconds{15});
  EXPECT_EQ(bench_.world.events.count("shard_died"), 1U);
}

TEST_F(OldWire, AReplacedProcessIsNotServedBesideItsSuccessor) {
  bench_.live({game("g1")});
  shard("a", "p1", R"(["g1"])");
  bench_.run(seconds{70});
  for (int i = 0; i < 6; ++i) {
    bench_.say("shard:a:heartbeat", beat("a", "p2", "[]"));
    bench_.pass(seconds{1});
    bench_.say("shard:a:heartbeat", beat("a", "p1", R"(["g1"])"));
    bench_.pass(seconds{1});
  }
  EXPECT_EQ(bench_.world.events.count("shard_restarted"), 1U);
  EXPECT_EQ(bench_.world.events.count("duplicate_shard_heard"), 1U);
  EXPECT_EQ(bench_.world.events.last("alert_raised").field("type"), "DUPLICATE_SHARD_ID");
}

TEST_F(OldWire, WhatItListsNoLongerIsGivenToItUnderANewEpoch) {
  bench_.live({game("g1")});
  shard("a", "p1", R"(["g1"])");
  bench_.run(seconds{70});
  const std::uint64_t before = bench_.world.events.last("game_assigned").count("epoch");
  told("a", "add_game");
  shard("a", "p1", "[]");
  bench_.run(seconds{15});
  const auto commands = told("a", "add_game");
  ASSERT_FALSE(commands.empty());
  EXPECT_GT(commands.front()["epoch"].get<std::uint64_t>(), before);
}

TEST_F(OldWire, AGameThatItNeverListsMovesOn) {
  shard("a", "p1", "[]");
  shard("b", "p2", "[]");
  bench_.run(seconds{70});
  bench_.live({game("g1")});
  bench_.pass(seconds{1});
  ASSERT_EQ(bench_.world.events.last("game_assigned").field("shard"), "a");
  bench_.run(seconds{60});
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("shard"), "b");
  EXPECT_EQ(bench_.world.events.last("game_assigned").field("reason"), "refused");
  EXPECT_FALSE(told("a", "remove_game").empty());
}

// It lists the game still, as before: that says nothing of the order to drop it.
TEST_F(OldWire, AGameThatGoesOnWhileItIsToldToDropItIsGivenToItAgain) {
  bench_.live({game("g1")});
  shard("a", "p1", R"(["g1"])");
  bench_.run(seconds{70});
  bench_.live({});
  ASSERT_EQ(told("a", "remove_game").size(), 1U);
  bench_.live({game("g1")});
  bench_.pass(seconds{4});
  EXPECT_EQ(bench_.heard("shard:a:command").back()["type"], "add_game");
}

TEST_F(OldWire, ConsumersAreToldWhoseSignalsCountWithoutAnEpoch) {
  bench_.live({game("g1")});
  shard("a", "p1", R"(["g1"])");
  bench_.run(seconds{70});
  const auto said = bench_.heard("orchestrator:ownership", "ownership");
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said.back()["owners"]["g1"], "a");
  EXPECT_EQ(said.back()["epochs"]["g1"], bench_.world.events.last("game_assigned").count("epoch"));
}

}  // namespace
}  // namespace arbees
