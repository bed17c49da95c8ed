#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I16, per orchestrator and shard:
///
///   starting -> healthy <-> degraded -> unhealthy -> dead;  unhealthy -> degraded, healthy;
///   dead from everywhere;  dead -> healthy, degraded, with a ShardRecovered of the same instant.
///
///   1. Each StatusChanged goes along one of these edges, and begins where the one before ended. A shard
///      begins at `starting`, and may do so anew when an incarnation joins.
///   2. A change to `dead` comes with a ShardDied (or ShardLeft) of the same instant, and the other way
///      round; a ShardRecovered comes with a change out of `dead`.
///   3. A ShardRecovered says how long the shard was dead, by the orchestrator's clock.
///   4. A change has a cause. Only one for the worse may have none: time alone can make a shard worse;
///      it gets better only by being heard.
///
/// Counter-example: the existing system overwrites the status with what a beat reports, so that `dead`
/// becomes `healthy` and nobody is told.
///
/// Exercised by: each StatusChanged.
class StatusEdges final : public Invariant {
 public:
  static constexpr std::string_view name = "I16";
  static constexpr std::string_view says =
      "status changes only along its edges, and every change has an event with its cause";

  StatusEdges(const Limits& limits, const FleetState& fleet);

 private:
  using Key = std::pair<std::string, ShardId>;  ///< with the orchestrator's node
  struct Shard {
    std::string status = "starting";
    bool may_begin = false;  ///< an incarnation joined since the last change
    MonoTime since{};        ///< of the orchestrator's clock
  };
  /// What was said of a shard in one instant; judged when the instant is over.
  struct Instant {
    EventId to_dead;    ///< the change
    EventId from_dead;  ///< the change
    EventId died;       ///< ShardDied
    EventId left;       ///< ShardLeft
    EventId recovered;  ///< ShardRecovered
  };

  void on_changed(const StatusChanged& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_left(const ShardLeft& event, const SimEnvelope& at);
  void on_recovered(const ShardRecovered& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);
  void expired(SimTime moment) override;

  Instant& instant(const ShardId& shard, const SimEnvelope& at);
  void judge_edge(const Shard& before, const StatusChanged& event, const SimEnvelope& at);

  std::map<Key, Shard> shards_;
  std::map<Key, Instant> instants_;  ///< all of one moment
};

}  // namespace arbees::sim
