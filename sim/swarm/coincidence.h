#pragma once

#include "sim/swarm/additions.h"

namespace arbees::sim {

/// Adds what happens together more often than by chance, for a share of what was drawn: games are moved when the
/// orchestrator ends or its store is put back to before it, a game ends while it moves or while nobody is in office. People
/// work on a fleet that is in trouble, and games do not wait for it.
void draw_coincidences(Additions& additions, Stream& draws);

}  // namespace arbees::sim
