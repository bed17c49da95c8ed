#pragma once

#include <functional>
#include <memory>

#include "core/ports/ports.h"
#include "core/redis/bus.h"

namespace arbees::sim {

/// Told who owns a game.
using OwnerNamed = std::function<void(const GameId& game, const ShardId& shard, Epoch epoch)>;

/// The consumer's ear: follows the ownership feed, and asks for all that is assigned whenever it may have missed
/// something. Fleets with shards of old wire need it: their signals count by it alone.
[[nodiscard]] std::unique_ptr<Program> make_ownership_reader(Ports& ports,
                                                             arbees::redis::BusSettings redis,
                                                             OwnerNamed named);

}  // namespace arbees::sim
