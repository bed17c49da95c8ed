// The programs on the model of redis-server instead of the real one: what they need of it, it has.
#include <gtest/gtest.h>

#include "tests/real/real_fleet.h"

namespace arbees::real {
namespace {

TEST(ServedRedis, CarriesAWholeFleetAndItComesBackAfterAnOutage) {
  const Incident incident = load_incident("real-redis-restart");
  // Returns once every game has an owner that may emit for it.
  RealFleet fleet(incident, testing::RedisProgram::served_model);
  EXPECT_EQ(fleet.count({.event = "shard_joined"}), incident.shards.size());
  const std::size_t ready = fleet.count({.event = "link_ready"});
  fleet.redis().kill();
  fleet.wait_for(2, {.event = "link_lost", .node = "orchestrator"});
  fleet.redis().start();
  fleet.wait_for(ready * 2, {.event = "link_ready"});
  EXPECT_EQ(fleet.count({.event = "shard_died"}), 0U);
}

}  // namespace
}  // namespace arbees::real
