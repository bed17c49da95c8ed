#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/swarm/draw.h"

namespace arbees::sim {

[[nodiscard]] std::string shard_named(std::uint64_t number);

/// Each shard of the fleet is as likely as the others.
[[nodiscard]] std::string any_shard(const SwarmDraw& fleet, Stream& draws);
/// So many different ones, in the order of their numbers.
[[nodiscard]] std::vector<std::string> some_shards(std::int64_t wanted, const SwarmDraw& fleet,
                                                   Stream& draws);

}  // namespace arbees::sim
