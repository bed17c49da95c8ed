#pragma once

#include "core/orchestrator/fleet.h"
#include "core/orchestrator/voice.h"

namespace arbees {

/// Raises what is so of the fleet as a whole, and resolves what is not: all its shards are dead, or all
/// the living are ill, or none that lives is well. At most one of the three at a time. To be called
/// whenever the status of a shard has changed; those that ended in order, and those not heard yet, do not count.
void report_fleet_health(const Fleet& fleet, Voice& voice, EventId cause);

}  // namespace arbees
