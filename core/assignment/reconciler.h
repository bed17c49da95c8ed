#pragma once

#include <optional>
#include <vector>

#include "core/assignment/planning.h"
#include "core/assignment/resyncs.h"

namespace arbees {

/// What a heartbeat of a shard's present process proves about commands, owned games and strangers.
class Reconciler {
 public:
  /// The parts that act on what is found.
  struct Parts {
    Bookkeeper& books;
    Grants& grants;
    Decisions& decisions;
    Handoffs& handoffs;
    Resyncs& resyncs;
    Planning& planning;
  };

  Reconciler(const AssignmentContext& context, const Parts& parts)
      : context_(context), parts_(parts) {}

  void reconcile(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  /// The owner runs the game, as a beat of it says.
  void acknowledge(Shard& shard, GameState& state, EventId heard);
  /// The store has lost decisions: whoever may hold a game by one is not known.
  void doubt_store();
  /// Commits what was found to be owned already, all of a step together.
  void commit_adoptions();
  /// A term is lost before they could be committed; the next beats tell of them again.
  void forget_adoptions();

 private:
  void note_emitting(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  [[nodiscard]] bool is_proven(const Shard& shard, const wire::Heartbeat& beat) const;
  /// Asks the shard to beat, once for a beat.
  void ask(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void note_allegiance(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void settle_commands(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void settle(Shard& shard, const PendingCommand& command, const wire::Heartbeat& beat,
              EventId heard);
  void note_refusal(Shard& shard, GameState& state, EventId heard);
  void check_owned(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void check_reported(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void judge_absence(Shard& shard, const wire::Heartbeat& beat, GameState& state,
                     std::optional<Epoch> reported, EventId heard);
  void release_if_fenced(const Shard& shard, const wire::Heartbeat& beat, const GameId& game,
                         EventId heard);
  void check_stranger(Shard& shard, const wire::Heartbeat& beat, const GameId& game, Epoch epoch,
                      EventId heard);
  /// `previous`: who had it, as far as is known; nobody: it may be anyone who was not heard.
  void adopt(Shard& shard, GameState& state, EventId heard, const ShardId& previous);
  /// The owner has not run the game for two beats.
  void give_again(Shard& shard, GameState& state, EventId heard);
  void hold_for_the_unheard(GameState& state);
  [[nodiscard]] bool lost_decision(const GameState& state, Epoch reported) const;

  AssignmentContext context_;
  Parts parts_;
  std::vector<Change> adoptions_;  ///< found in this step
  bool epoch_missing_ = false;     ///< to adopt what the beat being read tells of
};

}  // namespace arbees
