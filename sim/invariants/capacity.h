#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// I4. When a game is assigned to a shard that did not own it, that shard does not
/// thereby hold more games than it takes. What was decided before counts with what was known then: a commit takes its time.
///
/// A shard holds the games committed to it, acknowledged or still on their way, those it was told to prepare,
/// and those whose removal it was told and did not settle: they run there until it has. It takes the `max_games` with which its
/// current incarnation joined. A new epoch for the same shard is no new assignment, nor is the adoption
/// of what a shard was found running.
///
/// And no shard is given a game that operators have cordoned or drain.
///
/// A shard that comes back with less room than it has games is left with no more than it takes, once nothing has happened
/// to the fleet for `Limits::tidied` and a second for each of them, and others have room.
///
/// Counter-example: max_games 1, the removal of g1 is unanswered, and g2 is assigned: the shard refuses it.
///
/// Exercised by: each new assignment to a shard whose `max_games` is known.
class Capacity final : public Invariant {
 public:
  static constexpr std::string_view name = "I4";
  static constexpr std::string_view says =
      "no new assignment above max_games, in flight and prepared ones counted, nor to a shard that "
      "operators keep from games";

  Capacity(const Limits& limits, const FleetState& fleet);

 private:
  struct Shard {
    std::uint64_t max_games = 0;         ///< 0: unknown
    std::uint64_t max_games_before = 0;  ///< of the process before
    SimTime joined = never;
    std::set<GameId> committed;
    std::set<GameId> prepared;  ///< about to be its own (a planned move)
    std::set<GameId> leaving;   ///< told to remove, not settled
    bool excess_told = false;
    SimTime kept_since =
        never;  ///< when an operator said that it gets no games; never: it gets some
  };

  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_started(const OrchestratorStarted& event, const SimEnvelope& at);
  void on_fault(const FaultStarted& event, const SimEnvelope& at);
  void on_marked(const ShardMarked& event, const SimEnvelope& at);
  void on_prepared(const HandoffPrepared& event, const SimEnvelope& at);
  void on_ready(const HandoffReady& event, const SimEnvelope& at);
  void on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_told(const OwnershipTold& event, const SimEnvelope& at);
  void on_sent(const CommandSent& event, const SimEnvelope& at);
  void on_command_ended(const CommandEnded& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;
  /// Nobody has it, or is about to.
  void forget(const GameId& game);
  [[nodiscard]] std::uint64_t excess(const Shard& shard, SimTime now) const;
  /// How many more games the others can take.
  [[nodiscard]] std::uint64_t room_beside(const ShardId& id) const;
  [[nodiscard]] SimTime due_of(std::uint64_t excess) const;

  /// A game that a decision gives to a shard, and when it was taken at the earliest.
  struct Given {
    const ShardId& shard;
    const GameId& game;
    const std::string& reason;
    SimTime decided;
  };
  [[nodiscard]] SimTime decided(SimTime written, Duration took) const {
    return written - limits_.by_node_clock(took);
  }
  void check_room(const Given& given, const SimEnvelope& at);
  void check_marks(const Given& given, const SimEnvelope& at);

  const Limits& limits_;
  const FleetState& fleet_;
  SimTime disturbed_{};  ///< or a shard joined, or a game came or went
  std::map<ShardId, Shard> shards_;
  std::map<GameId, ShardId> owners_;
};

}  // namespace arbees::sim
