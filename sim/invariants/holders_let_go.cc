#include "sim/invariants/holders_let_go.h"

#include <algorithm>

#include "sim/invariants/mode_names.h"
#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

/// More heartbeats than are on their way at once.
constexpr std::size_t said_max = 32;

}  // namespace

HoldersLetGo::HoldersLetGo(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&HoldersLetGo::on_term>();
  listen<&HoldersLetGo::on_mode_left>();
  listen<&HoldersLetGo::on_rolled_back>();
  listen<&HoldersLetGo::on_assigned>();
  listen<&HoldersLetGo::on_game_ended>();
  listen<&HoldersLetGo::on_released>();
  listen<&HoldersLetGo::on_grant_sent>();
  listen<&HoldersLetGo::on_grant_received>();
  listen<&HoldersLetGo::on_sent>();
  listen<&HoldersLetGo::on_heard>();
  listen<&HoldersLetGo::on_fenced>();
  listen<&HoldersLetGo::on_unfenced>();
  listen<&HoldersLetGo::on_removed>();
  listen<&HoldersLetGo::on_shard_started>();
  listen<&HoldersLetGo::on_joined>();
  listen<&HoldersLetGo::on_died>();
  listen<&HoldersLetGo::on_left>();
  listen<&HoldersLetGo::on_deaf>();
  listen_each<&HoldersLetGo::on_fleet_event>(FleetEvents{});
}

// --- who has what -----------------------------------------------------------------------------

/// Its first grants may wait until everybody was heard (4.5).
void HoldersLetGo::on_term(const TermTaken& event, const SimEnvelope& at) {
  forget_office();
  forget_unnamed();
  term_ = event.term;
  warms_up_ = true;
  listens_until_ = at.time + limits_.by_node_clock(limits_.heartbeat + limits_.reconnect);
}

/// It is while it sees that it listens.
void HoldersLetGo::on_mode_left(const ModeLeft& event, const SimEnvelope& at) {
  if (event.mode == warm_up_mode) {
    warms_up_ = false;
  } else if (event.mode == blind_mode && warms_up_) {
    listens_until_ = at.time + limits_.by_node_clock(limits_.heartbeat + limits_.reconnect);
  }
}

/// A new term begins in the same process, and nobody knows what the lost one granted.
void HoldersLetGo::on_rolled_back(const StoreRolledBack& /*event*/, const SimEnvelope& /*at*/) {
  trusted_ = false;
  waiting_.clear();
}

void HoldersLetGo::forget_office() {
  waiting_.clear();
  for (auto& [id, shard] : shards_) {
    shard.granted = {};
  }
  for (auto& [game, holders] : holders_) {
    for (auto& [id, holder] : holders) {
      holder.granted = {};
    }
  }
}

/// Of a game that was nobody's when it was given the store does not say who had it before: any shard may have.
void HoldersLetGo::forget_unnamed() {
  for (auto& [game, holders] : holders_) {
    const auto owner = owners_.find(game);
    if (owner != owners_.end() && owner->second.of_nobody) {
      for (auto& [id, holder] : holders) {
        holder.known = false;
      }
    }
  }
}

/// Nobody knows what an earlier process of it was granted, until that is over.
bool HoldersLetGo::is_only_process(const ShardId& shard, SimTime now) const {
  const auto process = processes_.find(shard);
  return process == processes_.end() || process->second.starts <= 1 ||
         process->second.started + limits_.by_node_clock(limits_.farewell_out) + limits_.lease_out <
             now;
}

void HoldersLetGo::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  waiting_.erase(event.game);
  const auto before = owners_.find(event.game);
  if (before != owners_.end() && before->second.shard != event.shard) {
    const ShardId& previous = before->second.shard;
    holders_[event.game].insert_or_assign(
        previous,
        Holder{.granted = shards_[previous].granted, .known = is_only_process(previous, at.time)});
    held_[previous].insert(event.game);
  }
  if (const auto holders = holders_.find(event.game); holders != holders_.end()) {
    holders->second.erase(event.shard);
    held_[event.shard].erase(event.game);
  }
  owners_.insert_or_assign(
      event.game,
      Owner{.shard = event.shard, .boot = event.boot, .of_nobody = event.previous.empty()});
}

void HoldersLetGo::on_game_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  waiting_.erase(event.game);
  if (const auto owner = owners_.find(event.game); owner != owners_.end()) {
    owner->second.ended = true;
  }
}

void HoldersLetGo::on_released(const GameReleased& event, const SimEnvelope& /*at*/) {
  if (const auto holders = holders_.find(event.game); holders != holders_.end()) {
    holders->second.erase(event.shard);
    held_[event.shard].erase(event.game);
  }
}

/// A process that ends leaves its lease behind.
void HoldersLetGo::on_shard_started(const ShardStarted& event, const SimEnvelope& at) {
  Process& process = processes_[event.shard];
  ++process.starts;
  process.started = at.time;
  shards_.erase(event.shard);
  for (const GameId& game : held_[event.shard]) {
    holders_[game][event.shard].known = false;
  }
}

// --- what shards say --------------------------------------------------------------------------

void HoldersLetGo::on_grant_received(const GrantReceived& event, const SimEnvelope& /*at*/) {
  Shard& shard = shards_[event.shard];
  shard.lease_over = false;
  if (shard.follows != event.term) {
    shard.follows = event.term;
    shard.follows_from = {};
  }
}

void HoldersLetGo::on_fenced(const GameFenced& event, const SimEnvelope& /*at*/) {
  Shard& shard = shards_[event.shard];
  shard.fenced.insert(event.game);
  shard.lease_over = shard.lease_over || event.why == "lease_over";
}

void HoldersLetGo::on_unfenced(const GameUnfenced& event, const SimEnvelope& /*at*/) {
  shards_[event.shard].fenced.erase(event.game);
}

void HoldersLetGo::on_removed(const GameRemoved& event, const SimEnvelope& /*at*/) {
  shards_[event.shard].fenced.erase(event.game);
}

void HoldersLetGo::on_sent(const HeartbeatSent& event, const SimEnvelope& at) {
  Shard& shard = shards_[event.shard];
  if (shard.follows_from.none() && !shard.follows.none()) {
    shard.follows_from = event.hb_seq;
  }
  if (shard.lease_over && !shard.fenced.empty()) {
    // It gives up what it may not have got: grants for heartbeats that are older than an interval (C4).
    const SimTime old = at.time - limits_.by_node_clock(limits_.heartbeat);
    HeartbeatSeq upto;
    for (const SentBeat& beat : shard.beats) {
      upto = beat.at < old ? beat.hb_seq : upto;
    }
    shard.given_up.insert_or_assign(event.hb_seq, std::pair(upto, shard.fenced));
    if (shard.given_up.size() > said_max) {
      shard.given_up.erase(shard.given_up.begin());
    }
  }
  shard.beats.push_back({event.hb_seq, at.time});
  if (shard.beats.size() > said_max) {
    shard.beats.pop_front();
  }
}

bool HoldersLetGo::lets_go(const Shard& shard, const Holder& holder, const GameId& game,
                           HeartbeatSeq heard) const {
  const bool follows = shard.follows == term_ && !shard.follows_from.none() &&
                       shard.follows_from <= heard && holder.granted.none();
  const auto said = shard.given_up.find(heard);
  const bool gave_up = said != shard.given_up.end() && !said->second.first.none() &&
                       holder.granted <= said->second.first && said->second.second.contains(game);
  return follows || gave_up;
}

bool HoldersLetGo::is_judged(const ShardId& shard) const {
  const auto process = std::ranges::find(limits_.shards, shard, &FleetShard::shard);
  return process != limits_.shards.end() && !process->old_wire &&
         std::ranges::count(limits_.shards, shard, &FleetShard::shard) == 1;
}

void HoldersLetGo::on_heard(const HeartbeatHeard& event, const SimEnvelope& at) {
  const auto held = held_.find(event.shard);
  if (held == held_.end() || held->second.empty() || !trusted_ || term_.none() ||
      limits_.orchestrators.size() != 1 || !fleet_.stores_work() || !is_judged(event.shard)) {
    return;
  }
  const Shard& shard = shards_[event.shard];
  for (const GameId& game : held->second) {
    const auto& holders = holders_[game];
    const Holder& holder = holders.at(event.shard);
    const auto owner = owners_.find(game);
    const bool alone = holders.size() == 1 && holder.known && owner != owners_.end() &&
                       !owner->second.ended && is_judged(owner->second.shard) &&
                       !limits_.over(game, at.time);
    if (alone && !waiting_.contains(game) && lets_go(shard, holder, game, event.hb_seq)) {
      const Duration decided = limits_.by_node_clock(limits_.store_patience) + seconds{1};
      waiting_.emplace(game,
                       Waiting{event.shard, std::max(at.time, listens_until_) + decided, at.id});
    }
  }
}

// --- judging ----------------------------------------------------------------------------------

void HoldersLetGo::on_grant_sent(const GrantSent& event, const SimEnvelope& at) {
  Shard& shard = shards_[event.shard];
  shard.granted = std::max(shard.granted, event.hb_seq);
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const auto wait = next++;
    const auto& [game, waiting] = *wait;
    const Owner& owner = owners_[game];
    if (owner.shard != event.shard) {
      continue;
    }
    const bool named = std::ranges::binary_search(event.games, game);
    if (!named && at.time < waiting.due) {
      continue;
    }
    if (named || owner.boot == event.boot) {
      checked();
    }
    if (!named && owner.boot == event.boot && !limits_.over(game, at.time)) {
      violated(at.time, waiting.event,
               owner.shard.str() + " is not granted " + game.str() + " at " + in_words(at.time) +
                   ", although " + waiting.holder.str() +
                   ", which had it before, has said that it cannot emit for it");
    }
    waiting_.erase(wait);
  }
}

void HoldersLetGo::forget_waits_of(const ShardId& owner) {
  std::erase_if(waiting_, [&](const auto& entry) { return owners_[entry.first].shard == owner; });
}

void HoldersLetGo::on_joined(const ShardJoined& event, const SimEnvelope& /*at*/) {
  forget_waits_of(event.shard);
}

void HoldersLetGo::on_died(const ShardDied& event, const SimEnvelope& /*at*/) {
  forget_waits_of(event.shard);
}

void HoldersLetGo::on_left(const ShardLeft& event, const SimEnvelope& /*at*/) {
  forget_waits_of(event.shard);
}

void HoldersLetGo::on_deaf(const ShardDeaf& event, const SimEnvelope& /*at*/) {
  forget_waits_of(event.shard);
}

void HoldersLetGo::on_fleet_event(const SimEnvelope& at) {
  const auto* began = at.event.get_if<FaultStarted>();
  if (began != nullptr && FleetState::is_of_disk(began->fault)) {
    waiting_.clear();
  }
  if (began != nullptr &&
      (began->fault == "store_restored" || began->fault == "hostile_messages")) {
    trusted_ = false;  // What was granted is known to nobody, or by whom it was said.
    waiting_.clear();
  }
}

}  // namespace arbees::sim
