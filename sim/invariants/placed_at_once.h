#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "sim/disk/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/remembered.h"

namespace arbees::sim {

/// I21. What may be decided is decided at once. A game that nobody has owned yet, and one whose owner was
/// declared dead, is assigned within two seconds and its turn in the rate of failovers, or the orchestrator
/// says that nobody can take it (GameUnplaced).
///
/// Counted from when nothing keeps the orchestrator from it: no mode but STORE_OUT, which allows both for
/// STORE_OUT_MAX_SECS (ownership.md 4.6, C9); for a first placement also no lease of an earlier term. The long ones of an orchestrator
/// that ended in order are waited for by each term until one has written down that they are over (4.15). Anything that
/// happens to the fleet begins the count anew. A game that goes on after its end stays with its owner, unless that one is told to
/// drop it: then it waits from there (H10).
///
/// Counter-example: a game becomes live while the orchestrator is blind, and nobody asks for a plan when
/// it can see again.
///
/// Exercised by: each game that waited and was assigned, or was not in time.
class PlacedAtOnce final : public Invariant {
 public:
  static constexpr std::string_view name = "I21";
  static constexpr std::string_view says =
      "a game without an owner, or of a dead one, is assigned at once or said to be unplaced, also "
      "while the store is out";

  PlacedAtOnce(const Limits& limits, const FleetState& fleet);

 private:
  struct Waiting {
    std::string orchestrator;
    ShardId dead_owner;  ///< empty: it never had one
    SimTime since{};
    EventId event;
    std::int64_t served_before = 0;  ///< failovers since then of games that wait no shorter
  };
  /// What is known of an orchestrator's process.
  struct Office {
    bool in_office = false;
    SimTime foreign_leases_over{};  ///< of earlier terms
    std::set<std::string, std::less<>> modes;
    SimTime store_out_until = never;  ///< while it is out: how long it decides all the same
    SimTime changed{};                ///< what restricts it
    /// While a commit is under way: when it will count as failed.
    std::optional<SimTime> committing_until;
    SimTime store_failed{};
  };

  void on_discovered(const GameDiscovered& event, const SimEnvelope& at);
  void on_game_ended(const GameEnded& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_acknowledged(const GameAcknowledged& event, const SimEnvelope& at);
  void on_unplaced(const GameUnplaced& event, const SimEnvelope& at);
  void on_prepared(const HandoffPrepared& event, const SimEnvelope& at);
  void on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at);
  void on_sent(const CommandSent& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_recovered(const ShardRecovered& event, const SimEnvelope& at);
  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_rolled_back(const StoreRolledBack& event, const SimEnvelope& at);
  void on_stepped_down(const SteppedDown& event, const SimEnvelope& at);
  void on_store_failed(const StoreFailed& event, const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_mode_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_mode_left(const ModeLeft& event, const SimEnvelope& at);
  void on_write_begun(const StoreWriteBegun& event, const SimEnvelope& at);
  void on_write_acknowledged(const StoreWriteAcknowledged& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  void begin_term(std::string_view node, SimTime now);
  void wait(const GameId& game, Waiting waiting);
  void owned_by(const ShardId& shard, const GameId& game);
  void settled(const GameId& game);
  void count_turn(const GameAssigned& event);
  void changed(Office& office, SimTime now);
  void note_loss();
  [[nodiscard]] bool long_leases() const { return farewell_.holds() || lost_.holds(); }
  /// Whether the term on this node has written down that the last grants of a farewell are over.
  [[nodiscard]] bool has_settled_farewell(const std::string& node, const Office& office,
                                          SimTime now) const;
  /// Whether nothing is left in it of what was lost.
  [[nodiscard]] bool has_settled_loss(const std::string& node, const Office& office,
                                      SimTime now) const;
  void forget(const std::string& orchestrator);
  [[nodiscard]] bool decides(const std::string& node, const Office& office, SimTime now) const;
  [[nodiscard]] SimTime due_of(const Waiting& waiting, const Office& office) const;
  [[nodiscard]] Duration turn_of(const Waiting& waiting) const;

  const Limits& limits_;
  const FleetState& fleet_;
  Remembered farewell_;  ///< an orchestrator ended in order: its last grants are long
  Remembered lost_;      ///< decisions were, while these were waited for
  std::map<std::string, Office, std::less<>> offices_;
  std::map<GameId, ShardId> owners_;
  std::map<GameId, ShardId>
      over_;  ///< who owned a game that has ended, until it is told to drop it
  std::set<GameId>
      gone_on_;  ///< ended and live again, and not known to be dropped: their owner keeps them
  std::set<GameId> moving_;    ///< planned: their handoff sees to them
  std::set<GameId> unplaced_;  ///< said to be
  std::map<GameId, Waiting> waiting_;
};

}  // namespace arbees::sim
