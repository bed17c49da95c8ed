#pragma once

#include <memory>

#include "core/ports/dependencies.h"
#include "core/ports/ports.h"
#include "core/shard/settings.h"

namespace arbees::sim {

/// A game shard as the existing system has it (docs/wire.md, "Heartbeat" and "Commands"), for mixed
/// fleets. It says the existing fields and no others, follows add_game and remove_game whatever
/// epoch they name, never refuses, and emits for all it runs: connected or not, nothing stops it
/// but their removal or its end. Its heartbeats find their way back to Redis; its subscription to
/// commands, once lost, is lost for good, and nothing it says shows that. It ends without a word.
///
/// `ports` and `dependencies` must outlive it.
[[nodiscard]] std::unique_ptr<Program> make_old_wire_shard(Ports& ports,
                                                           const ShardSettings& settings,
                                                           const Dependencies& dependencies);

}  // namespace arbees::sim
