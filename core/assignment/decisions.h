#pragma once

#include <list>
#include <string>
#include <vector>

#include "core/assignment/bookkeeper.h"
#include "core/assignment/grants.h"

namespace arbees {

/// A row that is to become true, and why.
struct Change {
  enum class Kind : std::uint8_t {
    own,      ///< the row's owner takes the game
    prepare,  ///< the row's successor is told to watch it
    abandon   ///< the successor is no longer meant; `dropped` is who it was
  };
  Kind kind = Kind::own;
  GameRow row;
  MoveReason reason;
  MonoTime first_attempt;
  EventId cause;
  std::optional<Successor> dropped = {};
  std::string why = {};      ///< of an abandoned move
  MonoTime decided = {};     ///< set when it is committed
  std::uint64_t losses = 0;  ///< Ledger::losses by then
};

/// Makes decisions durable, and only then true: rows, commands, events, audit.
class Decisions {
 public:
  /// Told after a change was applied, after one could not be committed, and after an owned game was dropped.
  struct Hooks {
    std::function<void(const Change&, EventId applied)> applied;
    std::function<void(const Change&)> failed;
    std::function<void(const GameId&, Epoch last)> dropped;
    std::function<void(const GameId&, EventId cause)> look_again;
  };

  Decisions(const AssignmentContext& context, Bookkeeper& books, Grants& grants, Hooks hooks)
      : context_(context), books_(books), grants_(grants), hooks_(std::move(hooks)) {}

  /// All of them become durable together, or none does. While the store is out they are acted on at once.
  void commit(std::vector<Change> changes);
  /// The store counts as out from now on. What hangs in it is acted on as it is, where that may be decided without a store: were it decided
  /// anew, the old decision could become durable and the new one not, and after a crash the game would have an owner of whom
  /// nobody was told.
  void go_on_without_store();
  /// Ended games, with or without an owner. The row stays in the store for as long as somebody may emit for the game: should it go on, a
  /// successor of ours has to know of him.
  void drop(const std::vector<GameId>& ended, EventId cause);

 private:
  using Changes = std::vector<Change>;

  void take_answer(const Changes& changes, bool committed);
  void apply(const Change& change);
  EventId own(const Change& change);
  /// A shard that emits without a grant does so until it has answered the removal it is sent: nobody else may before that, or
  /// for as long as a lease would have lasted.
  void hold_until_removed(GameState& state, const ShardId& id) const;
  void settle_phase(GameState& state);
  EventId prepare(const Change& change);
  EventId abandon(const Change& change);
  void finish_drop(const GameId& game, Epoch epoch, bool committed, EventId cause);
  [[nodiscard]] AuditRow audit_of(const Change& change) const;

  AssignmentContext context_;
  Bookkeeper& books_;
  Grants& grants_;
  Hooks hooks_;
  std::list<Changes> under_way_;  ///< commits that are not answered
};

}  // namespace arbees
