#include "sim/invariants/room_is_given.h"

#include <algorithm>

#include "sim/invariants/words.h"

namespace arbees::sim {

RoomIsGiven::RoomIsGiven(const Limits& limits, const FleetState& /*fleet*/)
    : Invariant(name, says), limits_(limits) {
  listen<&RoomIsGiven::on_started>();
  listen<&RoomIsGiven::on_joined>();
  listen<&RoomIsGiven::on_heard>();
  listen<&RoomIsGiven::on_status>();
  listen<&RoomIsGiven::on_left>();
  listen<&RoomIsGiven::on_deaf>();
  listen<&RoomIsGiven::on_opened>();
  listen<&RoomIsGiven::on_closed>();
  listen<&RoomIsGiven::on_marked>();
  listen<&RoomIsGiven::on_command_ended>();
  listen<&RoomIsGiven::on_abandoned>();
  listen<&RoomIsGiven::on_discovered>();
  listen<&RoomIsGiven::on_assigned>();
  listen<&RoomIsGiven::on_unplaced>();
}

RoomIsGiven::Shard& RoomIsGiven::shard_of(const ShardId& id, const SimEnvelope& at) {
  return offices_[std::string(at.node)][id];
}

/// A new process knows the marks that its predecessor wrote down, perhaps not the last one.
void RoomIsGiven::on_started(const OrchestratorStarted& /*event*/, const SimEnvelope& at) {
  offices_[std::string(at.node)].clear();
  marked_ = ever_marked_;
}

void RoomIsGiven::on_joined(const ShardJoined& event, const SimEnvelope& at) {
  Shard& shard = shard_of(event.shard, at);
  shard.max_games = event.max_games;
  shard.leased = event.leased;
  shard.excluded = false;
}

void RoomIsGiven::on_heard(const HeartbeatHeard& event, const SimEnvelope& at) {
  shard_of(event.shard, at).heard = true;
}

void RoomIsGiven::on_status(const StatusChanged& event, const SimEnvelope& at) {
  if (event.to == "dead" || event.from == "dead") {
    shard_of(event.shard, at).excluded = event.to == "dead";
  }
}

void RoomIsGiven::on_left(const ShardLeft& event, const SimEnvelope& at) {
  shard_of(event.shard, at).excluded = true;
}

/// That it hears again is no event; another process of it is.
void RoomIsGiven::on_deaf(const ShardDeaf& event, const SimEnvelope& at) {
  shard_of(event.shard, at).heard = false;
  shard_of(event.shard, at).excluded = true;
}

void RoomIsGiven::on_opened(const BreakerOpened& event, const SimEnvelope& at) {
  shard_of(event.shard, at).breaker_closed = false;
}

void RoomIsGiven::on_closed(const BreakerClosed& event, const SimEnvelope& at) {
  shard_of(event.shard, at).breaker_closed = true;
}

void RoomIsGiven::on_marked(const ShardMarked& event, const SimEnvelope& /*at*/) {
  if (FleetState::gets_games(event)) {
    marked_.erase(event.shard);
  } else {
    marked_.insert(event.shard);
    ever_marked_.insert(event.shard);
  }
}

void RoomIsGiven::on_command_ended(const CommandEnded& event, const SimEnvelope& /*at*/) {
  if (event.type == "add_game" && event.how != "acknowledged") {
    refused_.emplace(event.shard, event.game);
  }
}

void RoomIsGiven::on_abandoned(const HandoffAbandoned& event, const SimEnvelope& /*at*/) {
  refused_.emplace(event.to, event.game);
}

void RoomIsGiven::on_discovered(const GameDiscovered& event, const SimEnvelope& /*at*/) {
  games_.insert(event.game);
}

void RoomIsGiven::on_assigned(const GameAssigned& event, const SimEnvelope& /*at*/) {
  games_.insert(event.game);
  owners_.insert_or_assign(event.game, event.shard);
}

bool RoomIsGiven::may_be_given(const ShardId& id, const Shard& shard, const GameId& game) const {
  const auto processes = std::ranges::count(limits_.shards, id, &FleetShard::shard);
  const auto owner = owners_.find(game);
  return processes == 1 && shard.heard && shard.leased && !shard.excluded && shard.breaker_closed &&
         !marked_.contains(id) && !refused_.contains({id, game}) &&
         (owner == owners_.end() || owner->second != id) && shard.max_games >= 2 * games_.size();
}

void RoomIsGiven::on_unplaced(const GameUnplaced& event, const SimEnvelope& at) {
  checked();
  for (const auto& [id, shard] : offices_[std::string(at.node)]) {
    if (may_be_given(id, shard, event.game)) {
      violated(at.time, at.id,
               event.game.str() + " has no place at " + in_words(at.time) + " (" + event.reason +
                   "), but " + id.str() + " is there, takes " + std::to_string(shard.max_games) +
                   " games, and nothing excludes it");
      return;
    }
  }
}

}  // namespace arbees::sim
