#pragma once

#include <span>

#include "sim/scenario/scenario.h"
#include "sim/swarm/draw.h"
#include "sim/swarm/episode.h"

namespace arbees::sim {

/// Adds what happens together more often than by chance, for a share of what was drawn: games are moved when the
/// orchestrator ends or its store is put back to before it, a game ends while it moves or while nobody is in office. People
/// work on a fleet that is in trouble, and games do not wait for it. `planned` are the episodes drawn so far.
void draw_coincidences(const Scenario& profile, std::span<const PlannedEpisode> planned,
                       SwarmDraw& into, Stream& draws);

}  // namespace arbees::sim
