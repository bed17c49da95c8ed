#include <gtest/gtest.h>

#include "core/wire/canary_message.h"
#include "core/wire/channels.h"
#include "core/wire/heartbeat.h"
#include "core/wire/notification.h"
#include "core/wire/service_heartbeat.h"
#include "core/wire/shard_message.h"
#include "core/wire/timestamp.h"

namespace arbees::wire {
namespace {

Heartbeat full_heartbeat() {
  Heartbeat beat;
  beat.shard = ShardId("shard-1");
  beat.shard_type = "sports";
  beat.max_games = 20;
  beat.games = {GameId("401810523"), GameId("401705311")};
  beat.started_at = "2026-01-28T19:00:00.004411202+00:00";
  beat.process_id = "6a1d3c1e-9c0e-4c56-8a7e-0c9c1f0b7a11";
  beat.version = "dev";
  beat.status = "healthy";
  beat.checks = {{"redis_ok", true}, {"espn_api_ok", false}};
  beat.timestamp = "2026-01-28T19:30:05.120034511+00:00";
  beat.boot = Boot(0xfedcba9876543210U);
  beat.generation = Generation(3);
  beat.hb_seq = HeartbeatSeq(17);
  beat.interval = seconds{10};
  beat.seen_term = Term(4);
  beat.seen_epoch = Epoch(9);
  beat.seen_instance = InstanceId("orch-1");
  beat.asked_by = InstanceId("orch-2");
  beat.applied = Applied{Term(4), CommandSeq(3), {CommandSeq(5), CommandSeq(9)}};
  beat.epochs = {{GameId("401705311"), Epoch(8)}, {GameId("401810523"), Epoch(7)}};
  beat.fenced = {GameId("401705311")};
  beat.refused = {{GameId("g9"), Epoch(11)}};
  beat.last_grant = HeartbeatSeq(16);
  beat.void_upto = HeartbeatSeq(12);
  beat.leased = true;
  beat.cause = EventId(123456789);
  return beat;
}

TEST(Heartbeat, ComesBackAsItWasSent) {
  const Heartbeat sent = full_heartbeat();
  const auto heard = decode_heartbeat(encode(sent));
  ASSERT_TRUE(heard.has_value()) << heard.error();
  EXPECT_EQ(encode(*heard), encode(sent));
  EXPECT_EQ(heard->boot, sent.boot);
  EXPECT_EQ(heard->generation, sent.generation);
  EXPECT_EQ(heard->epochs, sent.epochs);
  EXPECT_EQ(heard->fenced, sent.fenced);
  EXPECT_EQ(heard->refused, sent.refused);
  EXPECT_EQ(heard->applied->above, sent.applied->above);
  EXPECT_EQ(heard->interval, sent.interval);
  EXPECT_EQ(heard->cause, sent.cause);
}

TEST(Heartbeat, OfTheExistingSystemIsUnderstood) {
  const auto heard = decode_heartbeat(
      R"({"shard_id":"shard-1","shard_type":"sports","game_count":2,"max_games":20,"games":["401810523","401705311"],)"
      R"("timestamp":"2026-01-28T19:30:05.120034511+00:00","started_at":"2026-01-28T19:00:00.004411202+00:00",)"
      R"("process_id":"6a1d3c1e","version":"dev","status":"healthy",)"
      R"("checks":{"redis_ok":true,"espn_api_ok":true,"zmq_ok":true},"metrics":{"max_games":20}})");
  ASSERT_TRUE(heard.has_value()) << heard.error();
  EXPECT_EQ(heard->games.size(), 2U);
  EXPECT_EQ(heard->max_games, 20U);
  EXPECT_TRUE(heard->boot.none());
  EXPECT_FALSE(heard->leased);
  EXPECT_EQ(heard->checks.size(), 3U);
}

TEST(Heartbeat, NeedsNothingButTheShardsId) {
  EXPECT_TRUE(decode_heartbeat(R"({"shard_id":"s"})").has_value());
  EXPECT_EQ(decode_heartbeat(R"({"games":[]})").error(), "no \"shard_id\"");
  EXPECT_FALSE(decode_heartbeat(R"({"shard_id":""})").has_value());
}

TEST(Heartbeat, TakesANumberForTheProcessId) {
  const auto heard = decode_heartbeat(R"({"shard_id":"s","process_id":12345})");
  ASSERT_TRUE(heard.has_value());
  EXPECT_EQ(heard->process_id, "12345");
}

TEST(Heartbeat, IgnoresWhatItDoesNotKnow) {
  EXPECT_TRUE(
      decode_heartbeat(
          R"({"shard_id":"s","new":{"deep":[{"games":["x"]},[1]],"n":-1.5},"other":[true,null]})")
          .has_value());
}

TEST(Heartbeat, MayHaveMetricsOfAnyType) {
  EXPECT_TRUE(
      decode_heartbeat(
          R"({"shard_id":"s","metrics":{"max_games":20,"lag_s":0.5,"warm":true,"peer":"a","last":null}})")
          .has_value());
}

TEST(Heartbeat, TheLastOfTwoEqualKeysHolds) {
  const auto heard =
      decode_heartbeat(R"({"shard_id":"a","games":["g1","g2"],"shard_id":"b","games":["g3"]})");
  ASSERT_TRUE(heard.has_value());
  EXPECT_EQ(heard->shard, ShardId("b"));
  EXPECT_EQ(heard->games, std::vector{GameId("g3")});
}

TEST(Heartbeat, IgnoresWhatStandsUnderAnEmptyName) {
  const auto beat = decode_heartbeat(
      R"({"shard_id": "a", "cause": {"": 5}, "checks": {"": true, "redis": false}})");
  ASSERT_TRUE(beat.has_value()) << beat.error();
  EXPECT_TRUE(beat->cause.none());
  EXPECT_EQ(beat->checks, (std::map<std::string, bool>{{"redis", false}}));
}

TEST(Heartbeat, WithAKnownFieldOfAWrongTypeIsRefusedAndTheFieldNamed) {
  for (const char* field :
       {R"("games":5)", R"("games":{"a":1})", R"("games":[1])", R"("max_games":"20")",
        R"("hb_seq":-1)", R"("hb_seq":1.5)", R"("boot":"xyz")", R"("boot":7)",
        R"("checks":{"redis_ok":"yes"})", R"("status":5)", R"("game_epochs":{"g":"1"})",
        R"("seen_term":18446744073709551615)", R"("applied":7)", R"("seen_term":4503599627370497)",
        R"("seen_epoch":4503599627370497)", R"("generation":4503599627370497)",
        R"("game_epochs":{"g":4503599627370497})", R"("refused_games":{"g":4503599627370497})"}) {
    const auto heard = decode_heartbeat(std::string(R"({"shard_id":"s",)") + field + "}");
    ASSERT_FALSE(heard.has_value()) << field;
    EXPECT_NE(heard.error().find("unexpected value of"), std::string::npos) << heard.error();
  }
}

TEST(Heartbeat, ThatIsNoJsonIsRefusedWithThePlace) {
  EXPECT_EQ(decode_heartbeat("{\"shard_id\":\"\xff\"}").error().substr(0, 8), "not JSON");
  EXPECT_FALSE(decode_heartbeat("").has_value());
  EXPECT_FALSE(decode_heartbeat("[]").has_value());
  EXPECT_FALSE(decode_heartbeat("5").has_value());
  EXPECT_FALSE(decode_heartbeat(R"({"shard_id":"s"} x)").has_value());
  EXPECT_FALSE(decode_heartbeat(std::string(200'000, '[')).has_value());
  EXPECT_FALSE(decode_heartbeat(R"({"a":)" + std::string(200'000, '[')).has_value());
  EXPECT_NE(decode_heartbeat(std::string(10U << 20U, 'x')).error().find("larger than"),
            std::string::npos);
}

TEST(Applied, CoversTheWatermarkAndTheListAboveIt) {
  const Applied applied{Term(1), CommandSeq(3), {CommandSeq(5), CommandSeq(9)}};
  EXPECT_TRUE(applied.covers(CommandSeq(3)));
  EXPECT_FALSE(applied.covers(CommandSeq(4)));
  EXPECT_TRUE(applied.covers(CommandSeq(5)));
  EXPECT_FALSE(applied.covers(CommandSeq(10)));
}

TEST(ShardMessage, CommandsComeBackAsTheyWereSent) {
  const Command add{AddGame{{GameId("401810523"), "nba", "KX-1", "1203344"}, Epoch(9)},
                    {Term(4), InstanceId("orch-1")},
                    {Boot(77), Generation(3)},
                    {CommandSeq(12), CommandSeq(10)},
                    EventId(5)};
  const auto heard = decode_shard_message(encode(add));
  ASSERT_TRUE(heard.has_value()) << heard.error();
  const auto& command = std::get<Command>(*heard);
  EXPECT_EQ(encode(command), encode(add));
  EXPECT_EQ(command.type(), "add_game");
  EXPECT_EQ(command.epoch(), Epoch(9));
  EXPECT_EQ(command.number.floor, CommandSeq(10));
  EXPECT_EQ(std::get<AddGame>(command.order).game.kalshi_market_id, "KX-1");
}

TEST(ShardMessage, AddGameHasEveryFieldTheExistingShardsRead) {
  const Command add{AddGame{{GameId("g"), "nba", "", "42"}, Epoch(1)}, {}, {}, {}, {}};
  EXPECT_EQ(
      encode(add),
      R"({"type":"add_game","game_id":"g","sport":"nba","kalshi_market_id":null,)"
      R"("polymarket_market_id":"42","market_ids_by_type":{"moneyline":{"polymarket":"42"}},"epoch":1})");
}

TEST(ShardMessage, OfAnOldOrchestratorHasNoTermAndNoNumber) {
  const auto heard = decode_shard_message(R"({"type":"remove_game","game_id":"401810523"})");
  ASSERT_TRUE(heard.has_value());
  const auto& command = std::get<Command>(*heard);
  EXPECT_TRUE(command.office.term.none());
  EXPECT_TRUE(command.number.seq.none());
  EXPECT_EQ(command.game(), GameId("401810523"));
}

TEST(ShardMessage, GrantsAndRollCallsComeBack) {
  const Grant grant{{Term(2), InstanceId("o")},
                    {Boot(9), Generation(1)},
                    HeartbeatSeq(4),
                    seconds{45},
                    {{GameId("g1"), Epoch(3)}},
                    EventId(8),
                    GrantSeq(5),
                    Epoch(7)};
  const auto heard = decode_shard_message(encode(grant));
  ASSERT_TRUE(heard.has_value()) << heard.error();
  EXPECT_EQ(std::get<Grant>(*heard), grant);
  const auto roll_call = decode_shard_message(encode(RollCall{{Term(2), InstanceId("o")}, {}}));
  ASSERT_TRUE(roll_call.has_value());
  EXPECT_EQ(std::get<RollCall>(*roll_call).office.term, Term(2));
}

TEST(ShardMessage, SaysWhatIsMissing) {
  EXPECT_EQ(decode_shard_message("{}").error(), "no \"type\"");
  EXPECT_EQ(decode_shard_message(R"({"type":"dance"})").error(), "unknown type \"dance\"");
  EXPECT_EQ(decode_shard_message(R"({"type":"add_game"})").error(), "add_game without \"game_id\"");
  EXPECT_EQ(decode_shard_message(R"({"type":"add_game","game_id":"g"})").error(),
            "add_game without \"sport\"");
}

TEST(Canary, ChannelNamesItsOrchestratorAndNoShard) {
  const InstanceId instance("orch-5");
  EXPECT_EQ(canary_of(canary_channel(instance)), instance);
  EXPECT_EQ(canary_of(heartbeat_channel(ShardId("shard-1"))), std::nullopt);
  const auto canary = decode_canary(encode(CanaryMessage{7, Term(3)}));
  ASSERT_TRUE(canary.has_value());
  EXPECT_EQ(canary->nonce, 7U);
  EXPECT_EQ(canary->term, Term(3));
}

TEST(Canary, IsReadFromItsOwnMembersAlone) {
  const auto canary = decode_canary(R"({"nonce": [5], "more": 1, "term": {"nonce": 6}})");
  ASSERT_TRUE(canary.has_value()) << canary.error();
  EXPECT_EQ(*canary, CanaryMessage{});
}

TEST(ServiceHeartbeat, OfAMonitorIsUnderstood) {
  const auto heard = decode_service_heartbeat(
      R"({"service":"polymarket_monitor","instance_id":"3f2c9d1a77be","status":"degraded",)"
      R"("started_at":"2026-01-28T18:59:02.118273","timestamp":"2026-01-28T19:30:02.551201",)"
      R"("checks":{"redis_ok":true,"vpn_ok":true,"ws_ok":false},)"
      R"("metrics":{"subscribed_markets":24.0,"last_price_age_s":41.2},"version":"unknown","hostname":null})");
  ASSERT_TRUE(heard.has_value()) << heard.error();
  EXPECT_EQ(heard->service, ServiceName("polymarket_monitor"));
  EXPECT_EQ(heard->instance, ServiceInstance("3f2c9d1a77be"));
  EXPECT_FALSE(heard->checks.at("ws_ok"));
}

TEST(ServiceHeartbeat, NeedsServiceAndInstance) {
  EXPECT_FALSE(decode_service_heartbeat(R"({"service":"a"})").has_value());
  EXPECT_FALSE(decode_service_heartbeat(R"({"service":"a","instance_id":5})").has_value());
}

TEST(Notification, NeverGivesTheConsumerAShortProcessId) {
  const std::string text =
      service_restarted(shard_subject(ShardId("shard-1")), "17", "a", "b", WallTime{});
  EXPECT_NE(text.find(R"("process_id":"17------")"), std::string::npos) << text;
}

TEST(Notification, CarriesTheNamesOfPublisherAndConsumer) {
  const std::string resync =
      service_resync_complete(shard_subject(ShardId("s")), 12, milliseconds{210}, WallTime{});
  for (const char* part :
       {R"("service":"game_shard")", R"("service_type":"game_shard")", R"("games_resent":12)",
        R"("games_resynced":12)", R"("duration_ms":210)"}) {
    EXPECT_NE(resync.find(part), std::string::npos) << part;
  }
  const std::string degraded =
      service_degraded(shard_subject(ShardId("s")), "redis_ok,zmq_ok", true, WallTime{});
  EXPECT_NE(degraded.find(R"("failed_checks":["redis_ok","zmq_ok"])"), std::string::npos)
      << degraded;
  EXPECT_NE(degraded.find(R"("failing_checks":["redis_ok","zmq_ok"])"), std::string::npos);
}

TEST(Timestamp, IsWrittenAsTheExistingServicesWriteIt) {
  EXPECT_EQ(to_rfc3339(WallTime(Duration{0})), "1970-01-01T00:00:00.000000000+00:00");
  EXPECT_EQ(to_rfc3339(WallTime(Duration{1'769'594'400'123'456'789})),
            "2026-01-28T10:00:00.123456789+00:00");
}

TEST(Notifications, OfABreakerNameTheShardTheReasonAndTheTime) {
  const std::string opened =
      circuit_breaker_opened(shard_subject(ShardId("s")), "unanswered", 3, {});
  EXPECT_NE(opened.find(R"("type":"circuit_breaker_opened")"), std::string::npos);
  EXPECT_NE(opened.find(R"("instance_id":"s")"), std::string::npos);
  EXPECT_NE(opened.find(R"("reason":"unanswered","failure_count":3)"), std::string::npos);
  const std::string closed = circuit_breaker_closed(shard_subject(ShardId("s")), seconds{31}, {});
  EXPECT_NE(closed.find(R"("was_open_for_secs":31)"), std::string::npos);
}

}  // namespace
}  // namespace arbees::wire
