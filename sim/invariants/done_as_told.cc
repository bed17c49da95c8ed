#include "sim/invariants/done_as_told.h"

#include <algorithm>

#include "core/orchestrator/operator_order.h"
#include "sim/invariants/words.h"

namespace arbees::sim {

DoneAsTold::DoneAsTold(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&DoneAsTold::on_sent>();
  listen<&DoneAsTold::on_command_ended>();
  listen<&DoneAsTold::on_added>();
  listen<&DoneAsTold::on_removed>();
  listen<&DoneAsTold::on_refused>();
  listen<&DoneAsTold::on_assigned>();
  listen<&DoneAsTold::on_acknowledged>();
  listen<&DoneAsTold::on_prepared>();
  listen<&DoneAsTold::on_ready>();
  listen<&DoneAsTold::on_abandoned>();
  listen<&DoneAsTold::on_ended>();
  listen<&DoneAsTold::on_discovered>();
  listen_each<&DoneAsTold::on_fleet_event>(FleetEvents{});
}

// --- what was acknowledged --------------------------------------------------------------------

void DoneAsTold::on_sent(const CommandSent& event, const SimEnvelope& at) {
  commands_[{std::string(at.node), event.shard, event.seq}] = event.epoch;
}

void DoneAsTold::on_command_ended(const CommandEnded& event, const SimEnvelope& at) {
  const auto sent = commands_.extract({std::string(at.node), event.shard, event.seq});
  if (sent.empty() || event.how != "acknowledged" || !is_judged(event.shard)) {
    return;
  }
  checked();
  const Epoch epoch = sent.mapped();
  const auto node = std::ranges::find(limits_.shards, event.shard, &FleetShard::shard);
  const auto run = running_.find({event.game, node->node});
  const auto had = had_.find({event.shard, event.game});
  const bool taken = had != had_.end() && had->second >= epoch;
  const bool gone = run == running_.end() || run->second.epoch > epoch;
  if ((event.type == "add_game" && !taken) || (event.type == "remove_game" && !gone)) {
    violated(at.time, at.id,
             "command " + std::to_string(event.seq.value()) + " (" + event.type + " " +
                 event.game.str() + ", epoch " + std::to_string(epoch.value()) +
                 ") counts as acknowledged at " + in_words(at.time) + ", but " + event.shard.str() +
                 (taken ? " runs the game" : " has never had the game"));
  }
}

bool DoneAsTold::is_judged(const ShardId& shard) const {
  return std::ranges::count_if(limits_.shards, [&](const FleetShard& process) {
           return process.shard == shard && !process.old_wire;
         }) == 1;
}

// --- what is run ------------------------------------------------------------------------------

void DoneAsTold::on_added(const GameAdded& event, const SimEnvelope& at) {
  const Running key{event.game, std::string(at.node)};
  Run& run = running_[key];
  run = {.shard = event.shard, .epoch = event.epoch, .event = at.id};
  Epoch& had = had_[{event.shard, event.game}];
  had = std::max(had, event.epoch);
  look_at(key, run, at);
  if (const auto ends = limits_.game_ends.find(event.game); ends != limits_.game_ends.end()) {
    wake_after(std::max(ends->second, at.time));
  }
}

void DoneAsTold::on_removed(const GameRemoved& event, const SimEnvelope& at) {
  running_.erase({event.game, std::string(at.node)});
}

void DoneAsTold::on_refused(const GameRefused& event, const SimEnvelope& /*at*/) {
  Epoch& had = had_[{event.shard, event.game}];
  had = std::max(had, event.epoch);
}

void DoneAsTold::on_fleet_event(const SimEnvelope& at) {
  const auto* asked = at.event.get_if<OperatorAsked>();
  if (asked != nullptr && asked->verb == to_string(Verb::move)) {
    return;  // What comes of it shows; who is refused asks again every second.
  }
  disturbed_ = at.time;
  const auto ended = [this](const NodeName& node) {
    std::erase_if(running_, [&](const auto& entry) { return entry.first.second == node.str(); });
  };
  if (const auto* fault = at.event.get_if<FaultStarted>();
      fault != nullptr && fault->fault == "store_restored") {
    for (auto& [game, owner] : owners_) {
      owner.epoch = {};  // The copy may know an earlier owner, who is the owner then.
    }
  } else if (const auto* started = at.event.get_if<NodeStarted>()) {
    ended(started->node);
  } else if (const auto* crashed = at.event.get_if<NodeCrashed>()) {
    ended(crashed->node);
  } else if (const auto* exited = at.event.get_if<NodeExited>()) {
    ended(exited->node);
  }
  wake_after(disturbed_ + limits_.by_node_clock(limits_.tidied));
}

// --- whose it is ------------------------------------------------------------------------------

void DoneAsTold::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  own(event.game, event.shard, event.epoch, at);
}

void DoneAsTold::on_acknowledged(const GameAcknowledged& event, const SimEnvelope& at) {
  own(event.game, event.shard, event.epoch,
      at);  // Its commit may have been the last word of another process.
}

void DoneAsTold::own(const GameId& game, const ShardId& shard, Epoch epoch, const SimEnvelope& at) {
  Owner& owner = owners_[game];
  if (owner.shard.empty() || owner.epoch <= epoch) {
    owner = {.shard = shard, .epoch = epoch, .successor = {}};
    look_at(game, at);
  }
}

void DoneAsTold::on_prepared(const HandoffPrepared& event, const SimEnvelope& at) {
  owners_[event.game].successor = event.to;
  look_at(event.game, at);
}

void DoneAsTold::on_ready(const HandoffReady& event, const SimEnvelope& at) {
  const auto from = std::ranges::find(limits_.shards, event.from, &FleetShard::shard);
  const bool whole =
      from != limits_.shards.end() && reachable(from->node) &&
      at.time - fleet_.link_clear_since(from->node) > limits_.by_node_clock(limits_.tidied);
  if (!whole || !is_judged(event.from) || !is_judged(event.to)) {
    return;
  }
  checked();
  const auto had = had_.find({event.to, event.game});
  if (had == had_.end() || had->second < event.epoch) {
    violated(at.time, at.id,
             event.game.str() + " is to leave " + event.from.str() + " at " + in_words(at.time) +
                 ", but " + event.to.str() + " has not taken it with epoch " +
                 std::to_string(event.epoch.value()));
  }
}

void DoneAsTold::on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at) {
  owners_[event.game].successor = {};
  look_at(event.game, at);
}

void DoneAsTold::on_ended(const GameEnded& event, const SimEnvelope& at) {
  if (auto owner = owners_.extract(event.game)) {
    over_[event.game] = owner.mapped();
  }
  look_at(event.game, at);
}

/// One that goes on before it was dropped stays with its owner.
void DoneAsTold::on_discovered(const GameDiscovered& event, const SimEnvelope& at) {
  if (const auto over = over_.extract(event.game)) {
    owners_.try_emplace(event.game, over.mapped());
    look_at(event.game, at);
  }
}

void DoneAsTold::look_at(const GameId& game, const SimEnvelope& at) {
  for (auto run = running_.lower_bound({game, {}});
       run != running_.end() && run->first.first == game; ++run) {
    look_at(run->first, run->second, at);
  }
}

void DoneAsTold::look_at(const Running& key, Run& run, const SimEnvelope& at) {
  const auto owner = owners_.find(key.first);
  const bool own = owner != owners_.end() && !limits_.over(key.first, at.time) &&
                   (owner->second.shard == run.shard || owner->second.successor == run.shard);
  if (own) {
    run.stray_since = never;
    run.reported = false;
  } else if (run.stray_since == never) {
    run.stray_since = at.time;
    run.event = at.id;
    wake_after(at.time + limits_.by_node_clock(limits_.tidied));
  }
}

bool DoneAsTold::reachable(const std::string& node) const {
  return fleet_.link_clear(node) && fleet_.links_ready(node);
}

void DoneAsTold::expired(SimTime moment) {
  const Duration bound = limits_.by_node_clock(limits_.tidied);
  const bool told =
      fleet_.healed() &&
      std::ranges::any_of(limits_.orchestrators, [&](const auto& node) { return reachable(node); });
  for (auto& [key, run] : running_) {
    if (run.stray_since == never && limits_.over(key.first, moment)) {
      run.stray_since = moment;  // An orchestrator that has forgotten it says nothing.
    }
    if (run.stray_since == never || run.reported) {
      continue;
    }
    const SimTime due = std::max(run.stray_since, disturbed_) + bound;
    if (due > moment) {
      wake_after(due);
    } else if (told && reachable(key.second)) {
      checked();
      run.reported = true;
      violated(moment, run.event,
               key.second + " runs " + key.first.str() + " at " + in_words(moment) +
                   ", which is not its own since " + in_words(run.stray_since) +
                   "; nothing happened to the fleet since " + in_words(disturbed_));
    }
  }
}

}  // namespace arbees::sim
