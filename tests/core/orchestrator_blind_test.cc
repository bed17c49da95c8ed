#include <gtest/gtest.h>

#include "tests/support/fleet_bench.h"

namespace arbees {
namespace {

// Found without this: the plan was made while nothing may be placed, and nobody asked for another one.
TEST(OrchestratorBlind, AGameThatBecameLiveMeanwhileIsPlacedWhenItCanSeeAgain) {
  testing::FleetBench fleet;
  fleet.game_shard("shard-1");
  fleet.live({});
  fleet.run(seconds{10});
  fleet.lose_links(milliseconds{10});
  fleet.live({{GameId("401"), "nba", "", ""}});
  ASSERT_EQ(fleet.world.events.count("game_assigned"), 0U);
  // Not only with the next look at the balance of the fleet, up to a heartbeat later.
  const auto modes_left = [&] { return fleet.world.events.count("mode_left"); };
  const std::size_t before = modes_left();
  for (int i = 0; i < 10'000 && modes_left() == before; ++i) {
    fleet.pass(milliseconds{1});
  }
  ASSERT_EQ(fleet.world.events.last("mode_left").field("mode"), "BLIND");
  fleet.pass(milliseconds{1});
  EXPECT_EQ(fleet.world.events.count("game_assigned"), 1U);
}

}  // namespace
}  // namespace arbees
