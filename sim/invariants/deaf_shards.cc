#include "sim/invariants/deaf_shards.h"

#include <algorithm>
#include <utility>

#include "sim/invariants/mode_names.h"
#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

/// A beat that is heard later than so many others does not count any more.
constexpr std::size_t beats_kept = 64;

/// What keeps an orchestrator from hearing, or makes another one of it. A mode does so only if it is BLIND.
using Unseeing = EventList<StallNoticed, TermTaken, StoreRolledBack, arbees::redis::LinkReady,
                           arbees::redis::LinkLost>;

}  // namespace

DeafShards::DeafShards(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&DeafShards::on_shard_started>();
  listen<&DeafShards::on_beat>();
  listen<&DeafShards::on_received>();
  listen<&DeafShards::on_fenced>();
  listen<&DeafShards::on_unfenced>();
  listen<&DeafShards::on_removed>();
  listen<&DeafShards::on_granted>();
  listen<&DeafShards::on_heard>();
  listen<&DeafShards::on_deaf>();
  listen<&DeafShards::on_assigned>();
  listen<&DeafShards::on_released>();
  listen<&DeafShards::on_game_ended>();
  listen<&DeafShards::on_joined>();
  listen<&DeafShards::on_died>();
  listen<&DeafShards::on_left>();
  listen<&DeafShards::on_mode_entered>();
  listen<&DeafShards::on_mode_left>();
  listen_each<&DeafShards::on_unseeing>(Unseeing{});
  listen_each<&DeafShards::on_fleet_event>(FleetEvents{});
}

// --- what shards say --------------------------------------------------------------------------

void DeafShards::on_shard_started(const ShardStarted& event, const SimEnvelope& at) {
  processes_.put(at.node, {.shard = event.shard, .last_grant = {}, .beats = {}, .fenced = {}});
}

void DeafShards::on_beat(const HeartbeatSent& event, const SimEnvelope& at) {
  if (Process* process = processes_.find(at.node)) {
    Process& sender = *process;
    sender.beats.push_back(
        {.hb_seq = event.hb_seq, .sent = at.time, .last_grant = sender.last_grant});
    if (sender.beats.size() > beats_kept) {
      sender.beats.pop_front();
    }
  }
}

void DeafShards::on_received(const GrantReceived& event, const SimEnvelope& at) {
  if (Process* process = processes_.find(at.node)) {
    process->last_grant = event.hb_seq;
    process->granted = at.time;
  }
}

void DeafShards::on_fenced(const GameFenced& event, const SimEnvelope& at) {
  if (Process* process = processes_.find(at.node)) {
    process->fenced.insert(event.game);
  }
}

void DeafShards::on_unfenced(const GameUnfenced& event, const SimEnvelope& at) {
  if (Process* process = processes_.find(at.node)) {
    process->fenced.erase(event.game);
  }
}

void DeafShards::on_removed(const GameRemoved& event, const SimEnvelope& at) {
  if (Process* process = processes_.find(at.node)) {
    process->fenced.erase(event.game);
  }
}

/// None if there are two of that name.
DeafShards::Process* DeafShards::process_of(const ShardId& shard) {
  const auto& processes = processes_.of(shard);
  return processes.size() == 1 ? &processes.front()->second : nullptr;
}

// --- what the orchestrator makes of it ----------------------------------------------------------

void DeafShards::on_joined(const ShardJoined& event, const SimEnvelope& /*at*/) {
  Judged joined;
  joined.boot = event.boot;
  shards_[event.shard] = std::move(joined);
}

void DeafShards::on_died(const ShardDied& event, const SimEnvelope& /*at*/) {
  shards_.erase(event.shard);
}

void DeafShards::on_left(const ShardLeft& event, const SimEnvelope& /*at*/) {
  shards_.erase(event.shard);
}

void DeafShards::on_granted(const GrantSent& event, const SimEnvelope& at) {
  const auto judged = shards_.find(event.shard);
  if (judged != shards_.end() && judged->second.boot == event.boot && !blind_.contains(at.node)) {
    judged->second.unconfirmed.push_back({.hb_seq = event.hb_seq, .sent = at.time});
  }
}

void DeafShards::on_heard(const HeartbeatHeard& event, const SimEnvelope& at) {
  const auto judged = shards_.find(event.shard);
  Process* process = process_of(event.shard);
  if (judged == shards_.end() || judged->second.boot != event.boot || process == nullptr) {
    return;
  }
  const auto beat = std::ranges::find(process->beats, event.hb_seq, &Beat::hb_seq);
  if (beat != process->beats.end()) {
    judge_deafness(judged->second, *beat, at);
    judge_taken(judged->second, *process, *beat, at);
  }
}

void DeafShards::judge_deafness(Judged& judged, const Beat& beat, const SimEnvelope& at) {
  bool confirmed = false;
  while (!judged.unconfirmed.empty() && judged.unconfirmed.front().hb_seq <= beat.last_grant) {
    judged.unconfirmed.pop_front();
    confirmed = true;
  }
  const Duration longest = limits_.by_node_clock(limits_.lease_out);
  const Duration shortest = limits_.lease_out - (longest - limits_.lease_out);
  const Duration unanswered =
      judged.unconfirmed.empty() ? Duration{} : at.time - judged.unconfirmed.front().sent;
  // Who confirms one grant of many stays deaf, and is not called so again, while the next one is too old as well.
  judged.deaf = judged.deaf && (!confirmed || unanswered > shortest);
  const bool overdue = limits_.lease_out > Duration{} && unanswered > longest;
  if (overdue && !judged.deaf) {
    judged.must_be_deaf = at.time;
    judged.beat = at.id;
    wake_after(at.time);
  }
}

void DeafShards::judge_taken(Judged& judged, const Process& process, const Beat& beat,
                             const SimEnvelope& at) {
  const Duration interval = limits_.by_node_clock(limits_.heartbeat);
  for (const auto& [game, since] : judged.taken) {
    if (process.granted < since && process.fenced.contains(game) && beat.sent > since + interval) {
      judged.must_be_free.insert(game);
      judged.free_at = at.time;
      judged.beat = at.id;
      wake_after(at.time);
    }
  }
}

void DeafShards::on_deaf(const ShardDeaf& event, const SimEnvelope& /*at*/) {
  if (const auto judged = shards_.find(event.shard); judged != shards_.end()) {
    judged->second.deaf = true;
    judged->second.must_be_deaf.reset();
    checked();
  }
}

void DeafShards::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  for (auto& [shard, judged] : shards_) {
    judged.taken.erase(event.game);
  }
  if (const auto judged = shards_.find(event.previous);
      event.reason == "deaf" && judged != shards_.end()) {
    judged->second.taken[event.game] = at.time;
  }
}

void DeafShards::on_released(const GameReleased& event, const SimEnvelope& /*at*/) {
  const auto judged = shards_.find(event.shard);
  if (judged != shards_.end() && judged->second.taken.erase(event.game) > 0) {
    judged->second.must_be_free.erase(event.game);
    checked();
  }
}

void DeafShards::on_game_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  for (auto& [shard, judged] : shards_) {
    judged.taken.erase(event.game);
    judged.must_be_free.erase(event.game);
  }
}

void DeafShards::on_mode_entered(const ModeEntered& event, const SimEnvelope& at) {
  if (event.mode == blind_mode) {
    blind_.emplace(at.node);
    on_unseeing(at);
  }
}

void DeafShards::on_mode_left(const ModeLeft& event, const SimEnvelope& at) {
  if (event.mode == blind_mode) {
    blind_.erase(std::string(at.node));
    on_unseeing(at);
  }
}

/// What was granted before could not be confirmed, or is another orchestrator's.
void DeafShards::on_unseeing(const SimEnvelope& at) {
  if (fleet_.is_orchestrator(at.node)) {
    for (auto& [shard, judged] : shards_) {
      judged.unconfirmed.clear();
    }
  }
}

void DeafShards::on_fleet_event(const SimEnvelope& at) {
  const auto ended = [this](const NodeName& node) {
    processes_.erase(node.str());
    if (fleet_.is_orchestrator(node.str())) {
      shards_.clear();
      blind_.erase(node.str());
    }
  };
  if (const auto* crashed = at.event.get_if<NodeCrashed>()) {
    ended(crashed->node);
  } else if (const auto* exited = at.event.get_if<NodeExited>()) {
    ended(exited->node);
  } else if (const auto* thawed = at.event.get_if<NodeThawed>();
             thawed != nullptr && fleet_.is_orchestrator(thawed->node.str())) {
    for (auto& [shard, judged] : shards_) {
      judged.unconfirmed.clear();
    }
  }
}

void DeafShards::expired(SimTime moment) {
  for (auto& [shard, judged] : shards_) {
    if (judged.must_be_deaf) {
      checked();
      violated(moment, judged.beat,
               shard.str() + " was heard at " + in_words(moment) +
                   " and has confirmed no grant since " +
                   in_words(judged.unconfirmed.empty() ? moment : judged.unconfirmed.front().sent) +
                   ", but is not called deaf");
      judged.must_be_deaf.reset();
      judged.deaf = true;  // once
    }
    for (const GameId& game : judged.must_be_free) {
      checked();
      violated(moment, judged.beat,
               game.str() + " was taken from " + shard.str() + ", which is deaf, at " +
                   in_words(judged.taken.at(game)) + "; its beat at " + in_words(moment) +
                   " did not free it");
      judged.taken.erase(game);
    }
    judged.must_be_free.clear();
  }
}

}  // namespace arbees::sim
