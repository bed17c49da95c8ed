#pragma once

#include <expected>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/ports/ports.h"
#include "core/shard/allegiance.h"
#include "core/shard/game_table.h"
#include "core/shard/lease.h"
#include "core/shard/recorded_alerts.h"
#include "core/shard/settings.h"

namespace arbees {

/// What a shard emits: signals for the games it has the right to emit for (ownership.md 3), and events
/// that say when it gets and loses that right.
///
/// Before any orchestrator spoke with a term nobody grants anything: the existing system's rules.
/// Everything it is given must outlive it.
class Emission {
 public:
  Emission(Ports& ports, const ShardSettings& settings, Boot boot, const Allegiance& allegiance,
           GameTable& games, RecordedAlerts& alerts);

  /// The first signals leave one period from now.
  void start();
  /// What the passing of time brings.
  void advance(MonoTime now);
  /// When `advance` must be called next.
  [[nodiscard]] MonoTime deadline() const;

  /// It needs grants.
  [[nodiscard]] bool bound() const;
  [[nodiscard]] Lease& lease() { return lease_; }
  [[nodiscard]] const Lease& lease() const { return lease_; }

  /// Says of each game that has got or lost the right to emit that it has.
  void update_fences(EventId cause);
  /// The games that were last said to be without that right.
  [[nodiscard]] std::vector<GameId> fenced() const;
  /// What a fenced shard promises with the heartbeat `saying` it: not to use grants that come too late.
  void give_up_late_grants(HeartbeatSeq saying);

 private:
  [[nodiscard]] std::expected<Duration, FenceReason> may_emit(const GameId& id,
                                                              const RunningGame& game) const;
  void emit_signals();

  Ports& ports_;
  const ShardSettings& settings_;
  Boot boot_;
  const Allegiance& allegiance_;
  GameTable& games_;
  RecordedAlerts& alerts_;
  Lease lease_;
  MonoTime next_signals_{};
};

}  // namespace arbees
