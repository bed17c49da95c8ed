#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "sim/swarm/draw.h"
#include "sim/swarm/near_bounds.h"

// Settings that are drawn near what is allowed.

namespace arbees::sim {
namespace {

TEST(NearBounds, SettingsAreDrawnThatTheRelationsJustAllow) {
  std::set<std::string> names;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Streams streams(seed);
    const auto drawn = draw_settings_near_bounds({}, milliseconds{70}, 4, streams.get("x"));
    const std::vector<SettingSource> sources{{"x", {drawn.begin(), drawn.end()}}};
    const auto orchestrator = read_orchestrator_settings(sources);
    const auto shard = read_shard_settings(sources);
    EXPECT_TRUE(orchestrator.usable());
    EXPECT_TRUE(shard.usable());
    EXPECT_TRUE(check_fleet(orchestrator.settings, shard.settings).empty()) << "seed " << seed;
    EXPECT_GE(shard.settings.redis.connect_deadline, milliseconds{8 * 70})
        << "swarm clocks, seed 241: no connection could be opened in time";
    for (const auto& [name, value] : drawn) {
      names.insert(name);
    }
  }
  EXPECT_GT(names.size(), 10U);
}

TEST(NearBounds, WhatIsGivenStaysAsItIs) {
  const std::vector<SettingSource> base{{"base", {{"SHARD_TIMEOUT_SECS", "60"}}}};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Streams streams(seed);
    for (const auto& [name, value] :
         draw_settings_near_bounds(base, milliseconds{70}, 8, streams.get("x"))) {
      EXPECT_NE(name, "SHARD_TIMEOUT_SECS");
    }
  }
}

}  // namespace
}  // namespace arbees::sim
