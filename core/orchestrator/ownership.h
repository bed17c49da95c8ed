#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/orchestrator/delivery.h"
#include "core/orchestrator/fleet.h"
#include "core/orchestrator/ledger.h"
#include "core/orchestrator/modes.h"
#include "core/orchestrator/planner.h"
#include "core/orchestrator/rate_limit.h"
#include "core/orchestrator/sight.h"
#include "core/orchestrator/voice.h"

namespace arbees {

/// Decides who owns each game, makes that durable, and only then says so (ownership.md 4).
///
/// Level-triggered: `plan` looks at what is, not at what happened, so a moment that was missed is
/// caught at the next look (M5).
class Ownership {
 public:
  /// Called at the end of every commit, which is a step of its own.
  using AfterCommit = std::function<void(const std::expected<void, StoreError>&)>;

  Ownership(Ports& ports, const OrchestratorSettings& settings, Fleet& fleet, Voice& voice,
            Delivery& delivery, const Modes& modes, const Sight& sight, AfterCommit after_commit);

  /// Takes office: what the store remembers, and the epochs reserved with the new term.
  void begin(const StoreImage& image, Epoch reserved_to, MonoTime now);
  /// The store has lost commits: shards may hold leases it knows nothing of.
  void distrust_store(MonoTime now);
  [[nodiscard]] Ledger& ledger() { return ledger_; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }

  void set_live(std::vector<LiveGame> games);
  [[nodiscard]] bool knows_live_games() const { return live_known_; }

  /// Something that a plan depends on changed, because of `cause`.
  void want_plan(EventId cause);
  /// Makes the plan if one is wanted, and commits what it says.
  void plan_if_wanted(MonoTime now);

  /// A heartbeat of a shard's present process: settles, acknowledges, adopts, finds zombies.
  void reconcile(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  /// Answers the newest heartbeat with the games the shard may emit for.
  void grant(Shard& shard, EventId cause);
  /// The shard ended in order: nobody emits for its games any more.
  void give_back_all(const Shard& shard, EventId cause);

  void schedule_resync(Shard& shard, EventId cause, MonoTime now);
  /// Starts resyncs that are due, releases leases that are over.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

  /// Makes a shard's process durable; its generation is used from now on.
  void remember(const Shard& shard);
  void forget(const ShardId& shard);

 private:
  void settle_commands(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void settle(Shard& shard, const PendingCommand& command, const wire::Heartbeat& beat,
              EventId heard);
  void check_owned(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void check_reported(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void acknowledge(Shard& shard, GameState& state, EventId heard);
  void adopt(Shard& shard, GameState& state, EventId heard);
  void release(GameState& state, const ShardId& shard, std::string_view proof, EventId cause);

  void start_resync(Shard& shard, MonoTime now);
  void finish_resync_if_done(Shard& shard, EventId cause);

  [[nodiscard]] std::vector<Need> needs(MonoTime now);
  [[nodiscard]] std::optional<std::string> reason_for_owner(const GameState& state,
                                                            MonoTime now) const;
  [[nodiscard]] std::vector<Candidate> candidates() const;
  void report_unplaced(const std::vector<Unplaced>& unplaced, EventId cause);
  void commit_placements(const std::vector<Placement>& placements, EventId cause);

  struct Change {
    GameRow row;
    std::string reason;
    MonoTime first_attempt;
    EventId cause;
  };
  void commit(std::vector<Change> changes);
  void apply(const Change& change);
  void drop_ended_games(EventId cause);
  void finish_drop(const GameId& game, bool committed, EventId cause);
  /// Writes what became known without a decision, all of a step at once: with a commit for each, a
  /// fleet that joins would cost as many syncs of the disk as it has shards and games.
  void save(MonoTime now);
  void commit_batch(StoreBatch batch, std::function<void(bool committed)> done);
  void reserve_epochs_if_needed();

  Ports& ports_;
  const OrchestratorSettings& settings_;
  Fleet& fleet_;
  Voice& voice_;
  Delivery& delivery_;
  const Modes& modes_;
  const Sight& sight_;
  AfterCommit after_commit_;

  Ledger ledger_;
  RateLimit failover_;
  bool live_known_ = false;
  MonoTime leases_of_others_over_{};  ///< of earlier terms, known or not
  bool all_holders_known_ = true;     ///< the store knows every shard that may hold a lease
  bool waiting_for_others_ = false;
  /// What the store should say as the ledger and the fleet do; kept until it does.
  struct Unsaved {
    std::set<GameId> games;
    std::set<ShardId> shards;
    std::set<ShardId> forgotten;
    std::set<AlertKey> alerts;
    [[nodiscard]] bool empty() const {
      return games.empty() && shards.empty() && forgotten.empty() && alerts.empty();
    }
  };
  [[nodiscard]] StoreBatch batch_of(const Unsaved& unsaved) const;

  std::vector<Change> adoptions_;  ///< found in this step
  Unsaved unsaved_;
  std::optional<MonoTime> save_again_;  ///< after the store refused
  std::optional<EventId> plan_wanted_;
  std::optional<MonoTime> plan_again_;
  std::set<GameId> unplaced_;
  std::set<GameId> handing_over_;  ///< games that somebody other than the owner may still emit for
};

}  // namespace arbees
