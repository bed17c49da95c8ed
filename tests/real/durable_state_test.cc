#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <variant>
#include <vector>

#include "tests/real/real_fleet.h"

namespace arbees::real {
namespace {

constexpr Duration patience = seconds{20};
constexpr int wrong_usage = 2;
constexpr std::size_t kills = 10;

Incident durable_incident() {
  Incident incident = load_incident("real-redis-restart");
  incident.durable = true;
  return incident;
}

std::vector<std::uint64_t> terms_of(const sim::EventFile& events) {
  std::vector<std::uint64_t> terms;
  for (const sim::RecordedEvent& event : events.events) {
    if (event.event == "term_taken") {
      const auto field = std::ranges::find(event.fields, "term", &sim::RecordedField::name);
      terms.push_back(std::get<std::uint64_t>(field->value));
    }
  }
  return terms;
}

// kill -9 at any moment: what was decided stands, and is known at once by the next one.
TEST(RealDurableState, OutlivesAnOrchestratorThatIsKilledAgainAndAgain) {
  const Incident incident = durable_incident();
  RealFleet fleet(incident);
  const std::size_t games = incident.games.size();
  for (std::size_t kill = 1; kill <= kills; ++kill) {
    fleet.kill("orchestrator");
    const std::size_t grants = fleet.count({.event = "grant_received"});
    fleet.start_orchestrator("orchestrator");
    fleet.wait_for(kill + 1, {.event = "term_taken"});
    fleet.wait_for(kill + 1, {.event = "mode_left", .fields = {{"mode", "WARM_UP"}}});
    fleet.wait_for(grants + incident.shards.size(), {.event = "grant_received"});
  }
  EXPECT_EQ(fleet.count({.event = "state_not_durable"}), 0U);
  EXPECT_EQ(fleet.count({.event = "game_assigned"}), games) << "each game once, by the first one";
  EXPECT_EQ(fleet.count({.event = "game_fenced", .fields = {{"why", "lease_over"}}}), 0U);
  std::vector<std::uint64_t> terms(kills + 1);
  std::iota(terms.begin(), terms.end(), std::uint64_t{1});
  EXPECT_EQ(terms_of(fleet.events()), terms);
}

TEST(RealDurableState, ASecondOrchestratorOnTheSameFileIsRefused) {
  RealFleet fleet(durable_incident());
  fleet.start_orchestrator("orchestrator-2");
  EXPECT_EQ(fleet.process("orchestrator-2").ended(patience), wrong_usage);
  EXPECT_FALSE(fleet.process("orchestrator").ended());
  EXPECT_EQ(fleet.count({.event = "term_taken"}), 1U);
  EXPECT_EQ(fleet.count({.event = "other_orchestrator_heard"}), 0U);
}

}  // namespace
}  // namespace arbees::real
