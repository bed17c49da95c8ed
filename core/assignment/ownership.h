#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <vector>

#include "core/assignment/ownership_feed.h"
#include "core/assignment/reconciler.h"

namespace arbees {

/// Decides who owns each game, makes that durable, and only then says so (ownership.md 4). Wires the parts
/// that do it; each of them is level-triggered, so that calling one too often changes nothing.
class Ownership {
 public:
  Ownership(Ports& ports, const OrchestratorSettings& settings, Fleet& fleet, Voice& voice,
            const HealthReports& health, Delivery& delivery, const Modes& modes, const Sight& sight,
            Bookkeeper::AfterCommit after_commit);

  /// Told of every game that has got an owner, or its owner anew, or other markets.
  using OnAssigned = std::function<void(const GameState&)>;
  void tell_assigned(OnAssigned listener) { on_assigned_ = std::move(listener); }

  /// Takes office: what the store remembers, and the epochs reserved with the new term.
  void begin(const StoreImage& image, Epoch reserved_to, MonoTime now);
  /// Whether the image names everybody who may hold a lease.
  [[nodiscard]] bool knows_all_holders(const StoreImage& image) const;
  /// The store has lost so many terms, of which `heard` is an epoch: they used epochs and granted leases that it knows nothing of. What a
  /// term after them has to write with itself: that, and epochs above all that they may have used.
  [[nodiscard]] StoreBatch lose_terms(std::uint64_t lost_terms, Epoch heard, MonoTime now);
  /// Such a term is ours.
  void begin_anew(Epoch reserved_to, MonoTime now);
  [[nodiscard]] Ledger& ledger() { return ledger_; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] Bookkeeper& books() { return books_; }
  [[nodiscard]] Resyncs& resyncs() { return resyncs_; }
  [[nodiscard]] const Planning& planning() const { return planning_; }

  void set_live(std::vector<LiveGame> games);
  [[nodiscard]] bool knows_live_games() const { return planning_.knows_live_games(); }
  /// Whether the live games are known, and each has a committed owner.
  [[nodiscard]] bool all_owned() const;

  /// Something that a plan depends on changed, because of `cause`.
  void want_plan(EventId cause) { planning_.want(cause); }
  /// An operator wants this game to be somewhere else.
  void order_move(GameState& state, const MoveOrder& order);

  /// A heartbeat of a shard's present process: settles, acknowledges, adopts, finds zombies.
  void reconcile(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
    reconciler_.reconcile(shard, beat, heard);
  }
  /// Answers the newest heartbeat with the games the shard may emit for.
  void grant(Shard& shard, EventId cause) { grants_.grant(shard, cause); }
  /// The last grants of an orchestrator that ends (ownership.md 4.15).
  void grant_for_farewell(EventId cause);
  /// The shard ended in order: nobody emits for its games any more.
  void give_back_all(const Shard& shard, EventId cause) { grants_.give_back_all(shard, cause); }
  /// A shard knows of an epoch that the store knows nothing of: it lost what was decided. There may be shards which it does not know either.
  void doubt_store() { reconciler_.doubt_store(); }
  /// An earlier term met a process of which the store does not know: it may have lost more.
  void doubt_rows_unless_all_heard() {
    resyncs_.doubt_rows_unless_all_heard(planning_.leases_of_others_over());
  }
  void schedule_resync(Shard& shard, EventId cause, MonoTime now) {
    resyncs_.schedule(shard, cause, now);
  }

  /// Does what is due: resyncs, handoffs, leases that are over, the plan, the store.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

  /// Makes a shard's process durable; its generation is used from now on.
  /// Its process or its marks have changed, or the fleet does not know it any more.
  void remember(const ShardId& shard) { books_.remember(shard); }

 private:
  void settle_doubt(MonoTime now);
  void on_applied(const Change& change, EventId applied);
  void tell_markets(const GameState& state);
  void on_failed(const Change& change);
  void look_again(const GameId& game, EventId cause);

  OnAssigned on_assigned_;
  /// The list that came before the store was loaded: it is judged again with what the store remembers, or a
  /// game that ended while nobody was in office would be wanted for ever.
  std::optional<std::vector<LiveGame>> heard_early_;
  Ledger ledger_;
  AssignmentContext context_;
  Bookkeeper books_;
  Grants grants_;
  Decisions decisions_;
  Handoffs handoffs_;
  Resyncs resyncs_;
  Planning planning_;
  Reconciler reconciler_;
  OwnershipFeed feed_;
  MonoTime doubt_look_{};  ///< not looked at before
  bool store_was_out_ = false;
};

}  // namespace arbees
