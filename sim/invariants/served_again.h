#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/engine/first_seen_map.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/processes.h"

namespace arbees::sim {

/// I2, judged by signals, which only an owner that may emit and polls can send: from `bound` after the
/// last disturbance until the next one, no live game is without an accepted signal for longer than three
/// signal periods.
///
/// The fleet is *healed* while every Redis and an orchestrator answer and no fault of links is active. A
/// shard's process that ends, freezes or is cut off does not need to come back: it is a disturbance that the others
/// survive, as long as those that answer take all live games (else nothing is judged: no capacity). Each
/// disturbance has its own bound, with the terms of ownership.md 6 that apply to it (`Limits::recovery`);
/// the latest end counts. A game is live from GameDiscovered (or from the start, if the limits name it)
/// to GameEnded or the end that the limits name, and its coming is a disturbance for itself.
///
/// The bound of an orchestrator's start begins when it takes its term: without a store it has none. After one that
/// ended in order, a game whose shard has failed since waits for the lease of the farewell (ownership.md 4.15), unless
/// that shard was heard to follow the next term: then the farewell is void.
///
/// Counter-example: a shard crashes and its game is assigned to one that refuses it for ever; the plan
/// looks right, no signal comes.
///
/// Exercised by: each game that becomes due, once after each disturbance.
class ServedAgain final : public Invariant {
 public:
  static constexpr std::string_view name = "I2";
  static constexpr std::string_view says =
      "within the bound after healing, with capacity, every live game is owned by an incarnation "
      "that "
      "may emit for it";

  ServedAgain(const Limits& limits, const FleetState& fleet);

 private:
  struct Game {
    bool live = false;
    std::uint64_t judged_after = 0;  ///< the disturbance after which it was judged last
    bool reported = false;           ///< until the next accepted signal
    SimTime live_since{};
    EventId since_event;
    std::optional<SimTime> last_accepted;
    ShardId last_shard;
    SimTime ends = never;  ///< by the limits
  };

  /// What a shard's process knows of the present term, and the orchestrator of that.
  struct Following {
    ShardId shard;
    Boot boot;
    bool granted = false;
    HeartbeatSeq since;  ///< the first beat that says so
    bool heard = false;
  };

  void on_discovered(const GameDiscovered& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_accepted(const SignalAccepted& event, const SimEnvelope& at);
  void on_misconfigured(const arbees::redis::LinkMisconfigured& event, const SimEnvelope& at);
  void on_ready(const arbees::redis::LinkReady& event, const SimEnvelope& at);
  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_rolled_back(const StoreRolledBack& event, const SimEnvelope& at);
  void on_received(const GrantReceived& event, const SimEnvelope& at);
  void on_beat(const HeartbeatSent& event, const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_process(const ShardStarted& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  /// What an event of the fleet does to it; none: nothing that takes time by itself.
  [[nodiscard]] std::optional<Disturbance::Kind> kind_of(const SimEnvelope& at) const;
  void note_silence(const SimEnvelope& at);
  void follow(Term term);
  /// Whether a process ends or stands still now that may hold a lease of a farewell.
  [[nodiscard]] bool loses_owner(const SimEnvelope& at);
  void note_cut(const SimEnvelope& at);
  void note_farewell(const SimEnvelope& at);
  void note_strangers(const SimEnvelope& at);
  [[nodiscard]] Duration stranger_wait() const;
  /// Nothing more is expected of games that are over.
  void end_games(SimTime now);
  void end(Game& game, SimTime now);
  /// When a game must be served, whatever it was before.
  [[nodiscard]] SimTime due_of(const Game& game) const;
  void judge(const GameId& id, Game& game, SimTime moment);

  const Limits& limits_;
  const FleetState& fleet_;
  FirstSeenMap<GameId, Game> games_;
  std::uint64_t live_ = 0;
  SimTime disturbed_{};  ///< the last disturbance, or healing
  EventId disturbed_by_;
  SimTime recovered_{};  ///< `disturbed_` and the bound
  std::uint64_t disturbances_ = 0;
  /// Links that Redis refused by configuration and that are not ready since, by node and role.
  std::set<std::pair<std::string, arbees::redis::LinkRole>> refused_;
  std::set<ShardId> silent_;  ///< no process of theirs answers
  Processes<Following> following_;
  Term term_;
  bool farewell_ = false;  ///< the orchestrator ended in order, and no other has a term yet
  bool ever_farewell_ = false;
  bool strangers_ = false;  ///< somebody has spoken on the bus who should not
  bool store_troubled_ =
      false;  ///< ever: who owned what may be known to nobody but a shard that polls it
  SimTime farewell_until_{};  ///< when the leases that it gave are over
  bool owner_lost_ = false;   ///< a shard failed since that farewell
};

}  // namespace arbees::sim
