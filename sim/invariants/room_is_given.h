#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/assignment/events.h"
#include "core/health/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/disk/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I27: nobody says that a game has no place while a shard may be given it. Only who is dead, left, deaf, kept from games
/// by an operator, full, behind a breaker or has refused the game lately is excluded (ownership.md 4.11); and who restarts again and again,
/// from the games of another one that does.
///
/// A shard counts if the office that says so has heard it, knows of nothing of this kind, and it takes twice as many games
/// as there have been: then it is not full whatever is on its way to it and from it.
///
/// Nor does a game wait that an operator wants moved: when nothing has happened to the fleet and no game has moved for three
/// seconds, its move has begun, if a shard may be given it that takes as many games as there have been.
///
/// Counter-example: something that all shards work with fails for a minute, all are degraded, and a game that becomes live
/// is watched by nobody.
///
/// Exercised by: each game that is said to have no place, each that an operator wants moved and that moves or waits.
class RoomIsGiven final : public Invariant {
 public:
  static constexpr std::string_view name = "I27";
  static constexpr std::string_view says =
      "no game is said to have no place while a shard may be given it, and none waits that an "
      "operator wants moved to one";

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
  /// An operator wants a game moved.
  struct Wish {
    std::string orchestrator;
    SimTime since{};
    EventId event;
  };

  void on_started(const OrchestratorStarted& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_status(const StatusChanged& event, const SimEnvelope& at);
  void on_unstable(const ShardUnstable& event, const SimEnvelope& at);
  void on_stable(const ShardUnstableEnded& event, const SimEnvelope& at);
  void on_left(const ShardLeft& event, const SimEnvelope& at);
  void on_deaf(const ShardDeaf& event, const SimEnvelope& at);
  void on_opened(const BreakerOpened& event, const SimEnvelope& at);
  void on_closed(const BreakerClosed& event, const SimEnvelope& at);
  void on_marked(const ShardMarked& event, const SimEnvelope& at);
  void on_game_refused(const GameRefused& event, const SimEnvelope& at);
  void on_command_ended(const CommandEnded& event, const SimEnvelope& at);
  void on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at);
  void on_discovered(const GameDiscovered& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_unplaced(const GameUnplaced& event, const SimEnvelope& at);
  void on_prepared(const HandoffPrepared& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_refused(const OperatorRefused& event, const SimEnvelope& at);
  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_mode_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_mode_left(const ModeLeft& event, const SimEnvelope& at);
  void on_store_failed(const StoreFailed& event, const SimEnvelope& at);
  void on_write_begun(const StoreWriteBegun& event, const SimEnvelope& at);
  void on_write_acknowledged(const StoreWriteAcknowledged& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  /// Something is different: what can be done about a wish is done a little later.
  void stir(SimTime now);
  void fulfilled(const GameId& game);
  /// The shard could not take the game, and is not asked again for a while.
  void refuse(const ShardId& shard, const GameId& game, SimTime now);
  [[nodiscard]] bool may_be_given(const ShardId& id, const Shard& shard, const GameId& game,
                                  SimTime now) const;
  [[nodiscard]] bool decides(const std::string& orchestrator) const;
  [[nodiscard]] bool is_nobody_elses(const GameId& game, SimTime now) const;
  [[nodiscard]] std::optional<ShardId> place_for(const GameId& game, const Office& office,
                                                 SimTime now) const;
  [[nodiscard]] Shard& shard_of(const ShardId& id, const SimEnvelope& at);

  const Limits& limits_;
  std::map<std::string, Office, std::less<>> offices_;  ///< by node
  std::set<ShardId> marked_;                            ///< an operator keeps them from games
  std::set<ShardId> ever_marked_;
  std::set<std::pair<ShardId, GameId>> could_not_take_;  ///< at some time, by the shard's own word
  std::map<std::pair<ShardId, GameId>, SimTime> refused_;  ///< until when that counts
  std::map<GameId, ShardId> owners_;
  std::set<ShardId> unstable_;
  std::set<GameId> games_;  ///< all that ever were

  const FleetState& fleet_;
  std::map<GameId, Wish> wishes_;
  std::map<GameId, SimTime> assigned_;
  std::set<GameId> moving_;
  std::set<std::pair<std::string, std::string>> modes_;  ///< by node
  std::set<std::string> writing_;                        ///< orchestrators with a commit under way
  SimTime term_taken_{};
  SimTime stirred_{};
};

}  // namespace arbees::sim
