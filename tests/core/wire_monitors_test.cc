// What price monitors are told, and when.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/support/fleet_bench.h"

namespace arbees {
namespace {

using nlohmann::json;
using testing::FleetBench;

constexpr const char* assignments = "orchestrator:market_assignments";
constexpr const char* requests = "orchestrator:startup_state_request";
constexpr const char* first_start = "2026-01-28T18:59:02.118273";
constexpr const char* second_start = "2026-01-28T19:31:40.000001";

std::vector<LiveGame> games(int count) {
  std::vector<LiveGame> all;
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(401'810'500 + i);
    all.push_back({GameId(number), "nba", "KX-" + number, "12" + number});
  }
  return all;
}

std::vector<std::string> ids(const std::vector<json>& messages) {
  std::vector<std::string> found;
  for (const json& message : messages) {
    found.push_back(message["game_id"]);
  }
  return found;
}

class MonitorsTest : public ::testing::Test {
 protected:
  MonitorsTest() {
    fleet_.game_shard("shard-1");
    fleet_.game_shard("shard-2");
    fleet_.run(seconds{5});
  }

  /// Live games, all assigned, and everything said that their start leads to.
  void settle_with(int count) {
    fleet_.live(games(count));
    fleet_.pass(milliseconds{100});
    shards_list_their_games();
    fleet_.run(minutes{3});
    fleet_.skip(assignments);
    fleet_.skip("notifications:service_resync");
  }

  void shards_list_their_games() {
    std::map<std::string, json> lists{{"shard-1", json::array()}, {"shard-2", json::array()}};
    for (const auto& assigned : fleet_.world.events.named("game_assigned")) {
      lists[assigned.field("shard")].push_back(assigned.field("game"));
    }
    for (const auto& [shard, list] : lists) {
      fleet_.game_shard(shard, list.dump());
    }
  }

  FleetBench fleet_;
};

TEST_F(MonitorsTest, AnAssignedGameIsAnnouncedToBothPlatforms) {
  fleet_.live({{GameId("401810523"), "nba", "KXNBAGAME-26JAN28PORWAS-WAS", "1203344"}});
  fleet_.pass(milliseconds{200});
  EXPECT_THAT(
      fleet_.heard(assignments),
      ::testing::UnorderedElementsAre(
          json::parse(
              R"({"type":"kalshi_assign","game_id":"401810523","sport":"nba","markets":[{"market_type":"moneyline","ticker":"KXNBAGAME-26JAN28PORWAS-WAS"}]})"),
          json::parse(
              R"({"type":"polymarket_assign","game_id":"401810523","sport":"nba","markets":[{"market_type":"moneyline","condition_id":"1203344"}]})")));
}

TEST_F(MonitorsTest, AGameWithoutAMarketIsNotAnnounced) {
  fleet_.live({{GameId("1"), "nba", "", "9"}, {GameId("2"), "nba", "", ""}});
  fleet_.run(minutes{2});
  for (const json& message : fleet_.heard(assignments)) {
    EXPECT_EQ(message["type"], "polymarket_assign");
    EXPECT_EQ(message["game_id"], "1");
  }
}

TEST_F(MonitorsTest, AMarketThatIsFoundOrCorrectedLaterIsAnnounced) {
  fleet_.live({{GameId("1"), "nba", "", ""}});
  fleet_.run(minutes{3});
  ASSERT_TRUE(fleet_.heard(assignments).empty());
  fleet_.live({{GameId("1"), "nba", "", "77"}});
  fleet_.pass(milliseconds{200});
  auto said = fleet_.heard(assignments);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0]["markets"][0]["condition_id"], "77");
  fleet_.live({{GameId("1"), "nba", "", "78"}});
  fleet_.pass(milliseconds{200});
  said = fleet_.heard(assignments);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0]["markets"][0]["condition_id"], "78");
}

TEST_F(MonitorsTest, ANewOwnerIsNoNewsToMonitors) {
  settle_with(2);
  const std::size_t assigned = fleet_.world.events.count("game_assigned");
  fleet_.say(
      "shard:shard-1:heartbeat",
      R"({"shard_id":"shard-1","shard_type":"sports","games":[],"process_id":"p-shard-1","status":"stopping"})");
  fleet_.falls_silent("shard-1");
  fleet_.pass(seconds{2});
  ASSERT_GT(fleet_.world.events.count("game_assigned"), assigned) << "a game moved";
  EXPECT_TRUE(fleet_.heard(assignments).empty());
}

TEST_F(MonitorsTest, AnEndedGameIsNotAnnouncedAgain) {
  settle_with(2);
  fleet_.live({games(2)[1]});
  fleet_.monitor("kalshi_monitor", "h1", first_start);
  fleet_.run(seconds{10});
  EXPECT_EQ(ids(fleet_.heard(assignments)), std::vector<std::string>{"401810501"});
}

// ⚠ The existing orchestrator reads start times with a zone only, and Python writes none: it never notices that a
// monitor was started anew.
TEST_F(MonitorsTest, ARestartOfAMonitorIsNoticedByATimeWithoutAZone) {
  fleet_.monitor("kalshi_monitor", "h1", first_start);
  settle_with(12);
  fleet_.skip("notifications:service_health");
  fleet_.monitor("kalshi_monitor", "h1", second_start);
  const auto told = fleet_.heard("notifications:service_health", "service_restarted");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0]["service_type"], "kalshi_monitor");
  EXPECT_EQ(told[0]["instance_id"], "h1");
  EXPECT_EQ(told[0]["old_started_at"], first_start);
  EXPECT_EQ(told[0]["new_started_at"], second_start);
  EXPECT_GE(told[0]["process_id"].get<std::string>().size(), 8U);
}

TEST_F(MonitorsTest, ARestartedMonitorGetsAllItsAssignmentsAtThePaceOfAResync) {
  fleet_.monitor("kalshi_monitor", "h1", first_start);
  settle_with(12);
  fleet_.monitor("kalshi_monitor", "h1", second_start);
  fleet_.pass(milliseconds{4'950});
  EXPECT_TRUE(fleet_.heard(assignments).empty()) << "before the debounce is over";
  fleet_.pass(milliseconds{60});
  std::vector<json> all = fleet_.heard(assignments);
  EXPECT_EQ(all.size(), 5U);
  fleet_.pass(milliseconds{80});
  EXPECT_TRUE(fleet_.heard(assignments).empty()) << "a pause of 100 ms";
  fleet_.pass(milliseconds{200});
  for (const json& message : fleet_.heard(assignments)) {
    all.push_back(message);
  }
  ASSERT_EQ(all.size(), 12U);
  for (const json& message : all) {
    EXPECT_EQ(message["type"], "kalshi_assign") << "Polymarket's monitors did not restart";
  }
  const std::vector<std::string> told = ids(all);
  EXPECT_TRUE(std::ranges::is_sorted(told)) << "in the same order every time";
  EXPECT_EQ(std::set<std::string>(told.begin(), told.end()).size(), 12U);

  const auto done = fleet_.heard("notifications:service_resync", "service_resync_complete");
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0]["service_type"], "kalshi_monitor");
  EXPECT_EQ(done[0]["instance_id"], "h1");
  EXPECT_EQ(done[0]["games_resent"], 12);
  EXPECT_EQ(done[0]["games_resynced"], 12);
  EXPECT_EQ(done[0]["duration_ms"], 200);
}

// ⚠ The existing orchestrator sends a monitor ten assignments at most, none older than half an hour.
TEST_F(MonitorsTest, AssignmentsAreSentAgainWhateverTheirAge) {
  fleet_.monitor("polymarket_monitor", "h1", first_start);
  fleet_.live(games(12));
  fleet_.run(minutes{35});
  fleet_.skip(assignments);
  fleet_.monitor("polymarket_monitor", "h1", second_start);
  fleet_.run(seconds{10});
  EXPECT_EQ(fleet_.heard(assignments, "polymarket_assign").size(), 12U);
}

TEST_F(MonitorsTest, ANewInstanceIsToldEverything) {
  fleet_.monitor("kalshi_monitor", "container-1", first_start);
  settle_with(3);
  fleet_.falls_silent("kalshi_monitorcontainer-1");
  fleet_.monitor("kalshi_monitor", "container-2", second_start);
  fleet_.run(seconds{10});
  EXPECT_EQ(fleet_.heard(assignments, "kalshi_assign").size(), 3U);
  EXPECT_EQ(fleet_.heard("notifications:service_resync")[0]["instance_id"], "container-2");
}

TEST_F(MonitorsTest, AMonitorThatMissedBeatsMayHaveMissedMoreAndIsToldAgain) {
  fleet_.monitor("kalshi_monitor", "h1", first_start);
  settle_with(3);
  fleet_.falls_silent("kalshi_monitorh1");
  fleet_.run(seconds{30});
  ASSERT_TRUE(fleet_.heard(assignments).empty());
  fleet_.monitor("kalshi_monitor", "h1", first_start);
  fleet_.run(seconds{10});
  EXPECT_EQ(fleet_.heard(assignments, "kalshi_assign").size(), 3U);
}

// It listens only when its start-up request is over and it has subscribed to what that brought, which may be after
// the first time.
TEST_F(MonitorsTest, EverythingIsSaidOnceMoreAMinuteLaterAndThenNoMore) {
  fleet_.monitor("kalshi_monitor", "h1", first_start);
  settle_with(3);
  fleet_.monitor("kalshi_monitor", "h1", second_start);
  fleet_.run(seconds{30});
  ASSERT_EQ(fleet_.heard(assignments).size(), 3U);
  fleet_.run(seconds{60});
  EXPECT_EQ(fleet_.heard(assignments).size(), 3U);
  fleet_.run(minutes{5});
  EXPECT_TRUE(fleet_.heard(assignments).empty());
  EXPECT_EQ(fleet_.heard("notifications:service_resync").size(), 1U) << "people hear of it once";
}

TEST_F(MonitorsTest, TwoThatStartTogetherShareTheRoundAndAreBothReported) {
  settle_with(3);
  fleet_.monitor("kalshi_monitor", "h1", first_start);
  fleet_.pass(seconds{1});
  fleet_.monitor("kalshi_monitor", "h2", first_start);
  fleet_.run(seconds{10});
  EXPECT_EQ(fleet_.heard(assignments).size(), 3U);
  EXPECT_EQ(fleet_.heard("notifications:service_resync").size(), 2U);
}

TEST_F(MonitorsTest, OneThatRestartsEveryFewSecondsIsServedAllTheSame) {
  settle_with(3);
  for (int start = 0; start < 5; ++start) {
    fleet_.monitor("kalshi_monitor", "h1", "start-" + std::to_string(start));
    fleet_.pass(seconds{3});
  }
  EXPECT_GE(fleet_.heard(assignments).size(), 6U);
}

TEST_F(MonitorsTest, WhatWasSaidIntoABrokenLinkIsSaidAgain) {
  settle_with(3);
  fleet_.lose_links(seconds{8});
  fleet_.run(seconds{20});
  EXPECT_EQ(fleet_.heard(assignments, "kalshi_assign").size(), 3U);
}

TEST_F(MonitorsTest, AGameAssignedWhileTheLinkIsDownIsAnnouncedWhenItIsBack) {
  settle_with(1);
  fleet_.lose_links(milliseconds{10});
  fleet_.live(games(2));
  fleet_.run(seconds{20});
  EXPECT_THAT(ids(fleet_.heard(assignments)), ::testing::Contains("401810501"));
}

// --- the start-up request -------------------------------------------------------------------------

// ⚠ The existing orchestrator leaves sports out of its answer: a monitor that was restarted follows no game.
TEST_F(MonitorsTest, AStartupRequestIsAnsweredWithTheGames) {
  settle_with(3);
  fleet_.say(requests, R"({"monitor_type":"kalshi","timestamp":18234.118273})");
  const auto answers = fleet_.heard("orchestrator:startup_state_response:kalshi");
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_EQ(answers[0]["markets"].size(), 3U);
  EXPECT_EQ(answers[0]["markets"][0]["event_id"], "401810500");
  EXPECT_EQ(answers[0]["markets"][0]["kalshi_market_id"], "KX-401810500");
  fleet_.say(requests, R"({"monitor_type":"polymarket","timestamp":18234.118273})");
  EXPECT_EQ(fleet_.heard("orchestrator:startup_state_response:polymarket")[0]["markets"].size(),
            3U);
}

TEST_F(MonitorsTest, AGameShardMayAskToo) {
  settle_with(2);
  fleet_.say(requests, R"({"monitor_type":"game_shard"})");
  const auto answers = fleet_.heard("orchestrator:startup_state_response:game_shard");
  ASSERT_EQ(answers.size(), 1U);
  const json& game = answers[0]["games"][0];
  EXPECT_EQ(game["game_id"], "401810500");
  EXPECT_EQ(game["sport"], "NBA");
  EXPECT_TRUE(game["shard_id"] == "shard-1" || game["shard_id"] == "shard-2");
  EXPECT_TRUE(game["assigned_at"].get<std::string>().ends_with("Z"));
}

TEST_F(MonitorsTest, TheAnswerSaysWhenTheGameWasAssigned) {
  fleet_.live(games(1));
  fleet_.pass(milliseconds{100});
  fleet_.say(requests, R"({"monitor_type":"game_shard"})");
  const std::string before =
      fleet_.heard("orchestrator:startup_state_response:game_shard")[0]["games"][0]["assigned_at"];
  shards_list_their_games();
  fleet_.run(minutes{5});
  fleet_.say(requests, R"({"monitor_type":"game_shard"})");
  EXPECT_EQ(
      fleet_.heard("orchestrator:startup_state_response:game_shard")[0]["games"][0]["assigned_at"],
      before);
}

TEST_F(MonitorsTest, ARequestBeforeThereAreGamesGetsAnEmptyAnswer) {
  fleet_.say(requests, R"({"monitor_type":"polymarket","timestamp":1.5})");
  EXPECT_EQ(fleet_.heard("orchestrator:startup_state_response:polymarket"),
            std::vector<json>{json::parse(R"({"markets":[]})")});
}

TEST_F(MonitorsTest, ARequestOfAnUnknownKindIsNamedAndNotAnswered) {
  fleet_.say(requests, R"({"monitor_type":"betfair","timestamp":1.5})");
  EXPECT_TRUE(fleet_.heard("orchestrator:startup_state_response:betfair").empty());
  const auto& rejected = fleet_.world.events.last("message_rejected");
  EXPECT_EQ(rejected.field("channel"), requests);
  EXPECT_EQ(rejected.field("why"), "unknown \"monitor_type\" \"betfair\"");
}

TEST_F(MonitorsTest, AFloodOfRequestsGetsOneAnswerASecond) {
  for (int i = 0; i < 100; ++i) {
    fleet_.say(requests, R"({"monitor_type":"kalshi","timestamp":1.5})");
  }
  EXPECT_EQ(fleet_.heard("orchestrator:startup_state_response:kalshi").size(), 1U);
  fleet_.pass(milliseconds{990});
  EXPECT_TRUE(fleet_.heard("orchestrator:startup_state_response:kalshi").empty());
  fleet_.pass(milliseconds{20});
  EXPECT_EQ(fleet_.heard("orchestrator:startup_state_response:kalshi").size(), 1U)
      << "whoever came last is answered too";
  fleet_.pass(seconds{5});
  EXPECT_TRUE(fleet_.heard("orchestrator:startup_state_response:kalshi").empty());
}

}  // namespace
}  // namespace arbees
