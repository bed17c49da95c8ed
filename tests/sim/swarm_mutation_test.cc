#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"
#include "sim/swarm/draw.h"
#include "sim/swarm/episode.h"
#include "tests/sim/swarm_profile.h"

// What mutations of a draw change.

namespace arbees::sim {
namespace {

TEST(Mutation, ChangesTheScheduleAndNothingElse) {
  const LoadedScenario full = profile("full");
  const SwarmDraw before = draw_swarm(full, 3);
  std::set<std::string> schedules;
  for (std::uint64_t mutation = 1; mutation <= 20; ++mutation) {
    const SwarmDraw after = draw_swarm(full, 3, mutation);
    EXPECT_EQ(after.shards, before.shards);
    EXPECT_EQ(after.games.size(), before.games.size());
    EXPECT_EQ(after.settings, before.settings);
    const SeededScenario one(full, 3, mutation);
    EXPECT_EQ(one.loaded().text, SeededScenario(full, 3, mutation).loaded().text);
    schedules.insert(document_text(list_value(after.episodes)));
  }
  EXPECT_GT(schedules.size(), 15U);
}

TEST(Mutation, KeepsToThePolicyAndHealsBeforeTheCalm) {
  const LoadedScenario full = profile("full");
  const Duration active = full.scenario.duration - full.scenario.swarm->calm;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const SwarmDraw draw = draw_swarm(full, seed, seed);
    std::vector<PlannedEpisode> accepted;
    const SeededScenario seeded(full, seed, seed);
    if (seeded.echoes()) {
      continue;
    }
    for (const FaultSpec& fault : seeded.scenario().faults) {
      const Duration lasts = fault.lasts ? fault.lasts->range.hi : Duration{};
      EXPECT_LE(fault.at.range.hi + lasts, active) << seed << " " << fault.name;
    }
    for (const Value& fault : draw.episodes) {
      const Value* lasts = fault.find("for");
      const EpisodeTime time{*parse_span(fault.find("at")->text),
                             lasts == nullptr ? Duration{} : *parse_span(lasts->text)};
      const PlannedEpisode episode = planned(fault, time, draw.shards);
      EXPECT_EQ(refusal(episode, accepted, draw.stable, draw.shards), "") << seed;
      accepted.push_back(episode);
    }
  }
}

}  // namespace
}  // namespace arbees::sim
