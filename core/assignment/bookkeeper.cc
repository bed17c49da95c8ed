#include "core/assignment/bookkeeper.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/orchestrator/events.h"

namespace arbees {
namespace {

/// After the store refused.
constexpr Duration save_retry = seconds{1};

}  // namespace

void Bookkeeper::commit(StoreBatch batch, Done done) {
  batch.expected_term = context_.voice.office().term;
  unanswered_.push_back(context_.now());
  context_.ports.store.commit(std::move(batch), [this, done = std::move(done)](auto committed) {
    answered(committed);
    done(committed.has_value());
    after_commit_(committed);
  });
}

void Bookkeeper::answered(const std::expected<void, StoreError>& result) {
  ensure(!unanswered_.empty(), "each commit is answered once");
  const MonoTime began = unanswered_.front();
  unanswered_.pop_front();
  if (result) {
    if (unanswered_.empty()) {
      out_since_.reset();
    }
    return;
  }
  context_.ports.events.record(StoreFailed{"committing ownership", result.error().detail},
                               EventId{});
  if (result.error().failure == StoreFailure::unavailable && !out_since_) {
    out_since_ = began;
  }
}

void Bookkeeper::reserve_epochs_if_needed() {
  if (out_since_) {
    return;
  }
  if (const auto up_to = context_.ledger.epochs_to_reserve()) {
    StoreBatch batch;
    batch.reserve_epochs_to = up_to;
    commit(std::move(batch), [this, up_to](bool committed) {
      if (committed) {
        context_.ledger.epochs_reserved(*up_to);
      } else {
        context_.ledger.reservation_failed();
      }
    });
  }
}

void Bookkeeper::forget(const GameId& game) {
  unsaved_.games.erase(game);
  unsaved_.live.erase(game);
  unsaved_.ended.insert(game);
}

void Bookkeeper::forget_row(const GameId& game) { unsaved_.ended.insert(game); }

void Bookkeeper::set_pause(std::optional<Pause> pause) {
  pause_ = std::move(pause);
  unsaved_.pause = true;
}

bool Bookkeeper::Unsaved::empty() const {
  return games.empty() && live.empty() && ended.empty() && shards.empty() && alerts.empty() &&
         audit.empty() && !pause && !farewell_over && !lost;
}

void Bookkeeper::Unsaved::put_back(Unsaved older) {
  games.merge(older.games);
  live.merge(older.live);
  ended.merge(older.ended);
  shards.merge(older.shards);
  alerts.merge(older.alerts);
  audit.merge(older.audit);
  pause = pause || older.pause;
  farewell_over = farewell_over || older.farewell_over;
  lost = lost || older.lost;
}

StoreBatch Bookkeeper::batch_of(const Unsaved& unsaved) const {
  StoreBatch batch;
  for (const GameId& game : unsaved.games) {
    const GameState* known = std::as_const(context_.ledger).find(game);
    // One that is being decided anew is written by that decision.
    if (known != nullptr && known->row && !known->deciding) {
      batch.put_games.push_back(*known->row);
    }
  }
  for (const GameId& game : unsaved.live) {
    if (const GameState* known = std::as_const(context_.ledger).find(game)) {
      batch.put_live.push_back(known->live);
    }
  }
  for (const GameId& game : unsaved.ended) {
    const GameState* known = std::as_const(context_.ledger).find(game);
    if (known == nullptr) {
      batch.drop_live.push_back(game);
    }
    if (known == nullptr || (!known->row && !known->deciding)) {
      batch.drop_games.push_back(game);
    }
  }
  for (const ShardId& id : unsaved.shards) {
    if (const Shard* shard = context_.fleet.find(id)) {
      batch.put_shards.push_back({id, shard->incarnation, shard->generation, shard->marks});
    } else {
      batch.drop_shards.push_back(id);
    }
  }
  context_.voice.alarms().write(unsaved.alerts, batch);
  for (const auto& [number, row] : unsaved.audit) {
    batch.audit.push_back(row);
  }
  if (unsaved.pause) {
    batch.set_pause = pause_;
  }
  if (unsaved.farewell_over) {
    batch.set_farewell = Duration{};
  }
  if (unsaved.lost) {
    batch.set_lost = context_.ledger.lost(context_.now());
    // No later term takes what was lost and is settled for a new loss.
    batch.written_to = *batch.set_lost ? Epoch{} : context_.ledger.heard_unwritten();
  }
  return batch;
}

void Bookkeeper::save(MonoTime now) {
  unsaved_.alerts.merge(context_.voice.alarms().take_unsaved());
  if (save_again_ && now < *save_again_) {
    return;
  }
  save_again_.reset();
  if (unsaved_.empty() && !(out_since_ && unanswered_.empty())) {
    return;
  }
  if (out_since_) {
    save_again_ = now + save_retry;
  }
  StoreBatch batch = batch_of(unsaved_);
  if (out_since_) {
    // Written even when nothing else is: reading alone would not show that the disk takes writes again.
    batch.reserve_epochs_to = context_.ledger.epochs_asked_for();
  }
  commit(std::move(batch), [this, saved = std::exchange(unsaved_, {})](bool committed) mutable {
    if (committed) {
      return;
    }
    // All of it is made anew then: what changed meanwhile is not overwritten by what was, whichever of two saves failed.
    unsaved_.put_back(std::move(saved));
    save_again_ = context_.now() + save_retry;
  });
}

void Bookkeeper::advance(MonoTime now) {
  if (farewell_over_ && *farewell_over_ <= now) {
    farewell_over_.reset();
    unsaved_.farewell_over = true;
  }
  if (!out_since_ && !unanswered_.empty() &&
      unanswered_.front() + context_.settings.store_patience <= now) {
    out_since_ = unanswered_.front();
    context_.ports.events.record(StoreFailed{"committing ownership", "it does not answer"},
                                 EventId{});
  }
}

std::optional<MonoTime> Bookkeeper::deadline() const {
  std::optional<MonoTime> first = save_again_;
  const auto consider = [&](MonoTime due) { first = std::min(first.value_or(due), due); };
  if (farewell_over_) {
    consider(*farewell_over_);
  }
  if (out_since_) {
    const MonoTime exhausted = *out_since_ + context_.settings.store_out_max;
    if (exhausted > context_.now()) {
      consider(exhausted);
    }
  } else if (!unanswered_.empty()) {
    consider(unanswered_.front() + context_.settings.store_patience);
  }
  return first;
}

}  // namespace arbees
