#pragma once

#include <optional>
#include <set>

#include "core/assignment/decisions.h"

namespace arbees {

/// Sends a restarted shard its games again, under new epochs (seed 2.1): after a debounce that counts from
/// the first restart not served yet, a few games at a time, and each shard by itself (M6).
class Resyncs {
 public:
  Resyncs(const AssignmentContext& context, Decisions& decisions)
      : context_(context), decisions_(decisions) {}

  void schedule(Shard& shard, EventId cause, MonoTime now);
  /// A decision for an earlier process became durable only now: the debounce was served while it waited.
  void catch_up(Shard& shard, EventId cause, MonoTime now);
  /// An operator wants it now, whether the shard restarted or not.
  void begin_now(Shard& shard, EventId cause, MonoTime now);
  /// What it wanted to commit was refused: the shard's games wait for the next try.
  void try_again(Shard& shard, MonoTime now);
  /// The owner has the game; its resync may be complete with it.
  void acknowledged(Shard& shard, const GameId& game);
  void finish_if_done(Shard& shard, EventId cause);

  /// Our store has lost what a term decided: a game of a shard that restarted may be somebody else's since, who may emit for
  /// it until then (C8).
  void wait_until(MonoTime leases_over) { not_before_ = leases_over; }

  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  void schedule_in(Duration debounce, bool everything, Shard& shard, EventId cause, MonoTime now);
  void start(Shard& shard, MonoTime now);

  AssignmentContext context_;
  Decisions& decisions_;
  MonoTime not_before_{};
  std::set<ShardId> waiting_;  ///< scheduled and not started
};

}  // namespace arbees
