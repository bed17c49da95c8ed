#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I18: shards do what they are told, and what the orchestrator believes of it is so.
///
///   1. A command that ended as acknowledged was carried out: the shard has had the game with that epoch or a later
///      one, or does not run it with that epoch or an earlier one.
///   2. The successor of a planned move has the game before its owner is to give it up, unless that one has lost it.
///   3. When nothing has happened to the fleet for as long as the orchestrator may need (`Limits::tidied`), nobody
///      runs a game that is neither its own nor meant for it.
///
/// What a shard runs is known by its own events, who owns a game by the orchestrator's; epochs put those of several
/// orchestrators in order. Where two processes of a name are possible, or a shard says no epochs, 1 and 2 are not judged.
///
/// Counter-example: PUBLISH answers that nobody listens, and the command counts as acknowledged; a game ends, and its
/// shard is never told.
///
/// Exercised by: each command that was acknowledged, each game that a shard was left with.
class DoneAsTold final : public Invariant {
 public:
  static constexpr std::string_view name = "I18";
  static constexpr std::string_view says =
      "a command that is acknowledged was carried out, and in the end nobody runs a game that is "
      "not its own";

  DoneAsTold(const Limits& limits, const FleetState& fleet);

 private:
  using Command = std::tuple<std::string, ShardId, CommandSeq>;  ///< with the orchestrator's node
  using Running =
      std::pair<GameId, std::string>;  ///< and the shard's node; who runs a game stands together
  struct Run {
    ShardId shard;
    Epoch epoch;
    SimTime stray_since = never;  ///< never: it may run it
    EventId event;                ///< that made it a stray
    bool reported = false;
  };
  struct Owner {
    ShardId shard;
    Epoch epoch;
    ShardId successor;  ///< of a planned move under way
  };

  void on_sent(const CommandSent& event, const SimEnvelope& at);
  void on_command_ended(const CommandEnded& event, const SimEnvelope& at);
  void on_added(const GameAdded& event, const SimEnvelope& at);
  void on_removed(const GameRemoved& event, const SimEnvelope& at);
  void on_refused(const GameRefused& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_acknowledged(const GameAcknowledged& event, const SimEnvelope& at);
  void on_prepared(const HandoffPrepared& event, const SimEnvelope& at);
  void on_ready(const HandoffReady& event, const SimEnvelope& at);
  void on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_discovered(const GameDiscovered& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  void own(const GameId& game, const ShardId& shard, Epoch epoch, const SimEnvelope& at);
  /// Who runs the game and may not, from now on.
  void look_at(const GameId& game, const SimEnvelope& at);
  void look_at(const Running& key, Run& run, const SimEnvelope& at);
  [[nodiscard]] bool is_judged(const ShardId& shard) const;
  [[nodiscard]] bool reachable(const std::string& node) const;

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<Command, Epoch> commands_;
  std::map<Running, Run> running_;
  std::map<GameId, Owner> owners_;
  std::map<GameId, Owner> over_;                     ///< of games that have ended: the last owner
  std::map<std::pair<ShardId, GameId>, Epoch> had_;  ///< the highest that a shard took or refused
  SimTime disturbed_{};
};

}  // namespace arbees::sim
