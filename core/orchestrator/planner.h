#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/base/ids.h"

namespace arbees {

/// A shard that may be given games now.
struct Candidate {
  ShardId shard;
  Boot boot;
  std::uint64_t free;      ///< games it can still take, what is in flight counted
  std::uint64_t rank = 0;  ///< lower is better; probation and degradation rank lower, not out
};

/// A game that needs an owner.
struct Need {
  GameId game;
  std::string reason;  ///< first, dead, deaf, left, refused
  std::set<ShardId> unsuitable;
};

struct Placement {
  GameId game;
  ShardId shard;
  Boot boot;
  std::string reason;
};

struct Unplaced {
  GameId game;
  std::string reason;
};

struct Plan {
  std::vector<Placement> placements;
  std::vector<Unplaced> unplaced;
};

/// Places each game, in the order given, on the candidate of the best rank with the most free
/// capacity, ties by id. Total: every need is either placed or unplaced with a reason.
[[nodiscard]] Plan place(const std::vector<Need>& needs, std::vector<Candidate> candidates);

}  // namespace arbees
