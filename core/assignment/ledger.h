#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/assignment/holders.h"
#include "core/assignment/move_reason.h"
#include "core/base/live_game.h"
#include "core/ports/store.h"

namespace arbees {

/// A decision about a game that is on its way to the store. The epoch tells it from an earlier one whose
/// answer comes late.
struct Decision {
  ShardId owner;  ///< to be; empty: the game is dropped
  Epoch epoch;
  ShardId next = {};  ///< who is told to watch it, of a planned move that begins
};

/// A planned move under way (GamePhase::prepare).
struct Handoff {
  MoveReason reason;
  MonoTime began;
  MonoTime give_up_at;
  EventId cause;
};

/// A move that an operator asked for and that has not begun.
struct MoveOrder {
  ShardId to;  ///< empty: whoever is best
  EventId cause;
};

/// One game as the orchestrator holds it.
struct GameState {
  LiveGame live;
  bool wanted = false;         ///< live now
  std::optional<GameRow> row;  ///< committed ownership
  bool of_earlier_term =
      false;  ///< the row: who decided it may have decided more, which the store lost
  /// Who has the game by the row was emitting for it by a grant of before our term when it was heard: then nobody else does, whatever
  /// was lost.
  bool seen_emitting = false;
  std::optional<Decision> deciding;
  std::optional<Handoff> handoff;
  std::optional<MoveOrder> ordered;
  Holders holders;
  EventId assigned_event;
  MonoTime assigned_at{};
  MonoTime waiting_since{};                   ///< when it became live, or its owner was lost
  bool acknowledged = false;                  ///< the owner reported it with the row's epoch
  bool answered = false;                      ///< the newest add_game was acknowledged
  bool missing_told = false;                  ///< that the owner does not run what it acknowledged
  bool by_order = false;                      ///< an operator chose its owner
  std::uint64_t missing_beats = 0;            ///< consecutive beats of the owner without it
  std::map<ShardId, MonoTime> refused_until;  ///< who could not take it lately
  /// A shard that polls it although nobody owns it: its grant ran out while no store knew of it.
  std::optional<ShardId> polled_by;
};

/// What a new list of live games changed.
struct LiveChange {
  std::vector<GameId> discovered;
  std::vector<GameId> changed;  ///< the same game, other markets
  std::vector<GameId> ended;
};

/// Who owns which game, as committed, and the epochs that make it certain.
///
/// Pure bookkeeping: says what must be committed and takes in what was; the orchestrator does the
/// talking. A row changes only after its commit (nothing is said before it is durable).
class Ledger {
 public:
  /// Epochs are reserved so many at a time, so that a move costs one commit and none while the store
  /// is out (ownership.md 1).
  static constexpr std::uint64_t epoch_block = 1'000;
  /// More epochs than a term hands out. Where one is heard that our store knows nothing of, others up to so many above it
  /// may be in use.
  static constexpr std::uint64_t used_by_a_term = 1'000'000;

  /// The states of the games a shard owns. They stay where they are until their game is dropped.
  using Owned = std::map<GameId, GameState*>;

  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// Takes over what a store remembers. Every lease it knows of counts as granted at `now`.
  void load(const StoreImage& image, MonoTime now, MonoTime leases_over);

  LiveChange set_live(std::vector<LiveGame> games, MonoTime now);
  /// One game is live.
  void want(const LiveGame& game, MonoTime now);

  /// A fresh epoch; none if the block is used up and its successor not committed yet.
  std::optional<Epoch> take_epoch();
  /// The end of the next block, when it is time to reserve it; at most one reservation is open.
  std::optional<Epoch> epochs_to_reserve();
  void epochs_reserved(Epoch up_to);
  void reservation_failed() { reserving_ = false; }
  /// Somebody runs a game with this epoch. True if no term that our store knows can have handed it out: it is a copy from
  /// before, or another one counts on beside it. None near it is handed out then.
  bool hear_epoch(Epoch heard);
  /// Somebody knows of a decision with this epoch. True if that is the first sign that our store has lost some.
  bool hear_decided(Epoch heard);
  /// The highest such epoch.
  [[nodiscard]] Epoch heard_unwritten() const { return heard_unwritten_; }
  /// Never hand out this epoch or a lower one.
  void skip_epochs_to(Epoch seen);
  /// Whether the epoch is of an earlier term, and the store knows of no decision with it.
  [[nodiscard]] bool never_written(Epoch epoch) const;

  /// The store has lost decisions; the leases of whoever got a game by them are over by then. True if that is news.
  bool decisions_lost(MonoTime leases_over);
  /// Terms were lost. What is under way to the store was decided before that was known, whatever was known by then.
  void terms_lost() { ++losses_; }
  /// Counts both. What was decided before the newest loss was found knows as little as a row of an earlier term.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }
  /// A row that was decided so, while the store was writing it.
  void doubt(const GameId& game);
  /// What a term after ours has to know of that; nothing once no row is in doubt any more.
  [[nodiscard]] std::optional<LostDecisions> lost(MonoTime now) const;
  /// Whether somebody else may have got the game by a decision that the store has lost. The row's owner has to show that it emits under the
  /// row; else it is given the game under a new epoch, as consumers may know a higher one than the row's.
  [[nodiscard]] bool in_doubt(const GameState& state) const {
    return lost_leases_over_ && state.of_earlier_term && !state.seen_emitting;
  }
  /// Whether that one may still emit for it.
  [[nodiscard]] bool may_be_anothers(const GameState& state, MonoTime now) const {
    return in_doubt(state) && now < *lost_leases_over_;
  }
  [[nodiscard]] std::optional<MonoTime> lost_leases_over() const { return lost_leases_over_; }
  [[nodiscard]] bool nothing_in_doubt() const;
  void forget_lost_decisions();
  /// The store may have reserved as many: it was asked to, and has not answered yet, or too late.
  [[nodiscard]] Epoch epochs_asked_for() const { return std::max(reserved_, asked_for_); }
  /// None up to here is handed out any more.
  [[nodiscard]] Epoch handed_out() const { return last_epoch_; }
  /// The highest epoch that is in a row, or ever was.
  [[nodiscard]] Epoch newest_decided() const { return newest_decided_; }

  void put(const GameRow& row, MonoTime now, EventId assigned_event);
  /// Who may still emit for the game stays known, as it may go on, until the holders are forgotten.
  void drop(const GameId& game);
  /// Nobody may emit any more for a game that was dropped.
  void forget_holders(const GameId& game) { dropped_.erase(game); }
  /// A decision about the game went to the store, or its answer came.
  void decide(GameState& state, Decision decision);
  void decided(GameState& state);

  [[nodiscard]] const std::map<GameId, GameState>& games() const { return games_; }
  [[nodiscard]] GameState* find(const GameId& game);
  [[nodiscard]] const GameState* find(const GameId& game) const;
  /// Its committed owner; empty if it has none.
  [[nodiscard]] ShardId owner_of(const GameId& game) const;
  /// Who may emit for it, also after it was dropped; null if nobody may and it is not known.
  [[nodiscard]] Holders* holders_of(const GameId& game);
  /// The games whose committed owner is this shard.
  [[nodiscard]] const Owned& owned_by(const ShardId& shard) const;
  [[nodiscard]] std::vector<GameId> games_of(const ShardId& shard) const;
  /// The games this shard is about to own: being committed, or prepared.
  [[nodiscard]] const std::set<GameId>& incoming_to(const ShardId& shard) const;
  [[nodiscard]] const std::map<ShardId, Owned>& owners() const { return owned_; }

 private:
  GameState& make_known(const GameId& game);
  void note_unwritten(EpochSpan span);
  void unindex(const GameRow& row);
  void index_incoming(const GameState& state);

  std::map<GameId, GameState> games_;
  std::map<GameId, Holders> dropped_;  ///< of games that were dropped
  std::map<ShardId, Owned> owned_;
  std::map<ShardId, std::set<GameId>> incoming_;
  std::map<GameId, ShardId> incoming_at_;
  Epoch last_epoch_;
  Epoch reserved_;
  Epoch asked_for_;
  Epoch newest_decided_;
  Epoch heard_unwritten_;  ///< the highest, of those that our store does not know
  /// Of earlier terms, in rows that the store knows nothing of: what their last block left, and what terms took that the store has lost.
  std::vector<EpochSpan> unwritten_;
  std::optional<MonoTime> lost_leases_over_;  ///< none: nothing was lost, as far as is known
  std::uint64_t losses_ = 0;
  bool reserving_ = false;
};

}  // namespace arbees
