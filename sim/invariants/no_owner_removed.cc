#include "sim/invariants/no_owner_removed.h"

#include "sim/invariants/words.h"

namespace arbees::sim {

NoOwnerRemoved::NoOwnerRemoved(const Limits& /*limits*/, const FleetState& /*fleet*/)
    : Invariant(name, says) {
  listen<&NoOwnerRemoved::on_joined>();
  listen<&NoOwnerRemoved::on_assigned>();
  listen<&NoOwnerRemoved::on_acknowledged>();
  listen<&NoOwnerRemoved::on_discovered>();
  listen<&NoOwnerRemoved::on_ended>();
  listen<&NoOwnerRemoved::on_over>();
  listen<&NoOwnerRemoved::on_sent>();
}

void NoOwnerRemoved::on_joined(const ShardJoined& event, const SimEnvelope& /*at*/) {
  current_[event.shard] = event.boot;
}

void NoOwnerRemoved::on_assigned(const GameAssigned& event, const SimEnvelope& /*at*/) {
  if (!ended_.contains(event.game)) {
    owners_[event.game] = {.shard = event.shard, .boot = event.boot, .epoch = event.epoch};
  }
}

void NoOwnerRemoved::on_discovered(const GameDiscovered& event, const SimEnvelope& /*at*/) {
  ended_.erase(event.game);
}

void NoOwnerRemoved::on_acknowledged(const GameAcknowledged& event, const SimEnvelope& /*at*/) {
  // A commit can be durable though its orchestrator ended before it heard so: the next one knows the owner from
  // the store, and nobody ever says that the game was assigned (C11).
  const auto owner = owners_.find(event.game);
  if (owner != owners_.end() && owner->second.epoch < event.epoch) {
    owner->second = {.shard = event.shard, .boot = event.boot, .epoch = event.epoch};
  }
}

void NoOwnerRemoved::on_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  owners_.erase(event.game);
  ended_.insert(event.game);
}

/// It may have ended while no orchestrator was there, and the store of the next one may not know of it.
void NoOwnerRemoved::on_over(const GameOver& event, const SimEnvelope& /*at*/) {
  owners_.erase(event.game);
  ended_.insert(event.game);
}

void NoOwnerRemoved::on_sent(const CommandSent& event, const SimEnvelope& at) {
  if (event.type != "remove_game") {
    return;
  }
  const auto owner = owners_.find(event.game);
  if (owner == owners_.end()) {
    return;
  }
  checked();
  if (owner->second.shard != event.shard) {
    return;
  }
  const auto current = current_.find(event.shard);
  if (current != current_.end() && current->second != owner->second.boot) {
    return;  // the owner is an earlier incarnation, which this command does not reach
  }
  violated(at.time, at.id,
           event.game.str() + ": remove_game (command " + std::to_string(event.seq.value()) +
               ", attempt " + std::to_string(event.attempt) + ", epoch " +
               std::to_string(event.epoch.value()) + ") was sent at " + in_words(at.time) + " to " +
               in_words(event.shard, owner->second.boot) +
               ", which is its committed owner with epoch " +
               std::to_string(owner->second.epoch.value()));
}

}  // namespace arbees::sim
