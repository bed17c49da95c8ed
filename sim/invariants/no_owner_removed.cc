#include "sim/invariants/no_owner_removed.h"

#include "sim/invariants/words.h"

namespace arbees::sim {

NoOwnerRemoved::NoOwnerRemoved(const Limits& limits, const FleetState& /*fleet*/)
    : Invariant(name, says), limits_(limits) {
  listen<&NoOwnerRemoved::on_term>();
  listen<&NoOwnerRemoved::on_joined>();
  listen<&NoOwnerRemoved::on_assigned>();
  listen<&NoOwnerRemoved::on_acknowledged>();
  listen<&NoOwnerRemoved::on_discovered>();
  listen<&NoOwnerRemoved::on_ended>();
  listen<&NoOwnerRemoved::on_fault>();
  listen<&NoOwnerRemoved::on_healed>();
  listen<&NoOwnerRemoved::on_shard_started>();
  listen<&NoOwnerRemoved::on_crashed>();
  listen<&NoOwnerRemoved::on_exited>();
  listen<&NoOwnerRemoved::on_fenced>();
  listen<&NoOwnerRemoved::on_unfenced>();
  listen<&NoOwnerRemoved::on_removed>();
  listen<&NoOwnerRemoved::on_sent>();
}

void NoOwnerRemoved::on_term(const TermTaken& event, const SimEnvelope& at) {
  terms_.insert_or_assign(std::string(at.node), event.term);
  if (event.known_games == 0) {
    forgetful_.emplace(at.node);
  } else {
    forgetful_.erase(std::string(at.node));
  }
}

Term NoOwnerRemoved::term_of(std::string_view node) const {
  const auto known = terms_.find(node);
  return known == terms_.end() ? Term{} : known->second;
}

void NoOwnerRemoved::on_joined(const ShardJoined& event, const SimEnvelope& /*at*/) {
  current_[event.shard] = event.boot;
}

void NoOwnerRemoved::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  if (!ended_.contains(event.game)) {
    owners_[event.game] = {
        .shard = event.shard, .boot = event.boot, .epoch = event.epoch, .term = term_of(at.node)};
  }
}

void NoOwnerRemoved::on_discovered(const GameDiscovered& event, const SimEnvelope& at) {
  ended_.erase(event.game);
  discovered_[std::string(at.node)].insert(event.game);
}

void NoOwnerRemoved::on_acknowledged(const GameAcknowledged& event, const SimEnvelope& at) {
  // A commit can be durable though its orchestrator ended before it heard so: the next one knows the owner from
  // the store, and nobody ever says that the game was assigned (C11).
  const auto owner = owners_.find(event.game);
  if (owner == owners_.end()) {
    return;
  }
  if (owner->second.epoch == event.epoch && owner->second.shard == event.shard) {
    owner->second.may_be_lost = false;
  } else if (owner->second.epoch < event.epoch) {
    owner->second = {
        .shard = event.shard, .boot = event.boot, .epoch = event.epoch, .term = term_of(at.node)};
  }
}

void NoOwnerRemoved::on_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  owners_.erase(event.game);
  ended_.insert(event.game);
}

void NoOwnerRemoved::on_fault(const FaultStarted& event, const SimEnvelope& /*at*/) {
  restored(event.fault);
}

/// Its orchestrator starts with the copy now.
void NoOwnerRemoved::on_healed(const FaultHealed& event, const SimEnvelope& /*at*/) {
  restored(event.fault);
}

void NoOwnerRemoved::restored(std::string_view fault) {
  if (fault == "store_restored") {
    for (auto& [game, owner] : owners_) {
      owner.may_be_lost = true;
    }
  }
}

void NoOwnerRemoved::on_shard_started(const ShardStarted& event, const SimEnvelope& /*at*/) {
  emits_nothing(event.shard);
}

void NoOwnerRemoved::on_crashed(const NodeCrashed& event, const SimEnvelope& /*at*/) {
  process_ended(event.node);
}

void NoOwnerRemoved::on_exited(const NodeExited& event, const SimEnvelope& /*at*/) {
  process_ended(event.node);
}

void NoOwnerRemoved::process_ended(const NodeName& node) {
  discovered_.erase(node.str());
  for (const FleetShard& shard : limits_.shards) {
    if (shard.node == node.str()) {
      emits_nothing(shard.shard);
    }
  }
}

void NoOwnerRemoved::emits_nothing(const ShardId& shard) {
  std::erase_if(unfenced_, [&](const auto& entry) { return entry.first == shard; });
}

void NoOwnerRemoved::on_fenced(const GameFenced& event, const SimEnvelope& /*at*/) {
  unfenced_.erase({event.shard, event.game});
}

void NoOwnerRemoved::on_unfenced(const GameUnfenced& event, const SimEnvelope& /*at*/) {
  unfenced_.emplace(event.shard, event.game);
}

void NoOwnerRemoved::on_removed(const GameRemoved& event, const SimEnvelope& /*at*/) {
  unfenced_.erase({event.shard, event.game});
}

bool NoOwnerRemoved::is_nobodys(const GameId& game, const Owner& owner,
                                std::string_view node) const {
  const auto live = discovered_.find(node);
  return forgetful_.contains(node) && owner.term < term_of(node) && live != discovered_.end() &&
         live->second.contains(game);
}

void NoOwnerRemoved::on_sent(const CommandSent& event, const SimEnvelope& at) {
  if (event.type != "remove_game") {
    return;
  }
  const auto owner = owners_.find(event.game);
  if (owner == owners_.end() || limits_.over(event.game, at.time)) {
    return;
  }
  checked();
  if (is_nobodys(event.game, owner->second, at.node)) {
    violated(at.time, at.id,
             event.game.str() + ": remove_game was sent at " + in_words(at.time) + " to " +
                 event.shard.str() + ", and by a store that knew no game nobody else has it");
    return;
  }
  if (owner->second.shard != event.shard || term_of(at.node) < owner->second.term) {
    return;
  }
  const auto current = current_.find(event.shard);
  if (current != current_.end() && current->second != owner->second.boot) {
    return;  // the owner is an earlier incarnation, which this command does not reach
  }
  if (owner->second.may_be_lost && !unfenced_.contains({event.shard, event.game})) {
    return;
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
