#include "core/store/memory_store.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace arbees {

MemoryStore::MemoryStore(StoreImage& image, Clock& clock, bool durable, Duration latency)
    : image_(image),
      clock_(clock),
      durable_(durable),
      latency_(latency),
      timer_(clock.make_timer([this] { complete_next(); })) {}

void MemoryStore::load(Loaded done) {
  enqueue([this, done = std::move(done)] { done(image_); });
}

void MemoryStore::commit(StoreBatch batch, Committed done) {
  // Applied when it completes, not when it is asked for: a process that dies in between has lost it.
  enqueue([this, batch = std::move(batch), done = std::move(done)] { done(apply(batch, image_)); });
}

void MemoryStore::enqueue(std::function<void()> complete) {
  const MonoTime due = clock_.now() + latency_;
  pending_.push_back({due, std::move(complete)});
  if (pending_.size() == 1) {
    timer_->arm(due);
  }
}

void MemoryStore::complete_next() {
  ensure(!pending_.empty(), "the store's timer is armed only while something is pending");
  const Pending next = std::move(pending_.front());
  pending_.pop_front();
  if (!pending_.empty()) {
    timer_->arm(pending_.front().due);
  }
  next.complete();
}

std::expected<void, StoreError> apply(const StoreBatch& batch, StoreImage& image) {
  if (const auto refused = check_term(batch, image.term); !refused) {
    return refused;
  }
  if (batch.new_term) {
    ensure(*batch.new_term > image.term, "terms only grow");
    image.term = *batch.new_term;
  }
  if (batch.reserve_epochs_to) {
    ensure(*batch.reserve_epochs_to >= image.epochs_reserved, "epochs are never given back");
    image.epochs_reserved = *batch.reserve_epochs_to;
  }
  image.epochs_written = std::max(image.epochs_written, batch.written_to);
  for (const GameId& game : batch.drop_games) {
    image.games.erase(game);
  }
  for (const GameRow& row : batch.put_games) {
    image.games.insert_or_assign(row.game, row);
    image.epochs_written =
        std::max({image.epochs_written, row.epoch, row.next ? row.next->epoch : Epoch{}});
  }
  for (const ShardId& shard : batch.drop_shards) {
    image.shards.erase(shard);
  }
  for (const ShardRow& row : batch.put_shards) {
    image.shards.insert_or_assign(row.shard, row);
  }
  for (const GameId& game : batch.drop_live) {
    image.live.erase(game);
  }
  for (const LiveGame& game : batch.put_live) {
    image.live.insert_or_assign(game.id, game);
  }
  for (const auto& key : batch.drop_alerts) {
    image.alerts.erase(key);
  }
  for (const AlertRow& row : batch.put_alerts) {
    image.alerts.insert_or_assign({row.type, row.subject}, row);
  }
  if (batch.set_pause) {
    image.paused = *batch.set_pause;
  }
  if (batch.set_farewell) {
    image.farewell_left = *batch.set_farewell;
  }
  if (batch.set_lost) {
    image.lost = *batch.set_lost;
  }
  return {};
}

}  // namespace arbees
