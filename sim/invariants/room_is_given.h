#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/assignment/events.h"
#include "core/health/events.h"
#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I27: nobody says that a game has no place while a shard may be given it. Only who is dead, left, deaf, kept from games
/// by an operator, full, behind a breaker or has refused the game is excluded (ownership.md 4.11).
///
/// A shard counts if the office that says so has heard it, knows of nothing of this kind, and it takes twice as many games
/// as there have been: then it is not full whatever is on its way to it and from it.
///
/// Counter-example: something that all shards work with fails for a minute, all are degraded, and a game that becomes live
/// is watched by nobody.
///
/// Exercised by: each game that is said to have no place.
class RoomIsGiven final : public Invariant {
 public:
  static constexpr std::string_view name = "I27";
  static constexpr std::string_view says =
      "no game is said to have no place while a shard may be given it";

  RoomIsGiven(const Limits& limits, const FleetState& fleet);

 private:
  struct Shard {
    std::uint64_t max_games = 0;  ///< as its process said when it joined this office
    bool heard = false;
    bool leased = false;
    bool excluded = false;  ///< dead, left, or deaf
    bool breaker_closed = true;
  };
  using Office = std::map<ShardId, Shard>;

  void on_started(const OrchestratorStarted& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_status(const StatusChanged& event, const SimEnvelope& at);
  void on_left(const ShardLeft& event, const SimEnvelope& at);
  void on_deaf(const ShardDeaf& event, const SimEnvelope& at);
  void on_opened(const BreakerOpened& event, const SimEnvelope& at);
  void on_closed(const BreakerClosed& event, const SimEnvelope& at);
  void on_marked(const ShardMarked& event, const SimEnvelope& at);
  void on_command_ended(const CommandEnded& event, const SimEnvelope& at);
  void on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at);
  void on_discovered(const GameDiscovered& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_unplaced(const GameUnplaced& event, const SimEnvelope& at);

  [[nodiscard]] bool may_be_given(const ShardId& id, const Shard& shard, const GameId& game) const;
  [[nodiscard]] Shard& shard_of(const ShardId& id, const SimEnvelope& at);

  const Limits& limits_;
  std::map<std::string, Office, std::less<>> offices_;  ///< by node
  std::set<ShardId> marked_;                            ///< an operator keeps them from games
  std::set<ShardId> ever_marked_;
  std::set<std::pair<ShardId, GameId>> refused_;  ///< at some time, or it was too late
  std::map<GameId, ShardId> owners_;
  std::set<GameId> games_;  ///< all that ever were
};

}  // namespace arbees::sim
