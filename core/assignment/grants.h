#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "core/assignment/bookkeeper.h"

namespace arbees {

/// Who may emit for which game now: answers heartbeats, and knows when an earlier owner certainly cannot
/// emit any more (ownership.md 4.1, 4.2).
class Grants {
 public:
  Grants(const AssignmentContext& context, Bookkeeper& books) : context_(context), books_(books) {}

  /// Answers the newest heartbeat with the games the shard may emit for.
  void grant(Shard& shard, EventId cause);
  /// A new term has begun, with a store that may be a copy from before. Until each shard that it knows has said what it runs, or
  /// had the time to, no owner of before gets back what it does not emit for: somebody else may have got that since, by a decision
  /// that the store has lost (4.5, C8).
  void listen_for(Duration listening);
  /// Every shard gets a grant that lasts this long from now (SIGTERM, ownership.md 4.15).
  void grant_everybody(Duration lease, EventId cause);

  /// Somebody but the owner may still emit for the game; it need have no owner, or be dropped.
  void hand_over(const GameId& game) { handing_over_.insert(game); }
  /// `shard` can certainly not emit for the game any more; the owner, if there is one, is told when nobody else can.
  void release(const GameId& game, const ShardId& shard, std::string_view proof, EventId cause);
  /// The shard follows our term: it emits under no grant of an earlier one, also not for what it was to give up when
  /// that term ended. One that emits without grants must not list the game either.
  void void_earlier_terms(const Shard& shard, EventId cause);
  /// A shard of the old wire, which says all it runs with each beat, does not hold what it does not list.
  void release_unlisted(const Shard& shard, EventId cause);
  /// The shard ended in order: nobody emits for its games any more.
  void give_back_all(const Shard& shard, EventId cause);

  /// Releases leases that are over.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  void answer(Shard& shard, Duration lease, MonoTime over, EventId cause);
  [[nodiscard]] bool is_held_back(const GameState& state, bool listens, MonoTime now) const;
  [[nodiscard]] bool listens(MonoTime now) const;
  void stop_listening();
  /// The games that this process may still emit for although its shard does not own them.
  [[nodiscard]] std::vector<GameId> to_give_up(const Shard& shard) const;

  AssignmentContext context_;
  Bookkeeper& books_;
  std::optional<Duration> listens_to_;  ///< of seeing time
  std::set<GameId> handing_over_;
};

}  // namespace arbees
