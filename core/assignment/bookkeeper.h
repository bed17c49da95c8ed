#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/assignment/context.h"

namespace arbees {

/// Brings to the store what must survive us: decisions, which are acted on when they are durable, and what
/// became known without a decision, all of a step at once (with a commit for each, a fleet that joins
/// would cost as many syncs of the disk as it has shards and games).
///
/// While the store is out, what is decided waits here to be written: its epochs come from a block that is
/// durable already, so no later term can use them again (ownership.md 4.6). That is bounded: after
/// `store_out_max` nothing is decided any more.
class Bookkeeper {
 public:
  using Done = std::function<void(bool committed)>;
  /// Called at the end of every commit, which is a step of its own.
  using AfterCommit = std::function<void(const std::expected<void, StoreError>&)>;

  Bookkeeper(const AssignmentContext& context, AfterCommit after_commit)
      : context_(context), after_commit_(std::move(after_commit)) {}

  void commit(StoreBatch batch, Done done);
  void reserve_epochs_if_needed();

  /// The row of this game is to be written as the ledger has it by then.
  void remember(const GameId& game) { unsaved_.games.insert(game); }
  /// The same for what it is called and where it is traded.
  void remember_live(const GameId& game) { unsaved_.live.insert(game); }
  void forget(const GameId& game);
  /// The same of its owner alone: it goes on, and nobody may emit for it.
  void forget_row(const GameId& game);
  /// A shard's process, its generation and its marks; or that the fleet does not know it any more.
  void remember(const ShardId& shard) { unsaved_.shards.insert(shard); }
  void audit(AuditRow row) { unsaved_.audit.emplace(++audited_, std::move(row)); }
  void set_pause(std::optional<Pause> pause);
  /// What is known of decisions that the store has lost.
  void remember_lost_decisions() { unsaved_.lost = true; }

  /// The last grants of the term before are over then: nobody has to wait for them again.
  void set_farewell_over_at(MonoTime moment) { farewell_over_ = moment; }

  /// Writes what is not written yet; called at the end of each step.
  void save(MonoTime now);

  /// Since when commits fail or stay unanswered.
  [[nodiscard]] std::optional<MonoTime> out_since() const { return out_since_; }
  /// Whether it has been out for so long that nothing more may be decided.
  [[nodiscard]] bool exhausted(MonoTime now) const {
    return out_since_ && *out_since_ + context_.settings.store_out_max <= now;
  }
  /// Notices a store that does not answer.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  /// What the store should say as the ledger and the fleet do; kept until it does.
  struct Unsaved {
    std::set<GameId> games;
    std::set<GameId> live;
    std::set<GameId> ended;
    std::set<ShardId> shards;
    std::set<AlertKey> alerts;
    std::map<std::uint64_t, AuditRow> audit;  ///< in the order in which it happened
    bool pause = false;
    bool farewell_over = false;
    bool lost = false;

    [[nodiscard]] bool empty() const;
    /// What a failed commit carried comes back. Commits may fail together: it may be older than what came back before.
    void put_back(Unsaved older);
  };

  [[nodiscard]] StoreBatch batch_of(const Unsaved& unsaved) const;
  void answered(const std::expected<void, StoreError>& result);

  AssignmentContext context_;
  AfterCommit after_commit_;
  Unsaved unsaved_;
  std::optional<Pause> pause_;  ///< as an operator wants it, once one has said so
  std::uint64_t audited_ = 0;
  std::optional<MonoTime> save_again_;  ///< after the store refused
  std::deque<MonoTime> unanswered_;     ///< when the commits under way began
  std::optional<MonoTime> out_since_;
  std::optional<MonoTime> farewell_over_;
};

}  // namespace arbees
