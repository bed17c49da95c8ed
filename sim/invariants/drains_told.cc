#include "sim/invariants/drains_told.h"

#include <algorithm>

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

constexpr std::string_view stuck = "DRAIN_STUCK";

}  // namespace

DrainsTold::DrainsTold(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&DrainsTold::on_marked>();
  listen<&DrainsTold::on_retired>();
  listen<&DrainsTold::on_assigned>();
  listen<&DrainsTold::on_ended>();
  listen<&DrainsTold::on_raised>();
  listen<&DrainsTold::on_restored>();
  listen<&DrainsTold::on_resolved>();
  listen<&DrainsTold::on_started>();
  listen<&DrainsTold::on_stepped_down>();
  listen<&DrainsTold::on_thawed>();
}

void DrainsTold::on_marked(const ShardMarked& event, const SimEnvelope& at) {
  const Key key{std::string(at.node), event.shard};
  if (event.after.find("draining") == std::string::npos) {
    drains_.erase(key);
    return;
  }
  if (event.drain_left == Duration{}) {
    return;
  }
  // The newest word of an operator counts, be it less time than before or more.
  const SimTime due = at.time + limits_.by_node_clock(event.drain_left) + second();
  drains_.insert_or_assign(key, Drain{.due = due, .event = at.id});
  wake_after(due);
}

void DrainsTold::on_retired(const ShardRetired& event, const SimEnvelope& at) {
  drains_.erase({std::string(at.node), event.shard});
}

void DrainsTold::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  const auto owner = owners_.find(event.game);
  if (owner != owners_.end() && owner->second == event.shard) {
    return;
  }
  take(event.game);
  owners_.insert_or_assign(event.game, event.shard);
  std::set<GameId>& games = owned_[event.shard];
  if (games.empty()) {
    owns_since_[event.shard] = at.time;
  }
  games.insert(event.game);
}

void DrainsTold::on_ended(const GameEnded& event, const SimEnvelope& /*at*/) { take(event.game); }

void DrainsTold::take(const GameId& game) {
  if (const auto owner = owners_.find(game); owner != owners_.end()) {
    owned_[owner->second].erase(game);
    owners_.erase(owner);
  }
}

void DrainsTold::on_raised(const AlertRaised& event, const SimEnvelope& at) {
  if (event.type == stuck) {
    open_.emplace(at.node, event.subject);
  }
}

void DrainsTold::on_restored(const AlertRestored& event, const SimEnvelope& at) {
  if (event.type == stuck) {
    open_.emplace(at.node, event.subject);
  }
}

void DrainsTold::on_resolved(const AlertResolved& event, const SimEnvelope& at) {
  if (event.type == stuck) {
    open_.erase({std::string(at.node), ShardId(event.subject)});
  }
}

void DrainsTold::on_started(const OrchestratorStarted& /*event*/, const SimEnvelope& at) {
  forget(at.node);
}

void DrainsTold::on_stepped_down(const SteppedDown& /*event*/, const SimEnvelope& at) {
  forget(at.node);
}

void DrainsTold::forget(std::string_view node) {
  const auto of_node = [&](const Key& key) { return key.first == node; };
  std::erase_if(drains_, [&](const auto& entry) { return of_node(entry.first); });
  std::erase_if(open_, of_node);
}

void DrainsTold::on_thawed(const NodeThawed& event, const SimEnvelope& at) {
  for (auto& [key, drain] : drains_) {
    if (key.first == event.node.str()) {
      drain.due = std::max(drain.due, at.time + second());
      wake_after(drain.due);
    }
  }
}

void DrainsTold::expired(SimTime moment) {
  for (auto next = drains_.begin(); next != drains_.end();) {
    const auto entry = next++;
    const auto& [node, shard] = entry->first;
    Drain& drain = entry->second;
    const bool owns = !owned_[shard].empty();
    // It comes to it when it can.
    const bool hindered = !fleet_.answers(node) || fleet_.slow(node);
    if (drain.due <= moment && (hindered || (owns && moment - owns_since_[shard] < second()))) {
      drain.due = moment + second();
    }
    if (drain.due > moment) {
      wake_after(drain.due);
      continue;
    }
    checked();
    if (owns && !open_.contains(entry->first)) {
      violated(moment, drain.event,
               shard.str() + " has " + std::to_string(owned_[shard].size()) +
                   " games when the time for its drain is over, and no alert was raised by " +
                   in_words(moment));
    }
    drains_.erase(entry);
  }
}

}  // namespace arbees::sim
