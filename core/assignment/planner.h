#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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

/// Why a shard that may be given games cannot have a certain one.
enum class Unsuitable : std::uint8_t {
  owner,       ///< it is the one that the game leaves
  refused,     ///< it refused the game lately
  same_fault,  ///< it suffers from what the game is to be saved from
};

[[nodiscard]] std::string_view to_string(Unsuitable why);

/// A game that needs an owner.
struct Need {
  GameId game;
  MoveReason reason;
  std::map<ShardId, Unsuitable> unsuitable = {};
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
  MoveReason move;                                ///< why it was to move
  std::string reason;                             ///< why nobody can take it
  std::map<ShardId, Unsuitable> unsuitable = {};  ///< shards that cannot have it
};

struct Plan {
  std::vector<Placement> placements;
  std::vector<Unplaced> unplaced;           ///< in the order in which they would be served
  std::map<ShardId, std::string> excluded;  ///< why a shard gets nothing at all
  std::set<ShardId> full;  ///< those whose last room this plan takes, or that had none

  /// Why each shard there is does not take the game, one of `unplaced`.
  [[nodiscard]] std::map<ShardId, std::string_view> reasons_for(const Unplaced& game) const;
};

/// Places each game, in the order given, on the candidate of the best rank with the most free
/// capacity, ties by id. Total: every need is either placed or unplaced with a reason.
[[nodiscard]] Plan place(const std::vector<Need>& needs, const std::vector<Candidate>& candidates);

}  // namespace arbees
