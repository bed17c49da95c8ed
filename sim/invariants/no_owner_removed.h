#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// I3: at every attempt of a remove_game, its game's committed owner (the newest GameAssigned, until
/// GameEnded, or the end that the limits name) is not the current incarnation of the shard it is sent to.
///
/// Where a store was restored since a shard was given a game, that one can be told to drop it while it does not emit: the decision that
/// made it the owner may be lost. It is known again when its orchestrator says so anew.
///
/// Where an orchestrator begins with a store that knows no game at all, nobody is told to drop one that is live before that term has
/// given it to somebody: whoever runs it is the only one who may have it.
///
/// Who was in office before knows nothing of an owner that a later term has given the game to, until he hears of that term. He is not
/// judged by it: shards that have heard of it do not listen to him any more.
///
/// Counter-example: G moves from A to B, B dies, G moves back to A, and the first removal, never
/// acknowledged, is sent to A once more. That its epoch is too low to have an effect does not help: a
/// removal that the shard must refuse should not have been sent.
///
/// Exercised by: each remove_game sent for a game that has a committed owner.
class NoOwnerRemoved final : public Invariant {
 public:
  static constexpr std::string_view name = "I3";
  static constexpr std::string_view says =
      "nobody is told to remove a game of which it is the committed owner when the command leaves";

  NoOwnerRemoved(const Limits& limits, const FleetState& fleet);

 private:
  struct Owner {
    ShardId shard;
    Boot boot;
    Epoch epoch;
    Term term;  ///< of the orchestrator that gave it the game, or was the first to say so
    bool may_be_lost = false;  ///< a copy from before may lie in the store
  };

  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_acknowledged(const GameAcknowledged& event, const SimEnvelope& at);
  void on_discovered(const GameDiscovered& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_fault(const FaultStarted& event, const SimEnvelope& at);
  void on_healed(const FaultHealed& event, const SimEnvelope& at);
  void on_shard_started(const ShardStarted& event, const SimEnvelope& at);
  void on_crashed(const NodeCrashed& event, const SimEnvelope& at);
  void on_exited(const NodeExited& event, const SimEnvelope& at);
  void on_fenced(const GameFenced& event, const SimEnvelope& at);
  void on_unfenced(const GameUnfenced& event, const SimEnvelope& at);
  void on_removed(const GameRemoved& event, const SimEnvelope& at);
  void on_sent(const CommandSent& event, const SimEnvelope& at);

  void restored(std::string_view fault);
  void process_ended(const NodeName& node);
  void emits_nothing(const ShardId& shard);
  /// Its store knew no game, and the term of this orchestrator has not given it to anybody.
  [[nodiscard]] bool is_nobodys(const GameId& game, const Owner& owner,
                                std::string_view node) const;
  /// Of the orchestrator on this node; none: it has never had one.
  [[nodiscard]] Term term_of(std::string_view node) const;

  const Limits& limits_;
  std::map<std::string, Term, std::less<>> terms_;  ///< by node
  std::set<std::pair<ShardId, GameId>> unfenced_;   ///< who may emit for what, by its own word
  std::map<ShardId, Boot> current_;
  std::map<GameId, Owner> owners_;
  std::set<std::string, std::less<>> forgetful_;  ///< orchestrators whose store knew no game
  std::map<std::string, std::set<GameId>, std::less<>>
      discovered_;          ///< by their node: what is live
  std::set<GameId> ended_;  ///< what is still assigned then was decided before, and is dropped next
};

}  // namespace arbees::sim
