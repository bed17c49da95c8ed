#include "sim/invariants/resynced.h"

#include <algorithm>
#include <utility>

#include "core/redis/events.h"
#include "sim/invariants/mode_names.h"
#include "sim/invariants/words.h"

namespace arbees::sim {

Resynced::Resynced(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&Resynced::on_joined>();
  listen<&Resynced::on_restarted>();
  listen<&Resynced::on_assigned>();
  listen<&Resynced::on_acknowledged>();
  listen<&Resynced::on_ended>();
  listen<&Resynced::on_unplaced>();
  listen<&Resynced::on_term>();
  listen<&Resynced::on_rolled_back>();
  listen<&Resynced::on_stepped_down>();
  listen<&Resynced::on_store_failed>();
  listen<&Resynced::on_heard>();
  listen<&Resynced::on_died>();
  listen<&Resynced::on_left>();
  listen<&Resynced::on_mode_entered>();
  listen<&Resynced::on_mode_left>();
  listen<&Resynced::on_fault>();
  listen<&Resynced::on_healed>();
  listen_each<&Resynced::on_links>(FleetEvents{});
  listen_each<&Resynced::on_links>(EventList<arbees::redis::LinkReady, arbees::redis::LinkLost>{});
}

void Resynced::on_joined(const ShardJoined& event, const SimEnvelope& at) {
  note_met(event.boot, at);
  const auto open = waits_.find(event.shard);
  const bool again = open != waits_.end() && !event.boot.none() && open->second.boot == event.boot;
  if (!again) {
    begin(event.shard, event.boot, at);
  }
  // What it has no room for is moved, not acknowledged.
  if (const auto wait = waits_.find(event.shard);
      wait != waits_.end() && wait->second.missing.size() > event.max_games) {
    waits_.erase(wait);
  }
}

/// One that an earlier term has met already, and its successor takes for new: that term ended before it had written that down, and may have
/// decided more.
void Resynced::note_met(Boot boot, const SimEnvelope& at) {
  if (boot.none()) {
    return;  // The existing system's processes say nothing of themselves that could be compared.
  }
  const auto [met, first] = met_in_.try_emplace(boot, term_);
  if (!first && met->second != term_) {
    met->second = term_;
    doubt(std::max(limits_.lease_out, limits_.farewell_out), at.time);
  }
}

void Resynced::on_restarted(const ShardRestarted& event, const SimEnvelope& at) {
  const auto open = waits_.find(event.shard);
  const bool again = open != waits_.end() && !event.new_process_id.empty() &&
                     open->second.process == event.new_process_id;
  if (again) {
    return;
  }
  note_unwritten(at);
  begin(event.shard, Boot{}, at);
  if (const auto wait = waits_.find(event.shard); wait != waits_.end()) {
    wait->second.process = event.new_process_id;
  }
}

/// A restart may be told by one event or by two of the same instant, in either order.
void Resynced::begin(const ShardId& shard, Boot boot, const SimEnvelope& at) {
  const auto open = waits_.find(shard);
  if (open != waits_.end() && open->second.heard == at.time) {
    if (!boot.none()) {
      open->second.boot = boot;
      // An orchestrator whose store went back in time takes an incarnation for new that had them before.
      std::erase_if(open->second.missing, [&](const auto& game) { return game.second == boot; });
    }
    return;
  }
  waits_.erase(shard);
  Wait wait{.orchestrator = std::string(at.node),
            .node = only_node_of(shard),
            .boot = boot,
            .process = {},
            .heard = at.time,
            .heard_event = at.id,
            .missing = {}};
  for (const auto& [game, owner] : owners_) {
    if (owner.shard == shard && owner.boot != boot) {
      wait.missing.emplace(game, owner.boot);
    }
  }
  if (wait.missing.empty() || wait.node.empty()) {
    return;
  }
  update(waits_.emplace(shard, std::move(wait)).first->second, at.time);
}

void Resynced::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  unplaced_.erase(event.game);
  Owner& owner = owners_[event.game];
  if (!owner.shard.empty() && owner.shard != event.shard) {
    const auto wait = waits_.find(owner.shard);
    if (wait != waits_.end()) {
      wait->second.missing.erase(event.game);
    }
  }
  note_unwritten(at);
  owner = {.shard = event.shard,
           .boot = event.boot,
           .unwritten_by = store_out_.contains(at.node) ? std::string(at.node) : std::string()};
}

/// An orchestrator may end between what it commits and saying so: its successor alone shows who owns the game.
void Resynced::learn_owner(const GameAcknowledged& event) {
  const auto owner = owners_.find(event.game);
  if (owner == owners_.end() || owner->second.shard == event.shard) {
    return;
  }
  if (const auto wait = waits_.find(owner->second.shard); wait != waits_.end()) {
    wait->second.missing.erase(event.game);
  }
  owner->second = {.shard = event.shard, .boot = event.boot, .unwritten_by = {}};
}

void Resynced::on_acknowledged(const GameAcknowledged& event, const SimEnvelope& /*at*/) {
  learn_owner(event);
  const auto found = waits_.find(event.shard);
  if (found == waits_.end()) {
    return;
  }
  Wait& wait = found->second;
  const auto game = wait.missing.find(event.game);
  if (game == wait.missing.end() || game->second == event.boot) {
    return;
  }
  wait.missing.erase(game);
  ++wait.acknowledged;
  if (wait.missing.empty()) {
    checked();
    waits_.erase(found);
  }
}

void Resynced::on_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  unplaced_.erase(event.game);
  forget(event.game);
}

/// A new incarnation may have less room than the one before it, and a store that was restored know of fewer games.
void Resynced::on_unplaced(const GameUnplaced& event, const SimEnvelope& /*at*/) {
  unplaced_.insert(event.game);
  forget(event.game);
}

void Resynced::forget(const GameId& game) {
  owners_.erase(game);
  for (auto& [shard, wait] : waits_) {
    wait.missing.erase(game);
  }
}

void Resynced::note_unwritten(const SimEnvelope& at) {
  if (const auto out = store_out_.find(at.node); out != store_out_.end()) {
    out->second = true;
  }
}

/// One that ends in doubt leaves it to the next, and what a store has lost is written down. Then the long grants of a farewell are waited for too.
void Resynced::on_term(const TermTaken& event, const SimEnvelope& at) {
  term_ = event.term;
  stirred_ = at.time;
  const bool long_ones = decisions_lost_.holds();
  if (lost_ || long_ones || at.time < doubted_until_) {
    doubt(long_ones ? std::max(limits_.lease_out, limits_.farewell_out) : limits_.lease_out,
          at.time);
    lost_ = false;
  }
}

void Resynced::on_rolled_back(const StoreRolledBack& /*event*/, const SimEnvelope& at) {
  decisions_lost_.begins();
  doubt(std::max(limits_.lease_out, limits_.farewell_out), at.time);
  on_links(at);
}

/// It leaves in its store that another one may have decided what that does not know.
void Resynced::on_stepped_down(const SteppedDown& /*event*/, const SimEnvelope& at) {
  lost_ = true;
  stirred_ = at.time;
}

void Resynced::on_store_failed(const StoreFailed& /*event*/, const SimEnvelope& at) {
  stirred_ = at.time;
}

/// Who hears is in office, and takes steps.
void Resynced::on_heard(const HeartbeatHeard& /*event*/, const SimEnvelope& at) {
  if (decisions_lost_.holds() && has_settled_doubt(at.node, at.time)) {
    decisions_lost_.ends();
  }
}

/// When the leases are over, each row of before is given anew, moved, or shown to be right. Where games of the dead stay with them, or nobody
/// has room for them, it stays in doubt.
bool Resynced::has_settled_doubt(std::string_view orchestrator, SimTime now) const {
  const auto modes = modes_.find(orchestrator);
  const bool restricted = modes != modes_.end() && !modes->second.empty();
  return !restricted && fleet_.healed() && !fleet_.slow(orchestrator) && unplaced_.empty() &&
         limits_.failover_games_per_second > 0 &&
         std::max(doubted_until_, stirred_) + limits_.by_node_clock(limits_.doubt_settled) < now;
}

void Resynced::doubt(Duration leases, SimTime now) {
  doubted_until_ = std::max(doubted_until_, now + limits_.by_node_clock(leases));
}

void Resynced::on_died(const ShardDied& event, const SimEnvelope& /*at*/) {
  waits_.erase(event.shard);
}

void Resynced::on_left(const ShardLeft& event, const SimEnvelope& /*at*/) {
  waits_.erase(event.shard);
}

/// What a copy from before does not know is planned on nobody, until it is decided anew.
void Resynced::on_fault(const FaultStarted& event, const SimEnvelope& at) {
  decisions_lost_.on_fault(event, at, fleet_);
  if (event.fault == "store_restored") {
    owners_.clear();
    waits_.clear();
  }
}

void Resynced::on_healed(const FaultHealed& event, const SimEnvelope& at) {
  decisions_lost_.on_healed(at);
  if (event.fault == "redis_messages_lost") {
    messages_lost_until_ = at.time;
  }
}

void Resynced::on_mode_entered(const ModeEntered& event, const SimEnvelope& at) {
  modes_[std::string(at.node)].insert(event.mode);
  if (event.mode == store_out_mode) {
    store_out_.emplace(std::string(at.node), false);
  }
  on_links(at);
}

bool Resynced::in_mode(std::string_view orchestrator, std::string_view mode) const {
  const auto modes = modes_.find(orchestrator);
  return modes != modes_.end() && modes->second.contains(mode);
}

void Resynced::on_mode_left(const ModeLeft& event, const SimEnvelope& at) {
  if (event.mode == store_out_mode) {
    store_out_.erase(std::string(at.node));
    for (auto& [game, owner] : owners_) {
      if (owner.unwritten_by == at.node) {
        owner.unwritten_by.clear();
      }
    }
  }
  modes_[std::string(at.node)].erase(event.mode);
  on_links(at);
}

void Resynced::on_links(const SimEnvelope& at) {
  stirred_ = at.time;
  if (const auto* crashed = at.event.get_if<NodeCrashed>()) {
    drop(crashed->node.str());
  } else if (const auto* exited = at.event.get_if<NodeExited>()) {
    drop(exited->node.str());
  }
  for (auto& [shard, wait] : waits_) {
    update(wait, at.time);
  }
}

/// A program ended: it owes nothing any more.
void Resynced::drop(std::string_view node) {
  std::erase_if(waits_, [&](const auto& entry) {
    return entry.second.node == node || entry.second.orchestrator == node;
  });
  modes_.erase(std::string(node));
  if (fleet_.is_orchestrator(node)) {
    unplaced_.clear();  // The next one says it anew.
  }
  if (const auto out = store_out_.find(node); out != store_out_.end()) {
    lost_ = lost_ || out->second;
    store_out_.erase(out);
  }
  std::erase_if(owners_, [&](const auto& entry) { return entry.second.unwritten_by == node; });
}

bool Resynced::up(const Wait& wait, SimTime now) const {
  const bool doubted = now < doubted_until_;
  const bool resyncs =
      !in_mode(wait.orchestrator, blind_mode) && !in_mode(wait.orchestrator, paused_mode);
  const auto linked = [this](const std::string& node) {
    return fleet_.link_clear(node) && fleet_.links_ready(node);
  };
  return resyncs && !doubted && fleet_.stores_work() && linked(wait.orchestrator) &&
         linked(wait.node);
}

void Resynced::update(Wait& wait, SimTime now) {
  const bool is_up = up(wait, now);
  if (now < doubted_until_) {
    wake_after(doubted_until_);
  }
  if (is_up && !wait.up) {
    wait.up_since = now;
    wake_after(due_of(wait));
  }
  wait.up = is_up;
}

SimTime Resynced::due_of(const Wait& wait) const {
  const bool lost = messages_lost_until_ && *messages_lost_until_ >= wait.heard;
  return wait.up_since +
         limits_.by_node_clock(limits_.resync + (lost ? limits_.resend_cap : Duration{}));
}

void Resynced::expired(SimTime moment) {
  for (auto& [shard, wait] : waits_) {
    update(wait, moment);
  }
  for (auto entry = waits_.begin(); entry != waits_.end();) {
    auto& [shard, wait] = *entry;
    // They may have ended while no orchestrator knew of them.
    std::erase_if(wait.missing, [&](const auto& game) { return limits_.over(game.first, moment); });
    if (!wait.missing.empty() && (!wait.up || due_of(wait) > moment)) {
      if (wait.up) {
        wake_after(due_of(wait));
      }
      ++entry;
      continue;
    }
    if (!wait.missing.empty()) {
      std::string games;
      for (const auto& [game, boot] : wait.missing) {
        games += (games.empty() ? "" : ", ") + game.str();
      }
      checked();
      violated(moment, wait.heard_event,
               (wait.boot.none() ? shard.str() : in_words(shard, wait.boot)) +
                   " was first heard at " + in_words(wait.heard) + " and has not acknowledged " +
                   games + " " + in_words(moment - wait.up_since) + " after links were up (" +
                   std::to_string(wait.acknowledged) + " others were acknowledged)");
    }
    entry = waits_.erase(entry);
  }
}

std::string Resynced::only_node_of(const ShardId& shard) const {
  std::string node;
  for (const FleetShard& candidate : limits_.shards) {
    if (candidate.shard == shard && fleet_.answers(candidate.node)) {
      if (!node.empty()) {
        return {};
      }
      node = candidate.node;
    }
  }
  return node;
}

}  // namespace arbees::sim
