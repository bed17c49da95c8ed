#include "core/orchestrator/alarms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include <nlohmann/json.hpp>

#include "core/wire/notification.h"
#include "tests/support/fake_ports.h"
#include "tests/support/redis_bus_bench.h"

namespace arbees {
namespace {

using nlohmann::json;

/// Alarms over a Redis that is not there: what they record is the same.
class AlarmsTest : public ::testing::Test {
 protected:
  void pass(Duration span) {
    world_.clock.advance(span);
    alarms_.advance(world_.clock.now());
  }
  /// What the store is told, applied to `image_`.
  void save() {
    StoreBatch batch;
    alarms_.write(alarms_.take_unsaved(), batch);
    for (const AlertRow& row : batch.put_alerts) {
      image_.alerts[{row.type, row.subject}] = row;
    }
    for (const auto& key : batch.drop_alerts) {
      image_.alerts.erase(key);
    }
  }
  [[nodiscard]] std::size_t count(std::string_view event) const {
    return world_.events.count(event);
  }

  testing::FakePorts world_;
  testing::RecordingBusHandler handler_;
  redis::BusSettings bus_settings_;
  redis::Bus bus_{world_.ports, bus_settings_, {}, handler_};
  AlertSettings settings_;
  Alarms alarms_{world_.ports, bus_, settings_};
  StoreImage image_;
};

TEST_F(AlarmsTest, AMessageHasThePlaceInTheStoryOfWhatLedToIt) {
  const EventId cause = world_.events.mark("shard_died");
  alarms_.raise("SHARD_DEAD", "A", "A is silent", cause);
  pass(milliseconds{500});
  const auto& notified = world_.events.last("alert_notified");
  EXPECT_EQ(notified.field("subjects"), "A");
  EXPECT_EQ(notified.field("sink"), "redis");
  EXPECT_EQ(notified.cause, world_.events.last("alert_raised").id);
  EXPECT_EQ(world_.events.last("alert_raised").cause, cause);
}

TEST_F(AlarmsTest, ARestartTellsNobodyAgainAndForgetsNoEnd) {
  alarms_.raise("SHARD_DEAD", "A", "A is silent", EventId{});
  alarms_.raise("SHARD_DEAD", "B", "B is silent", EventId{});
  pass(milliseconds{500});
  EXPECT_TRUE(alarms_.acknowledge("SHARD_DEAD", "B", "ann", EventId{}));
  save();
  ASSERT_EQ(image_.alerts.size(), 2U);

  Alarms next(world_.ports, bus_, settings_);
  next.restore(image_, EventId{});
  EXPECT_EQ(count("alert_restored"), 2U);
  next.learned();
  next.raise("SHARD_DEAD", "A", "A is silent", EventId{});
  world_.clock.advance(minutes{2});
  next.advance(world_.clock.now());
  EXPECT_EQ(count("alert_raised"), 2U) << "those of the first process";
  EXPECT_EQ(count("alert_notified"), 1U);
  EXPECT_EQ(next.book().find({"SHARD_DEAD", "B"})->acknowledged_by, "ann");

  next.give_up_restored();  // nobody noticed B again
  world_.clock.advance(milliseconds{500});
  next.advance(world_.clock.now());
  EXPECT_EQ(world_.events.last("alert_notified").field("subjects"), "B");
  EXPECT_EQ(world_.events.last("alert_notified").field("state"), "resolved");
}

TEST_F(AlarmsTest, WhereNothingIsPublishedEverythingIsStillRecorded) {
  settings_.publish = false;
  Alarms silent(world_.ports, bus_, settings_);
  silent.raise("LEADER_LOST", "o", "another one took office", EventId{});
  silent.resolve("LEADER_LOST", "o", EventId{});
  EXPECT_EQ(count("alert_raised"), 1U);
  EXPECT_EQ(count("alert_resolved"), 1U);
  EXPECT_EQ(count("alert_notified"), 0U);
}

TEST_F(AlarmsTest, SaysThatItLivesEveryMinute) {
  alarms_.advance(world_.clock.now());
  EXPECT_EQ(count("alerting_alive"), 1U);
  for (int i = 0; i < 180; ++i) {
    pass(seconds{1});
  }
  EXPECT_EQ(count("alerting_alive"), 4U);
  EXPECT_LE(*alarms_.deadline(), world_.clock.now() + minutes{1});
}

// --- on the wire ------------------------------------------------------------------------------

wire::AlertNotice notice() {
  return {.alert = "ALL_SHARDS_DEAD",
          .alert_type = "NO_HEALTHY_SHARDS",
          .severity = "critical",
          .resolved = false,
          .subjects = {"fleet"},
          .text = "no shard is alive",
          .todo = "start shards",
          .runbook = "docs/operations.md#all_shards_dead",
          .lasted = {},
          .held_back = 3};
}

TEST(AlertMessages, KeepTheFieldsOfTheExistingSystem) {
  const auto message = json::parse(wire::critical_alert(notice(), WallTime{}));
  EXPECT_EQ(message["type"], "critical_alert");
  EXPECT_EQ(message["alert_type"], "NO_HEALTHY_SHARDS");
  EXPECT_EQ(message["context"], "fleet");
  EXPECT_EQ(message["timestamp"], "1970-01-01T00:00:00.000000000+00:00");
  EXPECT_EQ(message["state"], "firing");
  EXPECT_EQ(message["alert"], "ALL_SHARDS_DEAD");
  EXPECT_EQ(message["severity"], "critical");
  EXPECT_EQ(message["held_back"], 3);
  EXPECT_EQ(message["runbook"], "docs/operations.md#all_shards_dead");
}

TEST(AlertMessages, SayInOneLineWhatIsSoAndWhatToDo) {
  wire::AlertNotice some = notice();
  const auto firing = json::parse(wire::operator_message(some, WallTime{}));
  EXPECT_EQ(firing["type"], "error");
  EXPECT_EQ(firing["priority"], "CRITICAL");
  EXPECT_EQ(firing["data"]["service"], "orchestrator");
  EXPECT_EQ(firing["data"]["message"],
            "ALL_SHARDS_DEAD fleet: no shard is alive; start shards "
            "(docs/operations.md#all_shards_dead); 3 alerts before it were held back");

  some.severity = "warning";
  EXPECT_EQ(json::parse(wire::operator_message(some, WallTime{}))["priority"], "WARNING");

  some.resolved = true;
  some.lasted = seconds{61};
  some.subjects.clear();
  for (int i = 0; i < 25; ++i) {
    some.subjects.push_back("s" + std::to_string(i));
  }
  const auto resolved = json::parse(wire::operator_message(some, WallTime{}));
  EXPECT_EQ(resolved["priority"], "INFO");
  const std::string text = resolved["data"]["message"];
  EXPECT_TRUE(text.ends_with("s18, s19 and 5 more: over after 61 s")) << text;
}

}  // namespace
}  // namespace arbees
