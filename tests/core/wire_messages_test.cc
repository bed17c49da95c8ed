// Messages to and from price monitors, and what is read although the existing system writes it in several ways.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/orchestrator/service_types.h"
#include "core/wire/heartbeat.h"
#include "core/wire/json_reader.h"
#include "core/wire/market_assignment.h"
#include "core/wire/service_heartbeat.h"
#include "core/wire/shard_message.h"
#include "core/wire/startup_state.h"
#include "core/wire/timestamp.h"

namespace arbees::wire {
namespace {

using nlohmann::json;

const LiveGame both{GameId("401810523"), "nba", "KXNBAGAME-26JAN28PORWAS-WAS", "1203344"};
const LiveGame only_poly{GameId("401705311"), "nhl", "", "1203399"};
const LiveGame neither{GameId("401705400"), "nfl", "", ""};
const WallTime assigned_at{Duration{1'769'628'581'002'918'374}};

std::vector<AssignedGame> three_games() {
  return {{only_poly, ShardId("shard-2"), assigned_at},
          {neither, ShardId("shard-1"), assigned_at},
          {both, ShardId("shard-1"), assigned_at}};
}

// --- assignments ----------------------------------------------------------------------------------

TEST(MarketAssignment, IsWhatTheMonitorsRead) {
  EXPECT_EQ(
      market_assignment(both, Platform::kalshi),
      R"({"type":"kalshi_assign","game_id":"401810523","sport":"nba","markets":[{"market_type":"moneyline","ticker":"KXNBAGAME-26JAN28PORWAS-WAS"}]})");
  EXPECT_EQ(
      market_assignment(both, Platform::polymarket),
      R"({"type":"polymarket_assign","game_id":"401810523","sport":"nba","markets":[{"market_type":"moneyline","condition_id":"1203344"}]})");
}

TEST(MarketAssignment, SaysTheSportInLowerCaseHoweverItCame) {
  LiveGame game = both;
  game.sport = "NBA";
  EXPECT_EQ(json::parse(market_assignment(game, Platform::kalshi))["sport"], "nba");
}

// --- the start-up request -------------------------------------------------------------------------

TEST(StartupRequest, IsReadWithItsTimeOfSecondsOfALoop) {
  EXPECT_EQ(decode_startup_request(R"({"monitor_type":"kalshi","timestamp":12345.678901})"),
            Asker::kalshi);
  EXPECT_EQ(decode_startup_request(R"({"monitor_type": "polymarket", "timestamp": 0})"),
            Asker::polymarket);
  EXPECT_EQ(decode_startup_request(R"({"monitor_type":"game_shard"})"), Asker::game_shard);
  EXPECT_EQ(
      decode_startup_request(R"({"timestamp":null,"monitor_type":"kalshi","more":{"a":[1]}})"),
      Asker::kalshi);
}

TEST(StartupRequest, OfAnUnknownKindIsRefusedAndTheKindNamed) {
  EXPECT_EQ(decode_startup_request(R"({"monitor_type":"betfair"})").error(),
            "unknown \"monitor_type\" \"betfair\"");
  EXPECT_EQ(decode_startup_request("{}").error(), "no \"monitor_type\"");
  EXPECT_FALSE(decode_startup_request(R"({"monitor_type":7})").has_value());
  EXPECT_FALSE(decode_startup_request(R"({"monitor_type":{"kalshi":1}})").has_value());
  EXPECT_FALSE(decode_startup_request(R"({"in":{"monitor_type":"kalshi"}})").has_value());
  EXPECT_FALSE(decode_startup_request("\x81\xacmonitor_type\xa6kalshi").has_value());
  const std::string long_word(100'000, 'x');
  EXPECT_LT(decode_startup_request(R"({"monitor_type":")" + long_word + "\"}").error().size(),
            200U);
}

// --- the answer -----------------------------------------------------------------------------------

TEST(StartupResponse, ToAMonitorHasTheGamesOfItsPlatformInTheShapeOfEvents) {
  const StartupResponse response = startup_response(Asker::kalshi, three_games());
  EXPECT_EQ(response.told, 1U);
  EXPECT_EQ(response.left_out, 0U);
  EXPECT_EQ(json::parse(response.message), json::parse(R"({"markets":[{
      "event_id":"401810523","game_id":"401810523","market_type":{"type":"sport","sport":"NBA"},
      "entity_a":"","entity_b":null,"shard_id":"shard-1",
      "kalshi_market_id":"KXNBAGAME-26JAN28PORWAS-WAS","polymarket_market_id":"1203344",
      "market_ids_by_type":{"moneyline":{"kalshi":"KXNBAGAME-26JAN28PORWAS-WAS","polymarket":"1203344"}},
      "assigned_at":"2026-01-28T19:29:41.002918374Z","target_price":null,"target_date":null,"metadata":{}}]})"));
  const json polymarket = json::parse(startup_response(Asker::polymarket, three_games()).message);
  ASSERT_EQ(polymarket["markets"].size(), 2U);
  EXPECT_EQ(polymarket["markets"][0]["event_id"], "401705311");
  EXPECT_EQ(polymarket["markets"][0]["kalshi_market_id"], nullptr);
}

// The monitors call .get on market_type, and take entity_a for the team of the contract: with the wrong team prices
// would be taken for the other side's. Empty, they read the team from the ticker.
TEST(StartupResponse, GivesAMonitorAnObjectForTheTypeAndNoTeam) {
  const json market =
      json::parse(startup_response(Asker::kalshi, three_games()).message)["markets"][0];
  EXPECT_TRUE(market["market_type"].is_object());
  EXPECT_EQ(market["entity_a"], "");
}

TEST(StartupResponse, ToAGameShardHasAllGames) {
  const json answer = json::parse(startup_response(Asker::game_shard, three_games()).message);
  ASSERT_EQ(answer["games"].size(), 3U);
  EXPECT_EQ(answer["games"][0],
            json::parse(R"({"game_id":"401705311","sport":"NHL","shard_id":"shard-2",
      "kalshi_market_id":null,"polymarket_market_id":"1203399",
      "market_ids_by_type":{"moneyline":{"polymarket":"1203399"}},"assigned_at":"2026-01-28T19:29:41.002918374Z"})"));
  EXPECT_EQ(answer["games"][1]["market_ids_by_type"], json::object());
}

TEST(StartupResponse, WithoutGamesIsAnEmptyList) {
  EXPECT_EQ(startup_response(Asker::polymarket, {}).message, R"({"markets":[]})");
  EXPECT_EQ(startup_response(Asker::game_shard, {}).message, R"({"games":[]})");
}

TEST(StartupResponse, StaysBelowTheLargestMessageAndCountsWhatDidNotFit) {
  std::vector<AssignedGame> games;
  for (int i = 0; i < 5'000; ++i) {
    LiveGame game = both;
    game.id = GameId("40" + std::to_string(1'000'000 + i));
    games.push_back({game, ShardId("shard-1"), assigned_at});
  }
  const StartupResponse response = startup_response(Asker::kalshi, games);
  EXPECT_LE(response.message.size(), message_bytes_max);
  EXPECT_GT(response.message.size(), message_bytes_max * 9 / 10);
  EXPECT_GT(response.left_out, 0U);
  EXPECT_EQ(response.told + response.left_out, games.size());
  EXPECT_EQ(json::parse(response.message)["markets"].size(), response.told);
}

TEST(StartupResponse, GoesToTheChannelOfItsKind) {
  EXPECT_EQ(startup_response_channel(Asker::kalshi), "orchestrator:startup_state_response:kalshi");
  EXPECT_EQ(startup_response_channel(Asker::game_shard),
            "orchestrator:startup_state_response:game_shard");
}

// --- read although written otherwise --------------------------------------------------------------

TEST(Tolerance, SportsAreReadInEitherCaseAndSentInLower) {
  const auto heard = decode_shard_message(R"({"type":"add_game","game_id":"g","sport":"NBA"})");
  ASSERT_TRUE(heard.has_value());
  EXPECT_EQ(std::get<AddGame>(std::get<Command>(*heard).order).game.sport, "nba");
  const Command add{AddGame{{GameId("g"), "NCAAB", "", ""}, Epoch(1)}, {}, {}, {}, {}};
  EXPECT_EQ(json::parse(encode(add))["sport"], "ncaab");
}

TEST(Tolerance, AGameIsCalledByGameIdOrById) {
  const auto short_name = decode_shard_message(R"({"type":"remove_game","id":"401"})");
  ASSERT_TRUE(short_name.has_value());
  EXPECT_EQ(std::get<Command>(*short_name).game(), GameId("401"));
  const auto two_names = decode_shard_message(R"({"type":"remove_game","id":"7","game_id":"401"})");
  ASSERT_TRUE(two_names.has_value());
  EXPECT_EQ(std::get<Command>(*two_names).game(), GameId("401"));
}

TEST(Tolerance, GameIdsOfAnyStyleAreOpaque) {
  const auto beat =
      decode_heartbeat(R"({"shard_id":"s","games":["nfl-401547698","401810523",""]})");
  ASSERT_TRUE(beat.has_value());
  EXPECT_EQ(beat->games[0], GameId("nfl-401547698"));
  EXPECT_EQ(beat->games[1], GameId("401810523"));
}

TEST(Tolerance, AShardMayBeNamedAsAnInstanceOfAService) {
  const auto beat =
      decode_heartbeat(R"({"service":"game_shard","instance_id":"shard-1","games":[]})");
  ASSERT_TRUE(beat.has_value()) << beat.error();
  EXPECT_EQ(beat->shard, ShardId("shard-1"));
  const auto named = decode_heartbeat(R"({"instance_id":"host","shard_id":"shard-1"})");
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->shard, ShardId("shard-1"));
}

TEST(Tolerance, TimesHaveAZoneOrNoneAndNothingDependsOnIt) {
  for (const char* time : {"2026-01-28T10:00:00.123456", "2026-01-28T10:00:00Z",
                           "2026-01-28T10:00:00.123456789+00:00", "yesterday"}) {
    const std::string text(time);
    const auto beat = decode_heartbeat(R"({"shard_id":"s","started_at":")" + text +
                                       R"(","timestamp":")" + text + "\"}");
    ASSERT_TRUE(beat.has_value()) << time;
    EXPECT_EQ(beat->started_at, text);
    const auto service = decode_service_heartbeat(
        R"({"service":"kalshi_monitor","instance_id":"h","started_at":")" + text + "\"}");
    ASSERT_TRUE(service.has_value()) << time;
    EXPECT_EQ(service->started_at, text);
  }
}

constexpr const char* crypto_beat =
    R"({"shard_id":"crypto_1","shard_type":"crypto","event_count":2,"events":["crypto-btc-100k","crypto-eth-5k"],)"
    R"("max_games":1000,"timestamp":"2026-01-28T19:30:05.1+00:00","status":"healthy",)"
    R"("checks":{"redis_ok":true,"zmq_ok":true,"price_listener_ok":true},)"
    R"("metrics":{"events_monitored":2,"prices_received":88.5,"risk_blocks":0}})";

TEST(Tolerance, ACryptoShardListsEventsAndNoGames) {
  const auto beat = decode_heartbeat(crypto_beat);
  ASSERT_TRUE(beat.has_value()) << beat.error();
  EXPECT_EQ(beat->events, (std::vector<std::string>{"crypto-btc-100k", "crypto-eth-5k"}));
  EXPECT_TRUE(beat->games.empty());
  EXPECT_FALSE(beat->lists_games);
  EXPECT_TRUE(beat->process_id.empty());
  EXPECT_EQ(type_of_shard(*beat), ServiceType::crypto_shard);
  const auto again = decode_heartbeat(encode(*beat));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, *beat);
}

TEST(Tolerance, AListenerWithOneWordForAllIsUnderstood) {
  const auto beat = decode_service_heartbeat(
      R"({"service":"zmq_listener_rust","hostname":"h1","healthy":false,"received":17,"rate":2.5})");
  ASSERT_TRUE(beat.has_value()) << beat.error();
  EXPECT_EQ(beat->instance, ServiceInstance("h1"));
  EXPECT_EQ(beat->status, "degraded");
}

TEST(Timestamp, InsideOfListsEndsWithZ) {
  EXPECT_EQ(to_rfc3339_zulu(WallTime(Duration{1'769'594'400'123'456'789})),
            "2026-01-28T10:00:00.123456789Z");
}

}  // namespace
}  // namespace arbees::wire
