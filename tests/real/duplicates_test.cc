#include <gtest/gtest.h>

#include "tests/real/real_fleet.h"

namespace arbees::real {
namespace {

constexpr int superseded = 75;

/// The first event that is wanted, which must be there.
const sim::RecordedEvent& first(const sim::EventFile& events, const Wanted& wanted) {
  for (const sim::RecordedEvent& event : events.events) {
    if (wanted.matches(event)) {
      return event;
    }
  }
  throw std::runtime_error("no event " + std::string(wanted.event));
}

TEST(RealDuplicate, ASecondOrchestratorIsNoticedAndAlerted) {
  RealFleet fleet(load_incident("real-redis-restart"));
  fleet.start_orchestrator("orchestrator-2");
  const Wanted alert{.event = "alert_raised", .fields = {{"type", "DUPLICATE_ORCHESTRATOR"}}};
  // Both are called "orchestrator"; each hears of the other.
  fleet.wait_for(2, {.event = "other_orchestrator_heard"});
  fleet.wait_for(2, alert);
  const sim::EventFile& events = fleet.events();
  const sim::RecordedEvent* cause = events.find(first(events, alert).cause);
  ASSERT_NE(cause, nullptr);
  EXPECT_EQ(cause->event, "other_orchestrator_heard");
  EXPECT_EQ(cause->text("other"), first(events, alert).text("subject"));
}

TEST(RealDuplicate, AnImpostorTakesAShardsPlaceAndTheOlderProcessEnds) {
  RealFleet fleet(load_incident("real-redis-restart"));
  fleet.start_shard("impostor", "shard-1");
  EXPECT_EQ(fleet.process("shard-1").ended(end_patience), superseded);
  fleet.wait_for(1, {.event = "shard_superseded"});
  fleet.wait_for(1, {.event = "alert_raised", .fields = {{"type", "DUPLICATE_SHARD_ID"}}});
  fleet.wait_for(1, {.event = "resync_completed", .fields = {{"shard", "shard-1"}}});
  EXPECT_FALSE(fleet.process("impostor").ended());
}

}  // namespace
}  // namespace arbees::real
