#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I30: what an orchestrator has begun it ends by itself.
///
///   1. A shard that it told to run a game is told when it shall not any more: it need not be found with it (a zombie),
///      unless it was dead, or gone, or replaced meanwhile.
///   2. A game that ended while nobody was in office has ended for whoever takes the office, within a second.
///   3. Out of WARM_UP, what a shard has acknowledged and does not run is not said to it twice more with the same epoch: it
///      has dropped the game by a later order, and would never take it (C8).
///
/// Counter-example: a game ends in the middle of its move, and its owner alone is told to drop it.
///
/// Exercised by: each zombie, each game that ended without an orchestrator, each order that was said again.
class EndsAreSaid final : public Invariant {
 public:
  static constexpr std::string_view name = "I30";
  static constexpr std::string_view says =
      "a shard is told when it shall run a game no more, and a game that is over has ended for "
      "who is in office";

  EndsAreSaid(const Limits& limits, const FleetState& fleet);

 private:
  using Told = std::pair<ShardId, GameId>;
  struct Repeated {
    Epoch epoch;
    bool acknowledged = false;  ///< the last order with this epoch
    std::uint64_t times = 0;    ///< that it was said again after that
  };
  struct Ended {
    SimTime due;  ///< by then it must be said
    EventId event;
  };

  void on_started(const OrchestratorStarted& event, const SimEnvelope& at);
  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_sent(const CommandSent& event, const SimEnvelope& at);
  void on_command_ended(const CommandEnded& event, const SimEnvelope& at);
  void on_acknowledged(const GameAcknowledged& event, const SimEnvelope& at);
  void on_mode_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_mode_left(const ModeLeft& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_left(const ShardLeft& event, const SimEnvelope& at);
  void on_zombie(const ZombieFound& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_told(const OwnershipTold& event, const SimEnvelope& at);
  void on_game_ended(const GameEnded& event, const SimEnvelope& at);
  void on_fault(const FaultStarted& event, const SimEnvelope& at);
  void on_node_started(const NodeStarted& event, const SimEnvelope& at);
  void expired(SimTime moment) override;

  void forget(const ShardId& shard);
  [[nodiscard]] bool is_judged(const ShardId& shard) const;
  void judge_repeated(const CommandSent& event, const SimEnvelope& at);
  [[nodiscard]] Duration second() const { return limits_.by_node_clock(seconds{1}); }

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<Told, Epoch> told_;  ///< to run it, by who is in office
  std::map<Told, Repeated> repeated_;
  bool warms_up_ = false;
  std::set<GameId> owned_;  ///< and not said to have ended since
  std::map<GameId, Ended> over_;
  bool remembers_all_ = true;  ///< the store, as far as one can tell
};

}  // namespace arbees::sim
