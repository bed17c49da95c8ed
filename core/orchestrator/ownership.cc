#include "core/orchestrator/ownership.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/orchestrator/events.h"
#include "core/wire/channels.h"
#include "core/wire/notification.h"

namespace arbees {
namespace {

/// After the store refused, and while the failover rate is used up.
constexpr Duration plan_retry = seconds{1};
/// S of ownership.md 6, in half heartbeats: 2.5 intervals of silence.
constexpr std::int64_t suspect_after = 5;
constexpr const char* games_unowned = "GAMES_UNOWNED";

std::string list_of(const std::set<GameId>& games) {
  std::string text;
  for (const GameId& game : games) {
    text += text.empty() ? game.str() : ", " + game.str();
  }
  return text;
}

}  // namespace

Ownership::Ownership(Ports& ports, const OrchestratorSettings& settings, Fleet& fleet, Voice& voice,
                     Delivery& delivery, const Modes& modes, const Sight& sight,
                     AfterCommit after_commit)
    : ports_(ports),
      settings_(settings),
      fleet_(fleet),
      voice_(voice),
      delivery_(delivery),
      modes_(modes),
      sight_(sight),
      after_commit_(std::move(after_commit)),
      failover_(settings.failover_games_per_second, ports.clock.now()) {}

void Ownership::begin(const StoreImage& image, Epoch reserved_to, MonoTime now) {
  const MonoTime leases_over = now + settings_.lease_out();
  ledger_.load(image, leases_over);
  ledger_.epochs_reserved(reserved_to);
  all_holders_known_ = ports_.store.remembers_all() || settings_.new_fleet;
  leases_of_others_over_ = leases_over;
  waiting_for_others_ = true;
  for (const auto& [game, state] : ledger_.games()) {
    handing_over_.insert(game);
  }
}

void Ownership::distrust_store(MonoTime now) {
  all_holders_known_ = false;
  leases_of_others_over_ = now + settings_.lease_out();
  waiting_for_others_ = true;
}

void Ownership::set_live(std::vector<LiveGame> games) {
  live_known_ = true;
  const LiveChange change = ledger_.set_live(std::move(games));
  for (const GameId& game : change.discovered) {
    want_plan(
        ports_.events.record(GameDiscovered{game, ledger_.find(game)->live.sport}, EventId{}));
  }
  for (const GameId& game : change.ended) {
    want_plan(ports_.events.record(GameEnded{game}, EventId{}));
  }
}

// --- planning ---------------------------------------------------------------------------------

void Ownership::want_plan(EventId cause) {
  if (!plan_wanted_) {
    plan_wanted_ = cause;
  }
}

void Ownership::plan_if_wanted(MonoTime now) {
  if (plan_again_ && *plan_again_ <= now) {
    plan_again_.reset();
    want_plan(EventId{});
  }
  if (!plan_wanted_ || !live_known_ || voice_.office().term.none()) {
    return;
  }
  const EventId cause = *std::exchange(plan_wanted_, std::nullopt);
  reserve_epochs_if_needed();
  drop_ended_games(cause);
  const std::vector<Need> wanted = needs(now);
  const Plan plan = wanted.empty() ? Plan{} : place(wanted, candidates());
  report_unplaced(plan.unplaced, cause);
  commit_placements(plan.placements, cause);
}

std::vector<Need> Ownership::needs(MonoTime now) {
  std::vector<Need> found;
  std::uint64_t failovers = failover_.available(now);
  std::uint64_t used = 0;
  for (const auto& [game, state] : ledger_.games()) {
    const std::optional<std::string> reason = reason_for_owner(state, now);
    if (!reason) {
      continue;
    }
    const bool failover = *reason != "first" && *reason != "refused";
    if (failover && used == failovers) {
      if (settings_.failover_games_per_second > 0) {
        plan_again_ = now + failover_.cost();
      }
      continue;
    }
    used += failover ? 1 : 0;
    Need need{game, *reason, {}};
    for (const auto& [shard, until] : state.refused_until) {
      if (until > now) {
        need.unsuitable.insert(shard);
      }
    }
    found.push_back(std::move(need));
  }
  failover_.take(used, now);
  return found;
}

std::optional<std::string> Ownership::reason_for_owner(const GameState& state, MonoTime now) const {
  if (!state.wanted || state.committing) {
    return std::nullopt;
  }
  if (!state.row) {
    const bool may_be_held =
        now < leases_of_others_over_ && (!all_holders_known_ || modes_.in(Mode::warm_up));
    return modes_.allows(Action::first_placement) && !may_be_held
               ? std::optional<std::string>("first")
               : std::nullopt;
  }
  const Shard* owner = fleet_.find(state.row->owner);
  std::optional<std::string> reason;
  Action action = Action::replace_dead;
  if (owner == nullptr || (owner->status.status() == Status::dead && !owner->left)) {
    reason = "dead";
  } else if (owner->left) {
    reason = "left";
  } else if (owner->deaf) {
    reason = "deaf";
    action = Action::replace_living;
  } else if (state.refused_until.contains(owner->id) && !state.acknowledged &&
             owner->commands.of_game(state.row->game) == nullptr) {
    return modes_.allows(Action::first_placement) ? std::optional<std::string>("refused")
                                                  : std::nullopt;
  }
  return reason && modes_.allows(action) ? reason : std::nullopt;
}

std::vector<Candidate> Ownership::candidates() const {
  const MonoTime now = ports_.clock.now();
  std::map<ShardId, std::uint64_t> in_use;
  for (const auto& [game, state] : ledger_.games()) {
    if (state.row) {
      ++in_use[state.row->owner];
    }
    if (state.committing && (!state.row || state.row->owner != *state.committing)) {
      ++in_use[*state.committing];
    }
  }
  std::vector<Candidate> found;
  for (const auto& [id, shard] : fleet_.shards()) {
    if (!shard.alive() || shard.left || shard.deaf) {
      continue;
    }
    std::uint64_t used = in_use[id];
    for (const auto& [game, epoch] : shard.reported) {
      const auto known = ledger_.games().find(game);
      const bool its_own =
          known != ledger_.games().end() && known->second.row && known->second.row->owner == id;
      used += its_own ? 0 : 1;  // What it still has to drop takes room as well.
    }
    // One that is late already may be dying: it gets a game only if nobody else can.
    const bool suspect = shard.last_heard + suspect_after * shard.interval / 2 < now;
    const std::uint64_t rank = (shard.status.status() == Status::healthy ? 0U : 1U) +
                               (shard.leased ? 0U : 2U) + (suspect ? 4U : 0U);
    found.push_back(
        {id, shard.incarnation.boot, shard.max_games > used ? shard.max_games - used : 0, rank});
  }
  return found;
}

void Ownership::report_unplaced(const std::vector<Unplaced>& unplaced, EventId cause) {
  std::set<GameId> now_unplaced;
  for (const Unplaced& game : unplaced) {
    now_unplaced.insert(game.game);
    if (!unplaced_.contains(game.game)) {
      ports_.events.record(GameUnplaced{game.game, game.reason}, cause);
    }
  }
  unplaced_ = std::move(now_unplaced);
  if (unplaced_.empty()) {
    voice_.resolve(games_unowned, "fleet", cause);
  } else {
    voice_.raise(games_unowned, "fleet",
                 std::to_string(unplaced_.size()) + " live games without a shard (" +
                     unplaced.front().reason + "): " + list_of(unplaced_),
                 cause);
  }
}

void Ownership::commit_placements(const std::vector<Placement>& placements, EventId cause) {
  std::vector<Change> changes;
  const MonoTime now = ports_.clock.now();
  for (const Placement& placement : placements) {
    const std::optional<Epoch> epoch = ledger_.take_epoch();
    if (!epoch) {
      plan_again_ = now + plan_retry;
      break;
    }
    GameState& state = *ledger_.find(placement.game);
    const ShardId previous = state.row ? state.row->owner : ShardId{};
    const bool held = state.holders.other_than(placement.shard, now) != nullptr;
    changes.push_back({{placement.game, state.live.sport, placement.shard, placement.boot, *epoch,
                        previous, held ? GamePhase::removing : GamePhase::active},
                       placement.reason,
                       now,
                       cause});
  }
  commit(std::move(changes));
}

void Ownership::drop_ended_games(EventId cause) {
  std::vector<GameId> ended;
  StoreBatch batch;
  for (const auto& [game, state] : ledger_.games()) {
    if (state.wanted || state.committing) {
      continue;
    }
    ended.push_back(game);
    if (state.row) {
      batch.drop_games.push_back(game);
    }
  }
  for (const GameId& game : ended) {
    GameState& state = *ledger_.find(game);
    if (state.row) {
      state.committing = ShardId{};
    } else {
      ledger_.drop(game);
    }
  }
  if (batch.drop_games.empty()) {
    return;
  }
  std::vector<GameId> dropped = batch.drop_games;
  commit_batch(std::move(batch), [this, dropped = std::move(dropped), cause](bool committed) {
    for (const GameId& game : dropped) {
      finish_drop(game, committed, cause);
    }
  });
}

void Ownership::finish_drop(const GameId& game, bool committed, EventId cause) {
  GameState* ended = ledger_.find(game);
  ensure(ended != nullptr && ended->row, "a row stays while its commit is under way");
  ended->committing.reset();
  if (!committed) {
    return;
  }
  const GameRow row = *ended->row;
  const LiveGame live = ended->live;
  const bool wanted_again = ended->wanted;
  ledger_.drop(game);
  handing_over_.erase(game);
  if (wanted_again) {
    // Final, then in progress again while the drop was on its way (H10): it starts anew.
    ledger_.want(live);
    want_plan(cause);
  }
  // Only now is it nobody's: a committed owner is never told to remove its game (I3).
  if (Shard* owner = fleet_.find(row.owner); owner != nullptr && owner->alive()) {
    delivery_.issue(*owner, wire::RemoveGame{game, row.epoch}, ports_.clock.now(), cause);
  }
}

// --- committing -------------------------------------------------------------------------------

void Ownership::commit(std::vector<Change> changes) {
  if (changes.empty()) {
    return;
  }
  StoreBatch batch;
  for (const Change& change : changes) {
    ledger_.find(change.row.game)->committing = change.row.owner;
    batch.put_games.push_back(change.row);
  }
  commit_batch(std::move(batch), [this, changes = std::move(changes)](bool committed) {
    for (const Change& change : changes) {
      GameState* state = ledger_.find(change.row.game);
      ensure(state != nullptr && state->committing, "a game stays while its commit is under way");
      state->committing.reset();
      if (committed) {
        apply(change);
      }
    }
    if (committed) {
      want_plan(changes.front().cause);
    }
  });
}

void Ownership::apply(const Change& change) {
  const GameRow& row = change.row;
  const MonoTime now = ports_.clock.now();
  const EventId assigned =
      ports_.events.record(GameAssigned{row.game, row.owner, row.owner_boot, row.epoch,
                                        row.previous_owner, change.reason},
                           change.cause);
  ledger_.put(row, now, assigned);
  GameState& state = *ledger_.find(row.game);
  state.refused_until.erase(row.owner);
  handing_over_.insert(row.game);
  Shard* owner = fleet_.find(row.owner);
  if (owner != nullptr && owner->alive() && owner->incarnation.boot == row.owner_boot) {
    delivery_.issue(*owner, wire::AddGame{state.live, row.epoch},
                    std::max(change.first_attempt, now), assigned);
  }
  Shard* previous = fleet_.find(row.previous_owner);
  if (previous != nullptr && previous != owner && previous->alive()) {
    delivery_.issue(*previous, wire::RemoveGame{row.game, row.epoch}, now, assigned);
  }
}

void Ownership::commit_batch(StoreBatch batch, std::function<void(bool)> done) {
  batch.expected_term = voice_.office().term;
  ports_.store.commit(std::move(batch), [this, done = std::move(done)](auto committed) {
    if (!committed) {
      ports_.events.record(StoreFailed{"committing ownership", committed.error().detail},
                           EventId{});
      plan_again_ = ports_.clock.now() + plan_retry;
    }
    done(committed.has_value());
    after_commit_(committed);
  });
}

void Ownership::reserve_epochs_if_needed() {
  if (const auto up_to = ledger_.epochs_to_reserve()) {
    StoreBatch batch;
    batch.reserve_epochs_to = up_to;
    commit_batch(std::move(batch), [this, up_to](bool committed) {
      if (committed) {
        ledger_.epochs_reserved(*up_to);
      } else {
        ledger_.reservation_failed();
      }
    });
  }
}

void Ownership::remember(const Shard& shard) {
  unsaved_.forgotten.erase(shard.id);
  unsaved_.shards.insert(shard.id);
}

void Ownership::forget(const ShardId& shard) {
  unsaved_.shards.erase(shard);
  unsaved_.forgotten.insert(shard);
}

StoreBatch Ownership::batch_of(const Unsaved& unsaved) const {
  StoreBatch batch;
  for (const GameId& game : unsaved.games) {
    const auto known = ledger_.games().find(game);
    // One that is being decided anew is written by that decision.
    if (known != ledger_.games().end() && known->second.row && !known->second.committing) {
      batch.put_games.push_back(*known->second.row);
    }
  }
  for (const ShardId& id : unsaved.shards) {
    if (const Shard* shard = fleet_.find(id)) {
      batch.put_shards.push_back({id, shard->incarnation, shard->generation});
    }
  }
  batch.drop_shards.assign(unsaved.forgotten.begin(), unsaved.forgotten.end());
  voice_.alarms().write(unsaved.alerts, batch);
  return batch;
}

void Ownership::save(MonoTime now) {
  commit(std::exchange(adoptions_, {}));
  unsaved_.alerts.merge(voice_.alarms().take_unsaved());
  if (unsaved_.empty() || (save_again_ && now < *save_again_)) {
    return;
  }
  save_again_.reset();
  StoreBatch batch = batch_of(unsaved_);
  commit_batch(std::move(batch), [this, saved = std::exchange(unsaved_, {})](bool committed) {
    if (committed) {
      return;
    }
    // The rows are made anew then: what changed meanwhile is not overwritten by what was.
    unsaved_.games.insert(saved.games.begin(), saved.games.end());
    unsaved_.shards.insert(saved.shards.begin(), saved.shards.end());
    unsaved_.forgotten.insert(saved.forgotten.begin(), saved.forgotten.end());
    unsaved_.alerts.insert(saved.alerts.begin(), saved.alerts.end());
    save_again_ = ports_.clock.now() + plan_retry;
  });
}

// --- resync -----------------------------------------------------------------------------------

void Ownership::schedule_resync(Shard& shard, EventId cause, MonoTime now) {
  if (shard.resync && !shard.resync->started) {
    return;  // The first unserved restart set the time; another one does not put it off (H5).
  }
  const EventId scheduled = ports_.events.record(
      ResyncScheduled{shard.id, shard.generation, settings_.resync_debounce}, cause);
  shard.resync = Resync{now + settings_.resync_debounce, scheduled, false, {}, 0, {}};
}

void Ownership::start_resync(Shard& shard, MonoTime now) {
  Resync& resync = *shard.resync;
  resync.started = true;
  resync.started_at = now;
  std::vector<Change> changes;
  for (const GameId& game : ledger_.owned_by(shard.id)) {
    GameState& state = *ledger_.find(game);
    if (state.committing || !state.wanted) {
      continue;
    }
    const std::optional<Epoch> epoch = ledger_.take_epoch();
    if (!epoch) {
      resync.started = false;
      resync.due = now + plan_retry;
      break;
    }
    GameRow row = *state.row;
    row.owner_boot = shard.incarnation.boot;
    row.previous_owner = shard.id;
    row.epoch = *epoch;
    const auto batch = static_cast<std::int64_t>(resync.resent / settings_.resync_batch);
    changes.push_back({row, "restarted", now + batch * settings_.resync_pause, resync.cause});
    resync.outstanding.insert(game);
    ++resync.resent;
  }
  commit(std::move(changes));
  finish_resync_if_done(shard, resync.cause);
}

void Ownership::finish_resync_if_done(Shard& shard, EventId cause) {
  if (!shard.resync || !shard.resync->started || !shard.resync->outstanding.empty()) {
    return;
  }
  const Duration took = ports_.clock.now() - shard.resync->started_at;
  const EventId completed = ports_.events.record(
      ResyncCompleted{shard.id, shard.generation, shard.resync->resent, took}, cause);
  voice_.notify(wire::service_resync_channel,
                wire::service_resync_complete(wire::shard_subject(shard.id), shard.resync->resent,
                                              took, ports_.clock.wall_now()),
                completed);
  shard.resync.reset();
}

void Ownership::advance(MonoTime now) {
  if (modes_.allows(Action::resync)) {
    for (auto& [id, shard] : fleet_.shards()) {
      if (shard.resync && !shard.resync->started && shard.resync->due <= now && shard.alive()) {
        start_resync(shard, now);
      }
    }
  }
  std::vector<GameId> over;
  for (const GameId& game : handing_over_) {
    GameState* state = ledger_.find(game);
    const bool settled = state == nullptr || !state->row ||
                         state->holders.other_than(state->row->owner, now) == nullptr;
    if (settled) {
      over.push_back(game);
    }
  }
  for (const GameId& game : over) {
    handing_over_.erase(game);
    GameState* state = ledger_.find(game);
    if (state == nullptr || !state->row) {
      continue;
    }
    for (const ShardId& shard : state->holders.expire(now)) {
      if (shard != state->row->owner) {
        release(*state, shard, "lease_over", state->assigned_event);
      }
    }
  }
  if (waiting_for_others_ && leases_of_others_over_ <= now) {
    waiting_for_others_ = false;
    want_plan(EventId{});
  }
  save(now);
  plan_if_wanted(now);
}

std::optional<MonoTime> Ownership::deadline() const {
  std::optional<MonoTime> first = plan_again_;
  if (save_again_ && (!first || *save_again_ < *first)) {
    first = save_again_;
  }
  const auto consider = [&](std::optional<MonoTime> due) {
    if (due && (!first || *due < *first)) {
      first = due;
    }
  };
  for (const auto& [id, shard] : fleet_.shards()) {
    if (shard.resync && !shard.resync->started && shard.alive() && modes_.allows(Action::resync)) {
      consider(shard.resync->due);
    }
  }
  for (const GameId& game : handing_over_) {
    const auto state = ledger_.games().find(game);
    if (state != ledger_.games().end() && state->second.row) {
      consider(state->second.holders.others_over(state->second.row->owner));
    }
  }
  if (waiting_for_others_) {
    consider(leases_of_others_over_);
  }
  return first;
}

}  // namespace arbees
