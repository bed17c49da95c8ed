#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I28: who has lost its game and can no longer emit for it holds nobody up. A shard says so in a heartbeat in either of two
/// ways: it is fenced and its lease is over, so that it uses no grant of before (ownership.md 4.2); or it follows a term that
/// has never named it. From when the orchestrator has heard it, the owner's next grant names the game: after as long as a
/// decision that is under way may take. No lease is waited for that nobody can use.
///
/// Judged where that shard alone had the game before, and nothing happened to it, to the owner and to the office since.
///
/// Counter-example: the orchestrator crashes in the middle of a move, both shards follow its successor at once, and the
/// game stays dark for 47 s.
///
/// Exercised by: each owner that got its game after such a word, or did not.
class HoldersLetGo final : public Invariant {
 public:
  static constexpr std::string_view name = "I28";
  static constexpr std::string_view says =
      "who has said that it can no longer emit for a game holds up no grant to its owner";

  HoldersLetGo(const Limits& limits, const FleetState& fleet);

 private:
  struct Owner {
    ShardId shard;
    Boot boot;
    bool ended = false;      ///< the game was dropped; one that goes on starts anew
    bool of_nobody = false;  ///< it had no owner before
  };
  /// Who had a game, and may be granted it still.
  struct Holder {
    HeartbeatSeq granted;  ///< no grant named it for a later heartbeat, in this term
    bool known = true;     ///< it is the process that had it
  };
  struct SentBeat {
    HeartbeatSeq hb_seq;
    SimTime at;
  };
  /// What a shard is about, by its own events.
  struct Shard {
    std::deque<SentBeat> beats;  ///< of the last heartbeat interval, and one before
    bool lease_over = false;
    std::set<GameId> fenced;
    Term follows;
    HeartbeatSeq follows_from;  ///< heartbeats from this one on say so; none: not said yet
    HeartbeatSeq granted;       ///< the newest of its heartbeats that was answered
    /// What its last heartbeat before the one being heard says it gave up, and for which games.
    std::map<HeartbeatSeq, std::pair<HeartbeatSeq, std::set<GameId>>> given_up;
  };
  struct Process {
    std::uint64_t starts = 0;
    SimTime started{};
  };
  struct Waiting {
    ShardId holder;
    SimTime due;  ///< grants from then on name the game
    EventId event;
  };

  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_mode_left(const ModeLeft& event, const SimEnvelope& at);
  void on_rolled_back(const StoreRolledBack& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_game_ended(const GameEnded& event, const SimEnvelope& at);
  void on_released(const GameReleased& event, const SimEnvelope& at);
  void on_grant_sent(const GrantSent& event, const SimEnvelope& at);
  void on_grant_received(const GrantReceived& event, const SimEnvelope& at);
  void on_sent(const HeartbeatSent& event, const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_fenced(const GameFenced& event, const SimEnvelope& at);
  void on_unfenced(const GameUnfenced& event, const SimEnvelope& at);
  void on_removed(const GameRemoved& event, const SimEnvelope& at);
  void on_shard_started(const ShardStarted& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_left(const ShardLeft& event, const SimEnvelope& at);
  void on_deaf(const ShardDeaf& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);

  void forget_office();
  void forget_unnamed();
  void forget_waits_of(const ShardId& owner);
  [[nodiscard]] bool lets_go(const Shard& shard, const Holder& holder, const GameId& game,
                             HeartbeatSeq heard) const;
  [[nodiscard]] bool is_only_process(const ShardId& shard, SimTime now) const;
  [[nodiscard]] bool is_judged(const ShardId& shard) const;

  const Limits& limits_;
  const FleetState& fleet_;
  Term term_;
  bool warms_up_ = false;
  SimTime listens_until_{};
  bool trusted_ = true;  ///< the store knows all that was decided
  std::map<GameId, Owner> owners_;
  std::map<GameId, std::map<ShardId, Holder>> holders_;
  std::map<ShardId, std::set<GameId>> held_;  ///< `holders_` the other way round
  std::map<ShardId, Shard> shards_;
  std::map<ShardId, Process> processes_;
  std::map<GameId, Waiting> waiting_;
};

}  // namespace arbees::sim
