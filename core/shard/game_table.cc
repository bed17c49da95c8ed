#include "core/shard/game_table.h"

#include <algorithm>

#include "core/base/assert.h"

namespace arbees {

AddOutcome GameTable::add(const LiveGame& game, Epoch epoch, MonoTime now) {
  if (const auto buried = tombstones_.find(game.id); buried != tombstones_.end()) {
    if (buried->second.until > now && !epoch.none() && epoch <= buried->second.epoch) {
      return AddOutcome::stale;
    }
    tombstones_.erase(buried);
  }
  if (const auto running = games_.find(game.id); running != games_.end()) {
    if (epoch < running->second.epoch) {
      return AddOutcome::stale;
    }
    // The same epoch again is an update: markets may have become known meanwhile.
    running->second.live = game;
    if (epoch > running->second.epoch) {
      running->second.epoch = epoch;
      running->second.last_signal = SignalSeq{};
    }
    return AddOutcome::updated;
  }
  if (games_.size() >= max_games_) {
    refused_.insert_or_assign(game.id, epoch);
    return AddOutcome::refused_full;
  }
  refused_.erase(game.id);
  games_.emplace(game.id, RunningGame{game, epoch, {}, false});
  ensure(games_.size() <= max_games_, "capacity is a promise");
  return AddOutcome::added;
}

RemoveOutcome GameTable::remove(const GameId& game, Epoch epoch, MonoTime now) {
  refused_.erase(game);
  const auto running = games_.find(game);
  if (running == games_.end()) {
    bury(game, epoch, now);
    return RemoveOutcome::not_running;
  }
  if (!epoch.none() && epoch < running->second.epoch) {
    return RemoveOutcome::stale;
  }
  games_.erase(running);
  bury(game, epoch, now);
  return RemoveOutcome::removed;
}

void GameTable::bury(const GameId& game, Epoch epoch, MonoTime now) {
  std::erase_if(tombstones_, [now](const auto& entry) { return entry.second.until <= now; });
  Tombstone& tombstone = tombstones_[game];
  tombstone.epoch = std::max(tombstone.epoch, epoch);
  tombstone.until = now + tombstone_life_;
}

}  // namespace arbees
