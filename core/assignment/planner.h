#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/assignment/move_reason.h"
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
  MoveReason reason;
  std::set<ShardId> unsuitable = {};
  std::optional<ShardId> preferred = {};  ///< taken if it has room, whatever its rank
};

struct Placement {
  GameId game;
  ShardId shard;
  Boot boot;
  MoveReason reason;
};

struct Unplaced {
  GameId game;
  MoveReason move;                    ///< why it was to move
  std::string reason;                 ///< why nobody can take it
  std::set<ShardId> unsuitable = {};  ///< shards with room that cannot have it
};

struct Plan {
  std::vector<Placement> placements;
  std::vector<Unplaced> unplaced;           ///< in the order in which they would be served
  std::map<ShardId, std::string> excluded;  ///< why a shard gets nothing at all
};

/// Places each game, in the order given, on the candidate of the best rank with the most free
/// capacity, ties by id. Total: every need is either placed or unplaced with a reason.
[[nodiscard]] Plan place(const std::vector<Need>& needs, const std::vector<Candidate>& candidates);

}  // namespace arbees
