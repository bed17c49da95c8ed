#pragma once

#include <algorithm>
#include <optional>
#include <set>

#include "core/assignment/decisions.h"

namespace arbees {

/// Sends a restarted shard its games again, under new epochs (seed 2.1): after a debounce that counts from
/// the first restart not served yet, a few games at a time, and each shard by itself (M6).
///
/// A store that lost what was decided may name an owner of old. Neither its restarted process nor the old one, if that does not emit for it,
/// must get such a game while somebody who is not heard may hold it (C8): in doubt it gets what it runs already, and the rest later.
class Resyncs {
 public:
  Resyncs(const AssignmentContext& context, Decisions& decisions)
      : context_(context), decisions_(decisions) {}

  void schedule(Shard& shard, EventId cause, MonoTime now);
  /// A decision for an earlier process became durable only now: the debounce was served while it waited.
  void catch_up(Shard& shard, EventId cause, MonoTime now);
  /// An operator wants it now, whether the shard restarted or not.
  void begin_now(Shard& shard, EventId cause, MonoTime now);
  /// What it decided for this game was refused by the store, or is in doubt since: the game waits for the next try.
  void given_in_vain(Shard& shard, const GameId& game, MonoTime now);
  /// The owner has the game; its resync may be complete with it.
  void acknowledged(Shard& shard, const GameId& game);
  void finish_if_done(Shard& shard, EventId cause);

  /// What a term that ended without its store decided is missing: another process may have been given games that rows name ours for.
  void doubt_rows_until(MonoTime leases_over) {
    doubted_until_ = std::max(doubted_until_, leases_over);
  }
  /// Perhaps some rows are older than what shards run; the leases of whoever has such games are over by then. It may as well be that one
  /// write was under way when its writer ended, so it is enough to have heard all known shards before.
  void doubt_rows_unless_all_heard(MonoTime leases_over) {
    doubted_until_all_heard_ = std::max(doubted_until_all_heard_, leases_over);
  }

  /// Every shard that is known, whether or not a row names it.
  [[nodiscard]] bool all_heard() const;
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  [[nodiscard]] bool may_start() const;
  void schedule_in(Duration debounce, bool everything, Shard& shard, EventId cause, MonoTime now);
  void start(Shard& shard, MonoTime now);
  /// Whether nothing speaks against giving the shard a game that its row says is the shard's.
  [[nodiscard]] bool may_have(const Shard& shard, const GameState& state, MonoTime now) const;
  static void put_off(Resync& resync, MonoTime due);
  [[nodiscard]] Change give_again(Shard& shard, const GameState& state, Epoch epoch, MonoTime now);

  AssignmentContext context_;
  Decisions& decisions_;
  std::set<ShardId> waiting_;  ///< scheduled and not started
  MonoTime doubted_until_{};
  MonoTime doubted_until_all_heard_{};
};

}  // namespace arbees
