#include "sim/invariants/capacity.h"

#include <algorithm>

#include "sim/invariants/words.h"

namespace arbees::sim {

Capacity::Capacity(const Limits& /*limits*/, const FleetState& /*fleet*/) : Invariant(name, says) {
  listen<&Capacity::on_joined>();
  listen<&Capacity::on_prepared>();
  listen<&Capacity::on_ready>();
  listen<&Capacity::on_abandoned>();
  listen<&Capacity::on_assigned>();
  listen<&Capacity::on_ended>();
  listen<&Capacity::on_sent>();
  listen<&Capacity::on_command_ended>();
}

void Capacity::on_joined(const ShardJoined& event, const SimEnvelope& /*at*/) {
  Shard& shard = shards_[event.shard];
  shard.max_games = event.max_games;
  shard.leaving.clear();  // a new process runs nothing yet
}

void Capacity::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  const auto [owner, first] = owners_.try_emplace(event.game, event.shard);
  if (!first && owner->second == event.shard) {
    return;
  }
  if (!first) {
    shards_[owner->second].committed.erase(event.game);
    owner->second = event.shard;
  }
  Shard& shard = shards_[event.shard];
  shard.committed.insert(event.game);
  if (shard.max_games == 0 || event.reason == "adopted") {
    return;
  }
  check_room(event.shard, event.game, event.reason, at);
}

void Capacity::check_room(const ShardId& id, const GameId& game, const std::string& reason,
                          const SimEnvelope& at) {
  checked();
  const Shard& shard = shards_[id];
  const auto leaving = std::ranges::count_if(shard.leaving, [&](const GameId& other) {
    return !shard.committed.contains(other) && !shard.prepared.contains(other);
  });
  const std::uint64_t held =
      shard.committed.size() + shard.prepared.size() + static_cast<std::uint64_t>(leaving);
  if (held > shard.max_games) {
    violated(at.time, at.id,
             game.str() + " was assigned (" + reason + ") at " + in_words(at.time) + " to " +
                 id.str() + ", which takes " + std::to_string(shard.max_games) +
                 " games and now holds " + std::to_string(held) + ", " + std::to_string(leaving) +
                 " of them on their way out");
  }
}

void Capacity::on_prepared(const HandoffPrepared& event, const SimEnvelope& at) {
  Shard& shard = shards_[event.to];
  shard.prepared.insert(event.game);
  if (shard.max_games > 0) {
    check_room(event.to, event.game, event.reason, at);
  }
}

void Capacity::on_ready(const HandoffReady& event, const SimEnvelope& /*at*/) {
  shards_[event.to].prepared.erase(event.game);
}

void Capacity::on_abandoned(const HandoffAbandoned& event, const SimEnvelope& /*at*/) {
  shards_[event.to].prepared.erase(event.game);
}

void Capacity::on_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  const auto owner = owners_.find(event.game);
  if (owner != owners_.end()) {
    shards_[owner->second].committed.erase(event.game);
    owners_.erase(owner);
  }
  for (auto& [id, shard] : shards_) {
    shard.prepared.erase(event.game);  // A handoff ends with its game.
  }
}

void Capacity::on_sent(const CommandSent& event, const SimEnvelope& /*at*/) {
  if (event.type == "remove_game") {
    shards_[event.shard].leaving.insert(event.game);
  }
}

void Capacity::on_command_ended(const CommandEnded& event, const SimEnvelope& /*at*/) {
  if (event.type == "remove_game") {
    shards_[event.shard].leaving.erase(event.game);
  }
}

}  // namespace arbees::sim
