#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/engine/first_seen_map.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I1. An emitter is a (shard, boot) with the epoch it emits under. Judged per game:
///
///   1. Once an emitter has emitted under an epoch, nobody emits under a lower one, and nobody else under
///      the same one. Hence the periods of two emitters, each from its first to its last emission, never
///      interleave, though they need never meet in one nanosecond: A (e7) at 60.0, B (e8) at 60.5, A (e7)
///      at 61.0 is doubled ownership. Emissions of the same nanosecond count as meeting.
///   2. Emissions without an epoch (old wire) are ordered by time instead: one who was succeeded emits
///      again only after it was given the game again (GameAdded). A shard of the existing system cannot be
///      fenced, so that beside it this has a bound instead: two may emit in turn, counted as unfenced, until the shard
///      could be told for `old_wire_lets_go`: from when they began, from when its links and the
///      orchestrator's were whole, and after a warm-up.
///   3. From GameFenced to GameUnfenced (or GameRemoved, or its end) a process does not emit for the game.
///   4. A consumer accepts no lower epoch after a higher one, and one emitter per epoch. Where the epoch is the one
///      that the ownership feed names for a shard of the old wire, whose orders name no process, its processes may follow
///      each other.
///
///   5. Once consumers are told that a shard may emit under an epoch, no other one that can be fenced emits under a
///      lower one.
///
/// What cannot be had (ownership.md 6): for L_out after a ShardRestarted with `overlap_possible`, emissions
/// of that shard's old process under its lower epoch are counted as excused; rule 4 stands.
///
/// Rule 4 has no exception: the ownership feed tells consumers whose signals count that carry no epoch.
///
/// Exercised by: each emission for a game that has had more than one emitter, each fence that ended,
/// each change of epoch at the consumer.
class OneEmitter final : public Invariant {
 public:
  static constexpr std::string_view name = "I1";
  static constexpr std::string_view says =
      "no two incarnations emit for one game at one instant, consumers accept no lower epoch after "
      "a "
      "higher one, and a fenced shard emits nothing";

  OneEmitter(const Limits& limits, const FleetState& fleet);

  /// Emissions that only the impossible could have prevented.
  [[nodiscard]] std::uint64_t excused() const { return excused_; }
  /// Emissions beside or of a shard that nobody can fence, within their bound.
  [[nodiscard]] std::uint64_t unfenced() const { return unfenced_; }

 private:
  struct Emitter {
    ShardId shard;
    Boot boot;
    Epoch epoch;
    SimTime first{};
    SimTime last{};

    [[nodiscard]] bool is(const ShardId& id, Boot incarnation) const {
      return boot == incarnation && shard == id;
    }
  };
  struct Overlap {
    ShardId shard;
    SimTime until;
  };
  struct Fence {
    NodeIndex index;
    NodeName node;
  };
  struct Game {
    std::optional<Emitter> newest;
    std::vector<Emitter> succeeded;  ///< those who emitted before it and not since
    std::vector<Fence> fenced;
    std::optional<Overlap> overlap;
    std::optional<Emitter> accepted;
    std::set<Boot> accepted_from;  ///< under its epoch
    ShardId told;                  ///< of whom consumers were told last
    Epoch told_epoch;
    SimTime contested{};       ///< since when two emit in turn, one of them unfenced
    SimTime last_contested{};  ///< the last time they did
  };

  void on_emitted(const SignalEmitted& event, const SimEnvelope& at);
  void on_fenced(const GameFenced& event, const SimEnvelope& at);
  void on_unfenced(const GameUnfenced& event, const SimEnvelope& at);
  void on_added(const GameAdded& event, const SimEnvelope& at);
  void on_removed(const GameRemoved& event, const SimEnvelope& at);
  void on_restarted(const ShardRestarted& event, const SimEnvelope& at);
  void on_told(const OwnershipTold& event, const SimEnvelope& at);
  void on_accepted(const SignalAccepted& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);

  void judge_rival(Game& game, const SignalEmitted& event, const SimEnvelope& at);
  void judge_unordered(Game& game, const SignalEmitted& event, const SimEnvelope& at);
  /// Until when the two may emit in turn; nothing: never, both can be fenced.
  [[nodiscard]] std::optional<SimTime> may_contest_until(const Game& game,
                                                         const SignalEmitted& event) const;
  void succeed(Game& game, const SignalEmitted& event, const SimEnvelope& at);
  [[nodiscard]] static bool is_fenced(const Game& game, NodeIndex node);
  void unfence(const GameId& game, NodeIndex node);
  void report(const Game& game, const SignalEmitted& event, const SimEnvelope& at,
              std::string_view why);

  const Limits& limits_;
  const FleetState& fleet_;
  FirstSeenMap<GameId, Game> games_;
  std::uint64_t excused_ = 0;
  std::uint64_t unfenced_ = 0;
};

}  // namespace arbees::sim
