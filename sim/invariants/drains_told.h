#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/alerts/events.h"
#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I26: a drain whose time is over while its shard has games is told to people within a second (DRAIN_STUCK). It takes
/// the time that was given for it; what is left of that after another start of the orchestrator is not judged.
///
/// Counter-example: a shard is drained for half a minute, nobody has room for its games, and whoever waits for the drain
/// waits for ever.
///
/// Exercised by: each drain whose time was over.
class DrainsTold final : public Invariant {
 public:
  static constexpr std::string_view name = "I26";
  static constexpr std::string_view says =
      "a drain that is not done when its time is over raises its alert within a second";

  DrainsTold(const Limits& limits, const FleetState& fleet);

 private:
  using Key = std::pair<std::string, ShardId>;  ///< with the orchestrator's node
  struct Drain {
    SimTime due;  ///< by then the alert must be open
    EventId event;
  };

  void on_marked(const ShardMarked& event, const SimEnvelope& at);
  void on_retired(const ShardRetired& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_raised(const AlertRaised& event, const SimEnvelope& at);
  void on_restored(const AlertRestored& event, const SimEnvelope& at);
  void on_resolved(const AlertResolved& event, const SimEnvelope& at);
  void on_started(const OrchestratorStarted& event, const SimEnvelope& at);
  void on_stepped_down(const SteppedDown& event, const SimEnvelope& at);
  void on_thawed(const NodeThawed& event, const SimEnvelope& at);
  void expired(SimTime moment) override;

  void take(const GameId& game);
  void forget(std::string_view node);
  [[nodiscard]] Duration second() const { return limits_.by_node_clock(seconds{1}); }

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<Key, Drain> drains_;
  std::set<Key> open_;  ///< alerts
  std::map<GameId, ShardId> owners_;
  std::map<ShardId, std::set<GameId>> owned_;
  std::map<ShardId, SimTime> owns_since_;  ///< any game, without a gap
};

}  // namespace arbees::sim
