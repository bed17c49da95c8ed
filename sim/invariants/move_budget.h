#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/assignment/events.h"
#include "core/assignment/move_reason.h"
#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I5, per orchestrator:
///
///   1. No move for a reason that a mode forbids is decided while the mode is on. A decision is seen when its
///      commit is over, and says how long that took: one that was taken before the mode was entered is no violation,
///      however slow the store was. A planned move to a shard of the old wire is judged when it begins: once that one has the
///      game it emits, and the move is completed whatever the mode.
///   2. No more planned moves are under way than are allowed at once.
///   3. In no second more games fail over, or planned moves begin, than their rate and its burst allow. A planned move whose
///      owner is lost when its successor is ready has been counted when it began.
///
///   4. What an operator has moved is not moved again to make the fleet even.
///
///   5. What was taken from a shard that restarts again and again is not taken from the next one for the same reason, unless that has
///      restarted since: nobody is a better place than who is as bad.
///
/// First placements, adoptions and new epochs of the same shard are no moves.
///
/// Counter-example: a switch takes six of ten shards away, and their games are moved while their deaths are
/// held back (HOLD).
///
/// Exercised by: each game that changes shards, each planned move.
class MoveBudget final : public Invariant {
 public:
  static constexpr std::string_view name = "I5";
  static constexpr std::string_view says =
      "moves stay within their budget, and none is made where the mode forbids it";

  MoveBudget(const Limits& limits, const FleetState& fleet);

 private:
  struct Office {
    std::map<std::string, SimTime> modes;  ///< since when each is on
    std::set<GameId> under_way;
    std::set<GameId> ready;         ///< planned moves of which the commit alone is missing
    std::deque<SimTime> failovers;  ///< of the last second
    std::deque<SimTime> prepared;   ///< planned moves begun in the last second
  };

  /// A game was given away because its owner restarted again and again.
  struct Spared {
    ShardId to;
    SimTime decided{};
  };

  void on_restarted(const ShardRestarted& event, const SimEnvelope& at);
  void on_started(const OrchestratorStarted& event, const SimEnvelope& at);
  void on_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_left(const ModeLeft& event, const SimEnvelope& at);
  void on_prepared(const HandoffPrepared& event, const SimEnvelope& at);
  void on_ready(const HandoffReady& event, const SimEnvelope& at);
  void on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);

  /// `took`: since the move was decided, on the clock of its orchestrator.
  void check_mode(const Office& office, MoveReason reason, const GameId& game, Duration took,
                  const SimEnvelope& at);
  void check_spared(const GameAssigned& event, const SimEnvelope& at);
  /// One more of these was decided within a second; `allowed` is a burst of one second's worth, and what the second brings.
  void count(std::deque<SimTime>& lately, std::uint64_t allowed, std::string_view what,
             const GameId& game, Duration took, const SimEnvelope& at);

  const Limits& limits_;
  std::map<std::string, Office, std::less<>> offices_;  ///< by node
  std::map<GameId, ShardId> owners_;
  std::set<GameId> ended_;
  std::map<GameId, Spared> spared_;      ///< and not since
  std::map<ShardId, SimTime> restarts_;  ///< the last one that was noticed
  std::set<GameId> by_order_;            ///< moved by an operator, and not since
};

}  // namespace arbees::sim
