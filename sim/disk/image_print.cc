#include "sim/disk/image_print.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/assert.h"
#include "core/store/memory_store.h"

namespace arbees::sim {
namespace {

/// The fields of one row, each with its length or width, so that no two rows read the same.
class RowHash {
 public:
  explicit RowHash(char table) : bytes_(1, table) {}

  RowHash& add(std::uint64_t number) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      bytes_ += static_cast<char>(static_cast<unsigned char>(number >> shift));
    }
    return *this;
  }
  RowHash& add(std::string_view text) {
    add(std::uint64_t{text.size()});
    bytes_.append(text);
    return *this;
  }
  RowHash& add(Duration span) { return add(static_cast<std::uint64_t>(span.count())); }
  [[nodiscard]] std::uint64_t value() const { return XXH3_64bits(bytes_.data(), bytes_.size()); }

 private:
  std::string bytes_;
};

std::uint64_t hash(const GameRow& row) {
  RowHash hash('g');
  hash.add(row.game.str()).add(row.sport).add(row.owner.str()).add(row.owner_boot.value());
  hash.add(row.epoch.value()).add(row.previous_owner.str()).add(to_string(row.phase));
  if (row.next) {
    hash.add(row.next->shard.str()).add(row.next->boot.value()).add(row.next->epoch.value());
  }
  return hash.value();
}

std::uint64_t hash(const ShardRow& row) {
  RowHash hash('s');
  hash.add(row.shard.str()).add(row.incarnation.process_id).add(row.incarnation.started_at);
  hash.add(row.incarnation.boot.value()).add(row.generation.value());
  hash.add(std::uint64_t{row.marks.cordoned}).add(std::uint64_t{row.marks.draining});
  return hash.add(std::uint64_t{row.marks.maintenance}).add(row.marks.drain_left).value();
}

std::uint64_t hash(const LiveGame& game) {
  RowHash hash('l');
  hash.add(game.id.str()).add(game.sport);
  return hash.add(game.kalshi_market_id).add(game.polymarket_market_id).value();
}

std::uint64_t hash(const AlertRow& row) {
  RowHash hash('a');
  hash.add(row.type).add(row.subject).add(row.text).add(row.state);
  return hash.add(row.acknowledged_by).add(row.age).value();
}

std::uint64_t hash_of_office(const StoreImage& image) {
  RowHash hash('o');
  hash.add(image.term.value()).add(image.epochs_reserved.value());
  hash.add(image.epochs_written.value()).add(image.farewell_left);
  hash.add(std::uint64_t{image.paused.has_value()});
  if (image.paused) {
    hash.add(image.paused->who).add(image.paused->why);
  }
  if (image.lost) {
    hash.add(image.lost->leases_left);
    for (const EpochSpan& span : image.lost->epochs) {
      hash.add(span.above.value()).add(span.upto.value());
    }
  }
  return hash.value();
}

template <class Rows>
std::uint64_t hash_of_all(const Rows& rows) {
  std::uint64_t sum = 0;
  for (const auto& [key, row] : rows) {
    sum += hash(row);
  }
  return sum;
}

template <class Rows, class Keys>
std::uint64_t hash_of_some(const Rows& rows, const Keys& keys) {
  std::uint64_t sum = 0;
  for (const auto& key : keys) {
    const auto found = rows.find(key);
    sum += found == rows.end() ? 0 : hash(found->second);
  }
  return sum;
}

/// The rows a batch can change.
class Touched {
 public:
  explicit Touched(const StoreBatch& batch)
      : games_(batch.drop_games.begin(), batch.drop_games.end()),
        shards_(batch.drop_shards.begin(), batch.drop_shards.end()),
        live_(batch.drop_live.begin(), batch.drop_live.end()),
        alerts_(batch.drop_alerts.begin(), batch.drop_alerts.end()) {
    for (const GameRow& row : batch.put_games) {
      games_.insert(row.game);
    }
    for (const ShardRow& row : batch.put_shards) {
      shards_.insert(row.shard);
    }
    for (const LiveGame& game : batch.put_live) {
      live_.insert(game.id);
    }
    for (const AlertRow& row : batch.put_alerts) {
      alerts_.emplace(row.type, row.subject);
    }
  }

  [[nodiscard]] std::uint64_t sum(const StoreImage& image) const {
    return hash_of_office(image) + hash_of_some(image.games, games_) +
           hash_of_some(image.shards, shards_) + hash_of_some(image.live, live_) +
           hash_of_some(image.alerts, alerts_);
  }

 private:
  std::set<GameId> games_;
  std::set<ShardId> shards_;
  std::set<GameId> live_;
  std::set<std::pair<std::string, std::string>> alerts_;
};

}  // namespace

ImagePrint::ImagePrint(const StoreImage& image)
    : value_(hash_of_office(image) + hash_of_all(image.games) + hash_of_all(image.shards) +
             hash_of_all(image.live) + hash_of_all(image.alerts)) {}

void ImagePrint::apply(const StoreBatch& batch, StoreImage& image) {
  const Touched touched(batch);
  value_ -= touched.sum(image);
  const auto applied = arbees::apply(batch, image);
  ensure(applied.has_value(), "the batch is of the term in office");
  value_ += touched.sum(image);
}

}  // namespace arbees::sim
