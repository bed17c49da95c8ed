#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/ports/store.h"

namespace arbees {

/// Random batches for any store, from a few games, shards and alerts, so that rows meet again: put, put
/// anew and dropped. Every kind of row and every field; some batches are of a term that is not in office.
class BatchDice {
 public:
  explicit BatchDice(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] StoreBatch batch(const StoreImage& stored) {
    StoreBatch batch;
    batch.expected_term = Term(stored.term.value() + (one_in(8) ? 1 : 0));
    if (one_in(6)) {
      batch.new_term = Term(stored.term.value() + 1 + draw(3));
      batch.new_instance = InstanceId(word("instance-"));
    }
    if (one_in(3)) {
      batch.reserve_epochs_to = Epoch(stored.epochs_reserved.value() + draw(1'000));
    }
    for (std::uint64_t rows = draw(4); rows > 0; --rows) {
      add_rows(batch);
    }
    if (one_in(5)) {
      batch.set_pause = one_in(2) ? std::optional(Pause{word("who-"), word("why-")}) : std::nullopt;
    }
    if (one_in(5)) {
      batch.set_lost = one_in(2) ? std::optional(lost()) : std::nullopt;
    }
    return batch;
  }

  /// Below `below`.
  [[nodiscard]] std::uint64_t draw(std::uint64_t below) {
    random_ = random_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return (random_ >> 33U) % below;
  }

 private:
  void add_rows(StoreBatch& batch) {
    batch.put_games.push_back(game());
    batch.drop_games.emplace_back(game_id());
    batch.put_shards.push_back(shard());
    batch.drop_shards.emplace_back(shard_id());
    const std::string live = game_id();
    batch.put_live.push_back({GameId(live), word("sport-"), word("k-"), word("")});
    batch.drop_live.emplace_back(game_id());
    const std::string type = word("type-");
    const std::string subject = shard_id();
    batch.put_alerts.push_back({type, subject, word("text-"), word("state-"), word(""), span()});
    batch.drop_alerts.push_back({word("type-"), shard_id()});
    const WallTime at(span());
    batch.audit.push_back({at, word("who-"), word("what-"), subject, word("why-"), word("before-"),
                           word("after-"), EventId(number())});
  }

  [[nodiscard]] GameRow game() {
    GameRow row{GameId(game_id()), word("sport-"),  ShardId(shard_id()),
                Boot(number()),    Epoch(number()), ShardId(shard_id())};
    row.phase = static_cast<GamePhase>(draw(3));
    if (row.phase == GamePhase::prepare) {
      row.next = Successor{ShardId(shard_id()), Boot(number()), Epoch(number())};
    }
    return row;
  }
  [[nodiscard]] ShardRow shard() {
    ShardRow row{
        ShardId(shard_id()), {word("pid-"), word("at-"), Boot(number())}, Generation(number())};
    row.marks = {one_in(2), one_in(2), one_in(2), span()};
    return row;
  }
  [[nodiscard]] LostDecisions lost() {
    LostDecisions lost{span(), {}};
    for (std::uint64_t spans = draw(3); spans > 0; --spans) {
      lost.epochs.push_back({Epoch(number()), Epoch(number())});
    }
    return lost;
  }
  [[nodiscard]] bool one_in(std::uint64_t n) { return draw(n) == 0; }
  [[nodiscard]] std::string word(const std::string& stem) { return stem + std::to_string(draw(9)); }
  [[nodiscard]] std::string game_id() { return "g" + std::to_string(draw(20)); }
  [[nodiscard]] std::string shard_id() { return "s" + std::to_string(draw(8)); }
  /// Small, or above 2^63.
  [[nodiscard]] std::uint64_t number() {
    const std::uint64_t small = draw(1'000);
    return one_in(4) ? ~small : small;
  }
  /// Both signs.
  [[nodiscard]] Duration span() {
    return Duration(static_cast<std::int64_t>(draw(1'000'000)) - 500'000);
  }

  std::uint64_t random_;
};

}  // namespace arbees
