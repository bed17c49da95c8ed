#pragma once

#include <vector>

#include "sim/scenario/scenario.h"
#include "sim/swarm/draw.h"
#include "sim/swarm/episode.h"

namespace arbees::sim {

/// Draws what operators ask for: shards that are cordoned, drained or under maintenance and then not any more, pauses,
/// games to be moved, games to be sent again. What lasts is taken back before the calm. `planned` are the
/// episodes of the run: a shard that gets no games counts as one that is away.
void draw_orders(const Scenario& profile, std::vector<PlannedEpisode> planned, SwarmDraw& into,
                 Stream& draws);

}  // namespace arbees::sim
