#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/orchestrator/events.h"
#include "sim/invariants/first_seen_map.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/scenario/events.h"

namespace arbees::sim {

/// I2, judged by signals, which only an owner that may emit and polls can send: from `bound` after the
/// last disturbance until the next one, no live game is without an accepted signal for longer than three
/// signal periods.
///
/// The fleet is *healed* while every Redis and an orchestrator answer and no fault of links is active. A
/// shard's process that ends or freezes does not need to come back: it is a disturbance that the others
/// survive, as long as those that answer take all live games (else nothing is judged: no capacity). Each
/// disturbance has its own bound, with the terms of ownership.md 6 that apply to it (`Limits::recovery`);
/// the latest end counts. A game is live from GameDiscovered (or from the start, if the limits name it)
/// to GameEnded, or GameOver if nobody noticed, and its coming is a disturbance for itself. An orchestrator that ended in order left a long grant
/// (ownership.md 4.15): its successor waits for that before it gives games of a silent shard away.
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
  };

  void on_discovered(const GameDiscovered& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_over(const GameOver& event, const SimEnvelope& at);
  void end(const GameId& id, SimTime now);
  void on_accepted(const SignalAccepted& event, const SimEnvelope& at);
  void on_misconfigured(const redis::LinkMisconfigured& event, const SimEnvelope& at);
  void on_granted(const GrantSent& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  /// What an event of the fleet does to it; none: nothing that takes time by itself.
  [[nodiscard]] std::optional<Disturbance::Kind> kind_of(const SimEnvelope& at) const;
  void note_silence(const SimEnvelope& at);
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
  std::optional<SimTime> refused_;  ///< when Redis last refused a link by configuration
  std::set<ShardId> silent_;        ///< no process of theirs answers
  Duration farewell_{};             ///< the longest lease that an orchestrator left behind
  SimTime farewell_over_{};         ///< when those that a successor has to wait for are over
};

}  // namespace arbees::sim
