#pragma once

#include <cstdint>
#include <vector>

#include "core/base/ids.h"

namespace arbees {

/// How full a shard is that takes part in balancing.
struct Load {
  ShardId shard;
  std::uint64_t games;
  std::uint64_t capacity;  ///< above 0
};

struct BalancePolicy {
  std::uint64_t trigger_percent;  ///< begin when the fullest is so far above the mean; 0: never
  std::uint64_t moves_max;        ///< in one round
};

/// One game, of whichever the planner chooses, from one shard to another.
struct BalanceMove {
  ShardId from;
  ShardId to;

  friend bool operator==(const BalanceMove&, const BalanceMove&) = default;
};

/// The moves of one round, each of which makes the fleet more even; none while no shard is far above the
/// mean (seed: "no cross-shard load balancing"). Fullness is what is compared: games per capacity. Begun, a
/// round goes on below the trigger, so that a new shard gets its share and not just what is above the
/// threshold. Total, ties by id.
[[nodiscard]] std::vector<BalanceMove> balance(std::vector<Load> loads,
                                               const BalancePolicy& policy);

}  // namespace arbees
