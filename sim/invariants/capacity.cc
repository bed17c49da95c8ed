#include "sim/invariants/capacity.h"

#include <algorithm>

#include "sim/invariants/words.h"

namespace arbees::sim {

Capacity::Capacity(const Limits& /*limits*/, const FleetState& /*fleet*/) : Invariant(name, says) {
  listen<&Capacity::on_joined>();
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
  checked();
  const auto leaving = std::ranges::count_if(
      shard.leaving, [&](const GameId& id) { return !shard.committed.contains(id); });
  const std::uint64_t held = shard.committed.size() + static_cast<std::uint64_t>(leaving);
  if (held > shard.max_games) {
    violated(at.time, at.id,
             event.game.str() + " was assigned (" + event.reason + ") at " + in_words(at.time) +
                 " to " + in_words(event.shard, event.boot) + ", which takes " +
                 std::to_string(shard.max_games) + " games and now holds " + std::to_string(held) +
                 ", " + std::to_string(leaving) + " of them on their way out");
  }
}

void Capacity::on_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  const auto owner = owners_.find(event.game);
  if (owner != owners_.end()) {
    shards_[owner->second].committed.erase(event.game);
    owners_.erase(owner);
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
