#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/remembered.h"

namespace arbees::sim {

/// I8. When an orchestrator first hears a new incarnation of a shard (ShardJoined or ShardRestarted), the
/// games that were committed to an earlier incarnation of it are planned on it. Each of them must be
/// acknowledged by the new one (GameAcknowledged) within the bound of relation 7 (10 s; more above
/// 190 games), however many shards restart at once.
///
/// The bound runs only *while links are up*: both links of both programs are ready and nothing is on
/// their way, and the orchestrator's mode allows a resync (neither BLIND nor PAUSED). After an
/// interruption it starts again; where messages were lost without a trace meanwhile (redis_messages_lost), only the longest wait
/// between two sendings brings what was lost. A game that ends or is assigned elsewhere is no longer planned there; the
/// wait ends when the shard's process ends, is succeeded or declared dead, or the orchestrator ends.
/// What the store may not have is not planned: copies from before (store_restored), and what an orchestrator decided while its store
/// was out, if it ends before that is written down. Then any row may be of old for the next orchestrator, and the bound runs from
/// when the leases of earlier terms are over. The same where an orchestrator hears that its store has lost decisions, or takes a process for new
/// that an earlier term had met. What a store has lost each term after that hears from it, and waits anew, until no row of before is in
/// doubt: when the leases are over, and then nothing has happened for as long as it takes to serve every game.
/// Two processes of one shard id at a time are not judged. An incarnation that is announced once more
/// does not get more time: an orchestrator that takes each beat for a restart would never be late.
///
/// Counter-example: the resync of shard-2 waits for that of shard-1, and a third restart moves both.
///
/// Exercised by: each incarnation that acknowledged all it had to, or did not in time.
class Resynced final : public Invariant {
 public:
  static constexpr std::string_view name = "I8";
  static constexpr std::string_view says =
      "while links are up, a new incarnation acknowledges every game planned on it within 10 s of "
      "its "
      "first heartbeat";

  Resynced(const Limits& limits, const FleetState& fleet);

 private:
  struct Owner {
    ShardId shard;
    Boot boot;
    std::string unwritten_by;  ///< orchestrator whose store was out then, and still is; empty: none
  };
  struct Wait {
    std::string orchestrator;  ///< node
    std::string node;          ///< of the shard
    Boot boot;                 ///< none until ShardJoined names it
    std::string process;       ///< empty until ShardRestarted names it
    SimTime heard{};
    EventId heard_event;
    bool up = false;
    SimTime up_since{};
    std::map<GameId, Boot> missing;  ///< with the incarnation that owned it before
    std::uint64_t acknowledged = 0;
  };

  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void note_met(Boot boot, const SimEnvelope& at);
  void on_restarted(const ShardRestarted& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_acknowledged(const GameAcknowledged& event, const SimEnvelope& at);
  void learn_owner(const GameAcknowledged& event);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_unplaced(const GameUnplaced& event, const SimEnvelope& at);
  void forget(const GameId& game);
  void note_unwritten(const SimEnvelope& at);
  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_rolled_back(const StoreRolledBack& event, const SimEnvelope& at);
  void on_stepped_down(const SteppedDown& event, const SimEnvelope& at);
  void on_store_failed(const StoreFailed& event, const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_left(const ShardLeft& event, const SimEnvelope& at);
  void on_mode_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_fault(const FaultStarted& event, const SimEnvelope& at);
  void on_healed(const FaultHealed& event, const SimEnvelope& at);
  void on_mode_left(const ModeLeft& event, const SimEnvelope& at);
  void on_links(const SimEnvelope& at);
  void expired(SimTime moment) override;

  void doubt(Duration leases, SimTime now);
  void begin(const ShardId& shard, Boot boot, const SimEnvelope& at);
  void drop(std::string_view node);
  [[nodiscard]] bool up(const Wait& wait, SimTime now) const;
  [[nodiscard]] bool in_mode(std::string_view orchestrator, std::string_view mode) const;
  /// Nothing is left that the store has lost.
  [[nodiscard]] bool has_settled_doubt(std::string_view orchestrator, SimTime now) const;
  void update(Wait& wait, SimTime now);
  [[nodiscard]] SimTime due_of(const Wait& wait) const;
  [[nodiscard]] std::string only_node_of(const ShardId& shard) const;

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<GameId, Owner> owners_;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>>
      modes_;  ///< by orchestrator
  /// Orchestrators, and whether they decided something or met a new process meanwhile.
  std::map<std::string, bool, std::less<>> store_out_;
  bool lost_ = false;          ///< what somebody decided was not written down when it ended
  Remembered decisions_lost_;  ///< a store has lost some, and an orchestrator has heard of it
  SimTime doubted_until_{};    ///< then rows may be of old for who came after
  SimTime stirred_{};  ///< when something last happened that may keep games from being served
  std::set<GameId> unplaced_;  ///< said to be
  std::optional<SimTime> messages_lost_until_;
  Term term_;
  std::map<Boot, Term> met_in_;  ///< processes, and the term that announced them last
  std::map<ShardId, Wait> waits_;
};

}  // namespace arbees::sim
