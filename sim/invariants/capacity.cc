#include "sim/invariants/capacity.h"

#include <algorithm>

#include "sim/invariants/words.h"

namespace arbees::sim {

Capacity::Capacity(const Limits& limits, const FleetState& /*fleet*/)
    : Invariant(name, says), limits_(limits) {
  listen<&Capacity::on_started>();
  listen<&Capacity::on_fault>();
  listen<&Capacity::on_marked>();
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

/// It may not know of a mark that its predecessor could not commit.
void Capacity::on_started(const OrchestratorStarted& /*event*/, const SimEnvelope& /*at*/) {
  for (auto& [id, shard] : shards_) {
    shard.kept_since = never;
  }
}

/// Nobody knows any more what a store that is restored has lost; what runs is found by and by.
void Capacity::on_fault(const FaultStarted& event, const SimEnvelope& /*at*/) {
  if (event.fault == "store_restored") {
    owners_.clear();
    for (auto& [id, shard] : shards_) {
      shard.committed.clear();
    }
  }
}

void Capacity::on_marked(const ShardMarked& event, const SimEnvelope& at) {
  Shard& shard = shards_[event.shard];
  const bool gets_games = FleetState::gets_games(event);
  shard.kept_since = gets_games ? never : std::min(shard.kept_since, at.time);
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
  if (event.reason == "adopted" || event.reason == "restarted") {
    return;
  }
  check_marks(event.shard, event.game, event.reason, at);
  if (shard.max_games == 0) {
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

void Capacity::check_marks(const ShardId& id, const GameId& game, const std::string& reason,
                           const SimEnvelope& at) {
  const SimTime since = shards_[id].kept_since;
  if (reason != "order" && since != never &&
      at.time - since > limits_.by_node_clock(limits_.store_patience)) {
    violated(at.time, at.id,
             game.str() + " was given (" + reason + ") at " + in_words(at.time) + " to " +
                 id.str() + ", which an operator keeps from games since " + in_words(since));
  }
}

void Capacity::on_prepared(const HandoffPrepared& event, const SimEnvelope& at) {
  check_marks(event.to, event.game, event.reason, at);
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
