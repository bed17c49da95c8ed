#pragma once

#include <cstddef>
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
  leaving,     ///< it has a reason of its own to give its games away: the game would come back
};

[[nodiscard]] std::string_view to_string(Unsuitable why);

using Unsuitables = std::map<ShardId, Unsuitable>;

/// A game that needs an owner.
struct Need {
  GameId game;
  MoveReason reason;
  Unsuitables unsuitable = {};
  std::optional<ShardId> preferred = {};     ///< taken if it has room, whatever its rank
  std::optional<std::size_t> of_owner = {};  ///< and who is in these of the plan
};

struct Placement {
  GameId game;
  ShardId shard;
  Boot boot;
  MoveReason reason;
};

struct Unplaced {
  GameId game;
  MoveReason move;                           ///< why it was to move
  std::string reason;                        ///< why nobody can take it
  Unsuitables unsuitable = {};               ///< shards that cannot have it
  std::optional<std::size_t> of_owner = {};  ///< nor those in these of the plan
};

struct Plan {
  std::vector<Placement> placements;
  std::vector<Unplaced> unplaced;           ///< in the order in which they would be served
  std::map<ShardId, std::string> excluded;  ///< why a shard gets nothing at all
  /// Who is unsuitable for all games that leave their owner for the same reason: in a large fleet a list for each game would be too many.
  std::vector<Unsuitables> of_owners;
  std::set<ShardId> full;  ///< those whose last room this plan takes, or that had none

  /// Why each shard there is does not take the game, one of `unplaced`.
  [[nodiscard]] std::map<ShardId, std::string_view> reasons_for(const Unplaced& game) const;
};

/// Makes a plan, game by game in the order in which they are to be served: each is placed on the candidate of the best
/// rank with the most free capacity, ties by id. Total: each is either placed or unplaced with a reason.
class Placer {
 public:
  explicit Placer(const std::vector<Candidate>& candidates);

  /// The place of these in the plan: the same for any number of needs.
  std::size_t add(Unsuitables of_owner);
  /// Whether somebody takes it.
  bool place(const Need& need);
  /// Whether anybody takes anything at all.
  [[nodiscard]] bool has_room() const { return room_ > 0; }
  /// What came of it; once.
  [[nodiscard]] Plan finish();

 private:
  /// The order in which candidates are preferred.
  struct Better {
    bool operator()(const Candidate& a, const Candidate& b) const;
  };
  using Open = std::set<Candidate, Better>;

  /// Why the shard cannot have the game, or nothing.
  [[nodiscard]] std::optional<Unsuitable> objection(const Need& need, const ShardId& shard) const;
  [[nodiscard]] Open::iterator best_for(const Need& need) const;
  [[nodiscard]] std::string why_nobody(const Need& need) const;

  Open open_;
  /// What speaks against all that have room: room only becomes less while a plan is made.
  std::map<std::size_t, std::string> hopeless_;
  std::uint64_t room_ = 0;  ///< of all together
  Plan plan_;
};

}  // namespace arbees
