// What is said to the rest of the system, against the messages of the existing system
// (docs/wire.md) and what its one consumer needs.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/wire/notification.h"

namespace arbees::wire {
namespace {

using nlohmann::json;

const Subject first_shard{"game_shard", "shard-1"};
const WallTime now{Duration{1'769'628'701'000'000'000}};  // 2026-01-28T19:31:41Z

/// Every member of the example is in the message, with a value of the same kind, and the same value unless it is a
/// time.
void expect_like(const std::string& message, const std::string& example) {
  const json ours = json::parse(message);
  const json wanted = json::parse(example);
  for (const auto& [key, value] : wanted.items()) {
    ASSERT_TRUE(ours.contains(key)) << key << " is missing in " << message;
    EXPECT_EQ(ours[key].type(), value.type()) << key;
    if (key != "timestamp" && key != "last_heartbeat") {
      EXPECT_EQ(ours[key], value) << key;
    }
  }
}

std::vector<std::string> all_of(const Subject& subject) {
  return {service_restarted(subject, "6a1d3c1e", "a", "b", now),
          service_dead(subject, now, {}, now),
          service_resync_complete(subject, 12, milliseconds{210}, now),
          service_degraded(subject, "redis_ok", true, now),
          service_recovered(subject, seconds{4}, now),
          circuit_breaker_opened(subject, "assignment failures", 3, now),
          circuit_breaker_closed(subject, seconds{31}, now)};
}

TEST(Notification, EachHasTheMembersOfTheExistingSystem) {
  expect_like(
      service_dead(first_shard, now, {}, now),
      R"({"type":"service_dead","service":"game_shard","instance_id":"shard-1","last_heartbeat":"2026-01-28T19:30:05.120+00:00","assigned_games":[],"timestamp":"2026-01-28T19:31:06.001+00:00"})");
  expect_like(
      service_resync_complete(first_shard, 12, milliseconds{210}, now),
      R"({"type":"service_resync_complete","service":"game_shard","instance_id":"shard-1","games_resent":12,"duration_ms":210,"timestamp":"2026-01-28T19:32:00.5+00:00"})");
  expect_like(
      service_restarted(first_shard, "6a1d3c1e-9c0e", "2026-01-28T19:00:00+00:00",
                        "2026-01-28T19:31:40+00:00", now),
      R"({"type":"service_restarted","service":"game_shard","instance_id":"shard-1","old_started_at":"2026-01-28T19:00:00+00:00","new_started_at":"2026-01-28T19:31:40+00:00","timestamp":"2026-01-28T19:31:41+00:00"})");
  expect_like(
      service_degraded(first_shard, "redis_ok", true, now),
      R"({"type":"service_degraded","service":"game_shard","instance_id":"shard-1","failed_checks":["redis_ok"],"severity":"Critical","timestamp":"2026-01-28T19:31:41+00:00"})");
  expect_like(
      service_recovered(first_shard, seconds{4}, now),
      R"({"type":"service_recovered","service":"game_shard","instance_id":"shard-1","was_degraded_for_secs":4,"timestamp":"2026-01-28T19:31:41+00:00"})");
  expect_like(
      circuit_breaker_opened(first_shard, "assignment failures", 3, now),
      R"({"type":"circuit_breaker_opened","service":"game_shard","instance_id":"shard-1","reason":"assignment failures","failure_count":3,"timestamp":"2026-01-28T19:31:41+00:00"})");
  expect_like(
      circuit_breaker_closed(first_shard, seconds{31}, now),
      R"({"type":"circuit_breaker_closed","service":"game_shard","instance_id":"shard-1","was_open_for_secs":31,"timestamp":"2026-01-28T19:32:12+00:00"})");
}

TEST(Notification, SeverityIsOneOfTwoWords) {
  EXPECT_EQ(json::parse(service_degraded(first_shard, "", false, now))["severity"], "Warning");
  EXPECT_EQ(json::parse(service_degraded(first_shard, "", true, now))["severity"], "Critical");
}

TEST(Notification, ADeadShardsGamesAreListed) {
  const json dead =
      json::parse(service_dead(first_shard, now, {GameId("401"), GameId("402")}, now));
  EXPECT_EQ(dead["assigned_games"], json::parse(R"(["401","402"])"));
}

TEST(Notification, EachSaysTheTypeUnderTheNameTheConsumerReads) {
  for (const std::string& message : all_of(first_shard)) {
    const json read = json::parse(message);
    EXPECT_EQ(read["service_type"], "game_shard") << message;
    EXPECT_EQ(read["service_type"], read["service"]) << message;
  }
}

TEST(Notification, ResyncCountsUnderTheNameTheConsumerReads) {
  const json read = json::parse(service_resync_complete(first_shard, 12, milliseconds{210}, now));
  EXPECT_EQ(read["games_resynced"], 12);
}

TEST(Notification, FailingChecksStandUnderTheNameTheConsumerReads) {
  const json read = json::parse(service_degraded(first_shard, "espn_api_ok,redis_ok", true, now));
  EXPECT_EQ(read["failing_checks"], json::parse(R"(["espn_api_ok","redis_ok"])"));
  EXPECT_EQ(read["failing_checks"], read["failed_checks"]);
}

// The consumer shows the first 8 bytes of the process id and ends if they are not 8 bytes of whole characters: with
// the word it takes for a missing one, "unknown", it ends.
TEST(Notification, TheFirstEightBytesOfAProcessIdCanAlwaysBeShown) {
  const std::string process_ids[] = {"",
                                     "1",
                                     "unknown",
                                     "1234567",
                                     "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
                                     "1234567\xe2\x82\xac",
                                     "6a1d3c1e-9c0e-4c56-8a7e-0c9c1f0b7a11"};
  for (const std::string& process_id : process_ids) {
    const std::string shown =
        json::parse(service_restarted(first_shard, process_id, "a", "b", now))["process_id"];
    ASSERT_GE(shown.size(), 8U) << process_id;
    for (const char byte : shown) {
      EXPECT_TRUE(byte > ' ' && byte <= '~') << process_id << " became " << shown;
    }
  }
}

TEST(Notification, AWholeProcessIdStaysAsItIs) {
  const std::string id = "6a1d3c1e-9c0e-4c56-8a7e-0c9c1f0b7a11";
  EXPECT_EQ(json::parse(service_restarted(first_shard, id, "a", "b", now))["process_id"], id);
}

// Nobody's name may end a reader: what comes from outside is escaped and made valid UTF-8.
TEST(Notification, NamesFromOutsideCannotBreakTheMessage) {
  for (const std::string& message : all_of({"game_shard", "sh\"ard\n\xff"})) {
    EXPECT_FALSE(json::parse(message, nullptr, false).is_discarded()) << message;
  }
}

TEST(Alerts, ACriticalAlertHasTheMembersProposedForIt) {
  expect_like(
      critical_alert({.alert = "NO_HEALTHY_SHARDS",
                      .alert_type = "NO_HEALTHY_SHARDS",
                      .severity = "critical",
                      .subjects = {"401810523"},
                      .text = "no healthy shard",
                      .todo = "start shards",
                      .runbook = "docs"},
                     now),
      R"({"type":"critical_alert","alert_type":"NO_HEALTHY_SHARDS","context":"401810523","timestamp":"2026-01-28T19:31:41+00:00"})");
}

TEST(Alerts, AnErrorForOperatorsIsOneTheNotificationServiceDeliversAtOnce) {
  const json read = json::parse(operator_message({.alert = "NO_HEALTHY_SHARDS",
                                                  .alert_type = "NO_HEALTHY_SHARDS",
                                                  .severity = "critical",
                                                  .subjects = {"fleet"},
                                                  .text = "no healthy shard for 3 live games",
                                                  .todo = "start shards",
                                                  .runbook = "docs"},
                                                 now));
  const json example = json::parse(
      R"({"type":"error","priority":"CRITICAL","data":{"service":"orchestrator","message":"no healthy shard for 3 live games"},"ts":"2026-01-28T19:31:41Z"})");
  EXPECT_EQ(read["type"], example["type"]);
  EXPECT_EQ(read["priority"], example["priority"]);
  EXPECT_EQ(read["data"]["service"], example["data"]["service"]);
  EXPECT_TRUE(read["data"]["message"].get<std::string>().contains(
      example["data"]["message"].get<std::string>()))
      << read["data"];
  EXPECT_EQ(read["ts"], "2026-01-28T19:31:41.000000000+00:00");
}

}  // namespace
}  // namespace arbees::wire
