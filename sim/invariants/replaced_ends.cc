#include "sim/invariants/replaced_ends.h"

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

constexpr Duration told_within = seconds{1};

}  // namespace

ReplacedEnds::ReplacedEnds(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&ReplacedEnds::on_started>();
  listen<&ReplacedEnds::on_joined>();
  listen<&ReplacedEnds::on_received>();
  listen<&ReplacedEnds::on_granted>();
  listen<&ReplacedEnds::on_superseded>();
  listen<&ReplacedEnds::on_link_lost>();
  listen_each<&ReplacedEnds::on_fleet_event>(FleetEvents{});
}

bool ReplacedEnds::reachable(std::string_view node, SimTime now) const {
  return fleet_.links_whole(node, now) && !fleet_.slow(node);
}

Generation ReplacedEnds::generation_of(const ShardId& shard, Boot boot) const {
  const auto found = generations_.find({shard, boot});
  return found == generations_.end() ? Generation{} : found->second;
}

void ReplacedEnds::on_started(const ShardStarted& event, const SimEnvelope& at) {
  processes_[std::string(at.node)] = {.shard = event.shard, .boot = event.boot, .told = {}};
}

void ReplacedEnds::on_joined(const ShardJoined& event, const SimEnvelope& /*at*/) {
  generations_[{event.shard, event.boot}] = event.generation;
}

void ReplacedEnds::on_received(const GrantReceived& /*event*/, const SimEnvelope& at) {
  if (const auto process = processes_.find(at.node); process != processes_.end()) {
    process->second.granted = true;
  }
}

void ReplacedEnds::on_granted(const GrantSent& event, const SimEnvelope& at) {
  if (!reachable(at.node, at.time)) {
    return;
  }
  for (auto& [node, process] : processes_) {
    const bool replaced =
        process.shard == event.shard && process.boot != event.boot && process.granted &&
        process.due == never && reachable(node, at.time) &&
        generation_of(process.shard, process.boot) < generation_of(event.shard, event.boot);
    if (replaced) {
      process.due = at.time + limits_.by_node_clock(told_within);
      process.told = at.id;
      wake_after(process.due);
    }
  }
}

void ReplacedEnds::on_superseded(const ShardSuperseded& /*event*/, const SimEnvelope& at) {
  const auto process = processes_.find(at.node);
  if (process != processes_.end()) {
    if (process->second.due != never) {
      checked();
    }
    processes_.erase(process);
  }
}

void ReplacedEnds::on_link_lost(const redis::LinkLost& /*event*/, const SimEnvelope& at) {
  if (fleet_.is_orchestrator(at.node)) {
    for (auto& [node, process] : processes_) {
      process.due = never;
    }
  } else if (const auto process = processes_.find(at.node); process != processes_.end()) {
    process->second.due = never;
  }
}

/// What happens to the fleet may keep the word from it; the next grant is another one.
void ReplacedEnds::on_fleet_event(const SimEnvelope& at) {
  for (auto& [node, process] : processes_) {
    process.due = never;
  }
  if (const auto* crashed = at.event.get_if<NodeCrashed>()) {
    processes_.erase(crashed->node.str());
  } else if (const auto* exited = at.event.get_if<NodeExited>()) {
    processes_.erase(exited->node.str());
  }
}

void ReplacedEnds::expired(SimTime moment) {
  for (auto& [node, process] : processes_) {
    if (process.due > moment) {
      wake_after(process.due);
      continue;
    }
    checked();
    violated(moment, process.told,
             node + " goes on as " + in_words(process.shard, process.boot) + " at " +
                 in_words(moment) + ", and a grant has told it that another process has its name");
    process.due = never;
  }
}

}  // namespace arbees::sim
