// Shards of another kind, the oldest shards, and services that are no shards: how they are followed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/wire/timestamp.h"
#include "tests/support/fleet_bench.h"

namespace arbees {
namespace {

using nlohmann::json;
using testing::FleetBench;

constexpr const char* health = "notifications:service_health";
constexpr const char* degradation = "notifications:degradation";
constexpr const char* alerts = "alerts:critical";
constexpr const char* start = "2026-01-28T18:59:02.118273";

class ServicesTest : public ::testing::Test {
 protected:
  ServicesTest() { fleet_.pass(seconds{3}); }

  void crypto_shard() {
    fleet_.beats(
        "crypto_1", "shard:crypto_1:heartbeat",
        R"({"shard_id":"crypto_1","shard_type":"crypto","event_count":1,"events":["crypto-btc-100k"],)"
        R"("max_games":1000,"timestamp":"2026-01-28T19:30:05.1+00:00","status":"healthy",)"
        R"("checks":{"redis_ok":true,"zmq_ok":true,"price_listener_ok":true},"metrics":{"risk_blocks":0}})");
  }
  [[nodiscard]] std::vector<json> alerts_of(const std::string& type) {
    std::vector<json> found = fleet_.heard(alerts);
    std::erase_if(found, [&](const json& alert) { return alert["alert_type"] != type; });
    return found;
  }

  FleetBench fleet_;
};

// --- shards ---------------------------------------------------------------------------------------

// ⚠ The existing orchestrator leaves a shard that says neither status nor checks unused for ever.
TEST_F(ServicesTest, AShardThatSaysItsCapacityAloneGetsGames) {
  fleet_.say(
      "shard:test-shard-rust-verification:heartbeat",
      R"({"shard_id":"test-shard-rust-verification","game_count":0,"max_games":10,"games":[]})");
  fleet_.live({{GameId("401810523"), "NBA", "", ""}});
  fleet_.pass(seconds{1});
  const auto commands = fleet_.heard("shard:test-shard-rust-verification:command", "add_game");
  ASSERT_FALSE(commands.empty());
  EXPECT_EQ(commands[0]["game_id"], "401810523");
  EXPECT_EQ(commands[0]["sport"], "nba");
}

TEST_F(ServicesTest, ACryptoShardGetsNoGamesThoughItHasTheMostRoom) {
  crypto_shard();
  fleet_.live({{GameId("401810523"), "nba", "", ""}});
  fleet_.run(seconds{30});
  ASSERT_EQ(fleet_.world.events.count("game_assigned"), 0U);
  EXPECT_EQ(fleet_.world.events.last("game_unplaced").field("game"), "401810523");
  fleet_.game_shard("shard-1");
  fleet_.run(seconds{5});
  EXPECT_EQ(fleet_.world.events.last("game_assigned").field("shard"), "shard-1");
}

TEST_F(ServicesTest, ACryptoShardsEventsAreNoGamesToRemove) {
  fleet_.live({});
  crypto_shard();
  fleet_.run(seconds{60});
  EXPECT_EQ(fleet_.world.events.count("zombie_found"), 0U);
  for (const json& message : fleet_.heard("shard:crypto_1:command")) {
    EXPECT_EQ(message["type"], "roll_call");
  }
}

TEST_F(ServicesTest, ACryptoShardIsFollowedAsAShardOfItsKind) {
  crypto_shard();
  fleet_.game_shard("shard-1");
  fleet_.run(seconds{30});
  fleet_.beats(
      "crypto_1", "shard:crypto_1:heartbeat",
      R"({"shard_id":"crypto_1","shard_type":"crypto","events":[],"status":"healthy","checks":{"redis_ok":false}})");
  fleet_.run(seconds{60});
  const auto degraded = fleet_.heard(degradation, "service_degraded");
  ASSERT_FALSE(degraded.empty());
  EXPECT_EQ(degraded[0]["service_type"], "crypto_shard");
  EXPECT_EQ(degraded[0]["severity"], "Critical");
  fleet_.falls_silent("crypto_1");
  fleet_.run(seconds{75});
  const auto dead = fleet_.heard(health, "service_dead");
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0]["service"], "crypto_shard");
  EXPECT_EQ(dead[0]["instance_id"], "crypto_1");
  EXPECT_TRUE(alerts_of("NO_HEALTHY_SHARDS").empty()) << "the game shard lives";
}

TEST_F(ServicesTest, ACryptoShardDoesNotHideThatNoGameShardIsLeft) {
  crypto_shard();
  fleet_.game_shard("shard-1");
  fleet_.run(seconds{30});
  fleet_.falls_silent("shard-1");
  fleet_.run(seconds{135});
  EXPECT_EQ(alerts_of("NO_HEALTHY_SHARDS").size(), 1U);
}

// --- services -------------------------------------------------------------------------------------

TEST_F(ServicesTest, AMonitorWithoutItsSocketIsDegradedCriticallyAndRecovers) {
  fleet_.monitor("kalshi_monitor", "h1", start);
  fleet_.run(seconds{30});
  fleet_.monitor("kalshi_monitor", "h1", start, FleetBench::without_socket);
  fleet_.run(seconds{60});
  const auto degraded = fleet_.heard(degradation, "service_degraded");
  ASSERT_EQ(degraded.size(), 1U);
  EXPECT_EQ(degraded[0]["service_type"], "kalshi_monitor");
  EXPECT_EQ(degraded[0]["failing_checks"], json::parse(R"(["ws_ok"])"));
  EXPECT_EQ(degraded[0]["severity"], "Critical");
  fleet_.monitor("kalshi_monitor", "h1", start);
  fleet_.run(seconds{60});
  const auto recovered = fleet_.heard(degradation, "service_recovered");
  ASSERT_EQ(recovered.size(), 1U);
  EXPECT_GE(recovered[0]["was_degraded_for_secs"], 60);
}

TEST_F(ServicesTest, WhatAServiceLacksWhileItSaysThatItStartsIsNoNews) {
  fleet_.monitor("polymarket_monitor", "h1", start, R"("status":"starting","checks":{})");
  fleet_.run(seconds{30});
  EXPECT_TRUE(fleet_.heard(degradation).empty());
}

TEST_F(ServicesTest, TheDeathOfAServiceNamesItsLastHeartbeat) {
  fleet_.monitor("kalshi_monitor", "h1", start);
  const std::string beat_at = wire::to_rfc3339(fleet_.world.clock.wall_now());
  fleet_.falls_silent("kalshi_monitorh1");
  fleet_.run(seconds{59});
  EXPECT_TRUE(fleet_.heard(health).empty());
  fleet_.run(seconds{2});
  const auto dead = fleet_.heard(health, "service_dead");
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0]["service_type"], "kalshi_monitor");
  EXPECT_EQ(dead[0]["assigned_games"], json::array());
  EXPECT_EQ(dead[0]["last_heartbeat"], beat_at);
}

TEST_F(ServicesTest, AServiceThatIsHeardOnceAMinuteIsNotDeadAfterOne) {
  fleet_.say("health:heartbeats",
             R"({"service":"zmq_listener_rust","instance_id":"h1","healthy":true,"received":5})");
  fleet_.run(seconds{150});
  EXPECT_TRUE(fleet_.heard(health).empty());
  fleet_.run(seconds{35});
  EXPECT_EQ(fleet_.heard(health, "service_dead").size(), 1U);
}

TEST_F(ServicesTest, ADeadInstanceIsForgottenInTheEnd) {
  fleet_.monitor("kalshi_monitor", "h1", start);
  fleet_.falls_silent("kalshi_monitorh1");
  fleet_.run(seconds{3'605});
  const std::size_t joined = fleet_.world.events.count("service_joined");
  fleet_.monitor("kalshi_monitor", "h1", start);
  EXPECT_EQ(fleet_.world.events.count("service_joined"), joined + 1);
}

// --- NO_MARKET_DISCOVERY --------------------------------------------------------------------------

// ⚠ The existing alert fires at every start, before any monitor could be heard.
TEST_F(ServicesTest, WithoutAnyMonitorEverHeardNothingIsAlerted) {
  fleet_.game_shard("shard-1");
  fleet_.run(minutes{10});
  EXPECT_TRUE(alerts_of("NO_MARKET_DISCOVERY").empty());
}

TEST_F(ServicesTest, APlatformWithoutAWorkingMonitorIsAlertedUntilOneWorks) {
  fleet_.monitor("kalshi_monitor", "h1", start);
  fleet_.monitor("polymarket_monitor", "h1", start);
  fleet_.run(minutes{2});
  fleet_.monitor("kalshi_monitor", "h1", start, FleetBench::without_socket);
  // It looks at its socket once a minute: what it says may be so old.
  fleet_.run(seconds{115});
  EXPECT_TRUE(alerts_of("NO_MARKET_DISCOVERY").empty());
  fleet_.run(seconds{10});
  const auto raised = alerts_of("NO_MARKET_DISCOVERY");
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0]["context"], "kalshi_monitor");
  EXPECT_EQ(raised[0]["state"], "firing");
  fleet_.run(minutes{5});
  EXPECT_TRUE(alerts_of("NO_MARKET_DISCOVERY").empty()) << "one alert for one condition";
  fleet_.monitor("kalshi_monitor", "h2", start);
  const auto resolved = alerts_of("NO_MARKET_DISCOVERY");
  ASSERT_EQ(resolved.size(), 1U);
  EXPECT_EQ(resolved[0]["state"], "resolved");
}

TEST_F(ServicesTest, OneWorkingMonitorOfAPlatformIsEnough) {
  fleet_.monitor("kalshi_monitor", "h1", start);
  fleet_.monitor("kalshi_monitor", "h2", start, FleetBench::without_socket);
  fleet_.run(minutes{10});
  EXPECT_TRUE(alerts_of("NO_MARKET_DISCOVERY").empty());
}

// ⚠ The heartbeat of market discovery ends with the first Redis error, while it goes on working.
TEST_F(ServicesTest, WhatIsNoMonitorRaisesNoAlertByItsDeath) {
  fleet_.say(
      "health:heartbeats",
      R"({"service":"market_discovery_rust","instance_id":"h1","status":"healthy","checks":{"redis_ok":true}})");
  fleet_.run(minutes{10});
  EXPECT_EQ(fleet_.heard(health, "service_dead").size(), 1U);
  EXPECT_TRUE(fleet_.heard(alerts, "critical_alert").empty());
}

TEST_F(ServicesTest, AMonitorThatStartsInTimeIsNoAlert) {
  fleet_.monitor("polymarket_monitor", "h1", start);
  fleet_.run(minutes{1});
  fleet_.say("health:heartbeats",
             R"({"service":"polymarket_monitor","instance_id":"h1","status":"stopping"})");
  fleet_.falls_silent("polymarket_monitorh1");
  fleet_.run(seconds{20});
  fleet_.monitor("polymarket_monitor", "h2", "later", FleetBench::without_socket);
  fleet_.run(seconds{180});
  fleet_.monitor("polymarket_monitor", "h2", "later");
  fleet_.run(minutes{5});
  EXPECT_TRUE(alerts_of("NO_MARKET_DISCOVERY").empty());
}

}  // namespace
}  // namespace arbees
