#pragma once

#include "sim/swarm/draw.h"

namespace arbees::sim {

/// What the shape of a fault leaves open, and only a fleet can say: one that has a way may go the other; it may happen to several nodes at once, to all
/// shards where they go on with it, or to a service; and a shard may come back with room for more or fewer games, or,
/// in a fleet with shards of the existing system, as the other program.
void vary(Value& fault, const FaultRow& row, const SwarmDraw& fleet, Stream& draws);

}  // namespace arbees::sim
