#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I24. The wait before a shard that restarted gets its games back is counted from the first restart that
/// was not served: another restart does not put it off (ownership.md 4.9, H5).
///
/// A wait begins with ResyncScheduled, and is over when its time has come, when the shard gets games, dies
/// or leaves, or when the orchestrator ends.
///
/// Counter-example: a shard restarts every 4 s, the wait of 5 s begins anew each time, and nobody has its
/// games.
///
/// Exercised by: each restart of a shard that was waited for.
class ResyncWait final : public Invariant {
 public:
  static constexpr std::string_view name = "I24";
  static constexpr std::string_view says =
      "the wait before a restarted shard gets its games back is not put off by another restart";

  ResyncWait(const Limits& limits, const FleetState& fleet);

 private:
  using Key = std::pair<std::string, ShardId>;  ///< the orchestrator's node, the shard
  struct Wait {
    SimTime since{};
    Duration lasts{};
  };

  void on_restarted(const ShardRestarted& event, const SimEnvelope& at);
  void on_scheduled(const ResyncScheduled& event, const SimEnvelope& at);
  void on_completed(const ResyncCompleted& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_left(const ShardLeft& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);

  [[nodiscard]] Wait* open(const Key& key, SimTime now);

  const Limits& limits_;
  std::map<Key, Wait> waits_;
};

}  // namespace arbees::sim
