#include "core/orchestrator/service_types.h"

#include <gtest/gtest.h>
#include <algorithm>

#include <string>

namespace arbees {
namespace {

using Checks = std::map<std::string, bool>;

ServiceType shard_type(const std::string& id, const std::string& stated) {
  wire::Heartbeat beat;
  beat.shard = ShardId(id);
  beat.shard_type = stated;
  return type_of_shard(beat);
}

Status worst(const Judgement& judgement) {
  Status found = Status::healthy;
  for (const auto& [name, grade] : judgement.findings) {
    found = std::max(found, grade);
  }
  return found;
}

Judgement judged(ServiceType type, const std::string& status, const Checks& checks) {
  return judge(type, status, checks, false);
}

TEST(ServiceType, OfAShardIsWhatItStatesInAnyCase) {
  EXPECT_EQ(shard_type("x", "sports"), ServiceType::game_shard);
  EXPECT_EQ(shard_type("x", "SPORTS"), ServiceType::game_shard);
  EXPECT_EQ(shard_type("x", "Game"), ServiceType::game_shard);
  EXPECT_EQ(shard_type("shard-1", "crypto"), ServiceType::crypto_shard);
}

TEST(ServiceType, OfAShardThatStatesNoneFollowsFromItsName) {
  EXPECT_EQ(shard_type("test-shard-rust-verification", ""), ServiceType::game_shard);
  EXPECT_EQ(shard_type("crypto_shard_2", ""), ServiceType::crypto_shard);
  EXPECT_EQ(shard_type("Crypto-Shard", ""), ServiceType::crypto_shard);
  EXPECT_EQ(shard_type("shard-1", "politics"), ServiceType::game_shard);
  EXPECT_EQ(shard_type("node-7", "politics"), ServiceType::other);
}

TEST(ServiceType, OfAShardWithoutAnyHintFollowsFromWhatItLists) {
  wire::Heartbeat beat;
  beat.shard = ShardId("seven");
  EXPECT_EQ(type_of_shard(beat), ServiceType::game_shard);
  beat.lists_games = false;
  beat.events.emplace();
  EXPECT_EQ(type_of_shard(beat), ServiceType::crypto_shard);
}

TEST(ServiceType, OfAServiceFollowsFromItsName) {
  EXPECT_EQ(service_called("kalshi_monitor").type, ServiceType::kalshi_monitor);
  EXPECT_EQ(service_called("polymarket_monitor").type, ServiceType::polymarket_monitor);
  EXPECT_EQ(service_called("signal_processor_rust").type, ServiceType::other);
  EXPECT_EQ(service_called("market_discovery_rust").type, ServiceType::other);
}

TEST(ServiceType, NotificationsCallItsOwnNameOnlyWhatHasNoOther) {
  EXPECT_EQ(subject_of(ServiceType::game_shard, "shard-1", "shard-1").service_type, "game_shard");
  EXPECT_EQ(subject_of(ServiceType::crypto_shard, "c", "c").service_type, "crypto_shard");
  EXPECT_EQ(subject_of(ServiceType::kalshi_monitor, "kalshi_monitor_2", "h").service_type,
            "kalshi_monitor");
  EXPECT_EQ(subject_of(ServiceType::other, "api", "h").service_type, "api");
}

TEST(ServiceType, OnlyGameShardsTakeGames) {
  EXPECT_TRUE(traits_of(ServiceType::game_shard).takes_games);
  for (const ServiceType type : {ServiceType::crypto_shard, ServiceType::polymarket_monitor,
                                 ServiceType::kalshi_monitor, ServiceType::other}) {
    EXPECT_FALSE(traits_of(type).takes_games);
  }
}

struct Case {
  ServiceType type;
  std::string status;
  Checks checks;
  bool operational;
  Status derived;
};

TEST(Judgement, FollowsTheChecksThatAreCriticalForTheKind) {
  const Case cases[] = {
      {ServiceType::game_shard, "healthy", {{"redis_ok", true}}, true, Status::healthy},
      {ServiceType::game_shard, "healthy", {{"redis_ok", false}}, false, Status::unhealthy},
      {ServiceType::game_shard,
       "degraded",
       {{"redis_ok", true}, {"espn_api_ok", false}},
       true,
       Status::degraded},
      {ServiceType::crypto_shard,
       "healthy",
       {{"redis_ok", true}, {"zmq_ok", true}},
       true,
       Status::healthy},
      {ServiceType::crypto_shard, "healthy", {{"redis_ok", false}}, false, Status::unhealthy},
      {ServiceType::polymarket_monitor,
       "healthy",
       {{"redis_ok", true}, {"vpn_ok", true}, {"ws_ok", true}},
       true,
       Status::healthy},
      {ServiceType::polymarket_monitor,
       "healthy",
       {{"redis_ok", true}, {"vpn_ok", false}, {"ws_ok", true}},
       false,
       Status::unhealthy},
      {ServiceType::polymarket_monitor,
       "healthy",
       {{"redis_ok", true}, {"vpn_ok", true}, {"ws_ok", false}},
       false,
       Status::unhealthy},
      {ServiceType::polymarket_monitor,
       "healthy",
       {{"redis_ok", false}, {"vpn_ok", true}, {"ws_ok", true}},
       false,
       Status::unhealthy},
      {ServiceType::kalshi_monitor,
       "healthy",
       {{"redis_ok", true}, {"ws_ok", true}},
       true,
       Status::healthy},
      {ServiceType::kalshi_monitor,
       "healthy",
       {{"redis_ok", true}, {"ws_ok", false}},
       false,
       Status::unhealthy},
      {ServiceType::kalshi_monitor,
       "unhealthy",
       {{"redis_ok", true}, {"ws_ok", true}},
       true,
       Status::unhealthy},
      {ServiceType::other, "healthy", {{"db_ok", true}}, true, Status::healthy},
      {ServiceType::other, "starting", {}, true, Status::healthy},
      {ServiceType::other, "degraded", {}, false, Status::degraded},
      {ServiceType::other, "unhealthy", {}, false, Status::unhealthy},
      {ServiceType::other, "healthy", {{"db_ok", false}}, true, Status::degraded},
  };
  for (const Case& one : cases) {
    const Judgement judgement = judged(one.type, one.status, one.checks);
    const std::string which = std::string(traits_of(one.type).name) + " " + one.status + " " +
                              names_of(judgement.findings);
    EXPECT_EQ(judgement.operational, one.operational) << which;
    EXPECT_EQ(worst(judgement), one.derived) << which;
  }
}

TEST(Judgement, ACriticalCheckThatIsMissingHasNotPassedAndIsNamed) {
  const Judgement kalshi = judged(ServiceType::kalshi_monitor, "healthy", {{"redis_ok", true}});
  EXPECT_FALSE(kalshi.operational);
  EXPECT_EQ(names_of(kalshi.findings), "ws_ok");
  EXPECT_FALSE(judged(ServiceType::kalshi_monitor, "healthy", {}).operational);
  EXPECT_FALSE(judged(ServiceType::game_shard, "healthy", {{"zmq_ok", true}}).operational);
}

TEST(Judgement, AShardWithoutAnyChecksIsBelievedItsWord) {
  EXPECT_EQ(worst(judged(ServiceType::game_shard, "healthy", {})), Status::healthy);
  EXPECT_EQ(worst(judged(ServiceType::game_shard, "degraded", {})), Status::degraded);
}

TEST(Judgement, AShardThatSpeaksOfItsGamesAloneIsHealthy) {
  for (const char* message :
       {R"({"shard_id":"s","game_count":0,"max_games":10,"games":[]})",
        R"({"shard_id":"s","games":[]})", R"({"shard_id":"s","max_games":10})",
        R"({"shard_id":"s","events":[]})"}) {
    const auto beat = wire::decode_heartbeat(message);
    ASSERT_TRUE(beat.has_value());
    EXPECT_TRUE(judge(*beat).operational) << message;
    EXPECT_EQ(worst(judge(*beat)), Status::healthy) << message;
  }
}

TEST(Judgement, WhoSaysNothingAtAllIsNotTakenForHealthy) {
  const auto beat = wire::decode_heartbeat(R"({"shard_id":"s"})");
  ASSERT_TRUE(beat.has_value());
  EXPECT_FALSE(judge(*beat).operational);
  EXPECT_EQ(worst(judge(*beat)), Status::degraded);
  EXPECT_FALSE(judged(ServiceType::other, "", {}).operational);
}

}  // namespace
}  // namespace arbees
