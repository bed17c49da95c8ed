#include "sim/invariants/replaced_ends.h"

#include <algorithm>
#include <utility>

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

constexpr Duration told_within = seconds{1};
/// A beat is with Redis by then.
constexpr Duration beat_sent_within = seconds{1};

/// What a program said before is on its way all the same. A machine that stands still may keep it.
bool is_of_programs(std::string_view fault) {
  return fault != "suspend" &&
         (FleetState::is_of_process(fault) || FleetState::is_of_clock(fault) ||
          FleetState::is_of_dependency(fault) || FleetState::is_of_disk(fault));
}

}  // namespace

ReplacedEnds::ReplacedEnds(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&ReplacedEnds::on_started>();
  listen<&ReplacedEnds::on_retired>();
  listen<&ReplacedEnds::on_term>();
  listen<&ReplacedEnds::on_rolled_back>();
  listen<&ReplacedEnds::on_heard>();
  listen<&ReplacedEnds::on_beat>();
  listen<&ReplacedEnds::on_joined>();
  listen<&ReplacedEnds::on_received>();
  listen<&ReplacedEnds::on_granted>();
  listen<&ReplacedEnds::on_superseded>();
  listen<&ReplacedEnds::on_link_ready>();
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
  processes_.put(at.node,
                 {.shard = event.shard, .boot = event.boot, .started = at.time, .told = {}});
}

/// Nobody knows any more who had the name.
void ReplacedEnds::on_retired(const ShardRetired& event, const SimEnvelope& /*at*/) {
  std::erase_if(generations_, [&](const auto& entry) { return entry.first.first == event.shard; });
}

void ReplacedEnds::on_beat(const HeartbeatSent& /*event*/, const SimEnvelope& at) {
  Process* process = processes_.find(at.node);
  if (process == nullptr) {
    return;
  }
  process->first_beat = std::min(process->first_beat, at.time);
  if (process->undisturbed_beat == never && is_heard_in_order(at.node, at.time)) {
    process->undisturbed_beat = at.time;
  }
}

bool ReplacedEnds::is_heard_in_order(std::string_view node, SimTime now) const {
  const auto whole = [&](const std::string& other) { return reachable(other, now); };
  return disturbed_ < now && faults_.empty() && !between_terms_ && reachable(node, now) &&
         std::ranges::all_of(limits_.orchestrators, whole);
}

/// Redis hands over what one process said before another one was started before what that one says.
void ReplacedEnds::judge_order(const ShardJoined& event, const SimEnvelope& at) {
  const auto& processes = processes_.of(event.shard);
  const auto joined = std::ranges::find(processes, event.boot,
                                        [](const auto* entry) { return entry->second.boot; });
  if (joined == processes.end() || !faults_.empty() || limits_.orchestrators.size() != 1) {
    return;
  }
  const Process& older = (*joined)->second;
  const SimTime beat = disturbed_ < older.first_beat ? older.first_beat : older.undisturbed_beat;
  if (beat == never) {
    return;
  }
  for (const auto* entry : processes) {
    const auto& [node, newer] = *entry;
    const bool before =
        newer.boot != event.boot && generations_.contains({event.shard, newer.boot});
    if (!before) {
      continue;
    }
    checked();
    if (beat + beat_sent_within < newer.started) {
      violated(at.time, at.id,
               (*joined)->first + " takes the place of " + node + " at " + in_words(at.time) +
                   ", but it had beaten before that one was started at " + in_words(newer.started));
    }
  }
}

void ReplacedEnds::on_joined(const ShardJoined& event, const SimEnvelope& at) {
  judge_order(event, at);
  generations_[{event.shard, event.boot}] = event.generation;
}

void ReplacedEnds::on_received(const GrantReceived& /*event*/, const SimEnvelope& at) {
  if (Process* process = processes_.find(at.node)) {
    process->granted = true;
  }
}

void ReplacedEnds::on_granted(const GrantSent& event, const SimEnvelope& at) {
  if (!reachable(at.node, at.time)) {
    return;
  }
  for (auto* entry : processes_.of(event.shard)) {
    auto& [node, process] = *entry;
    const bool replaced =
        process.boot != event.boot && process.granted && process.due == never &&
        reachable(node, at.time) &&
        generation_of(process.shard, process.boot) < generation_of(event.shard, event.boot);
    if (replaced) {
      process.due = at.time + limits_.by_node_clock(told_within);
      process.told = at.id;
      wake_after(process.due);
    }
  }
}

void ReplacedEnds::on_superseded(const ShardSuperseded& /*event*/, const SimEnvelope& at) {
  if (const Process* process = processes_.find(at.node)) {
    if (process->due != never) {
      checked();
    }
    processes_.erase(at.node);
  }
}

void ReplacedEnds::disturb(SimTime now) {
  disturbed_ = now;
  for (auto& [node, process] : processes_) {
    process.undisturbed_beat = never;
  }
}

/// What came before it had a term may have waited for too long, and was dropped.
void ReplacedEnds::on_term(const TermTaken& /*event*/, const SimEnvelope& at) {
  disturb(at.time);
  between_terms_ = false;
}

/// It may leave its term for a higher one, and hears nobody until that is durable.
void ReplacedEnds::on_rolled_back(const StoreRolledBack& /*event*/, const SimEnvelope& at) {
  disturb(at.time);
  between_terms_ = true;
}

void ReplacedEnds::on_heard(const HeartbeatHeard& /*event*/, const SimEnvelope& at) {
  if (std::exchange(between_terms_, false)) {
    disturb(at.time);
  }
}

/// What was said before it subscribed was said to nobody.
void ReplacedEnds::on_link_ready(const arbees::redis::LinkReady& event, const SimEnvelope& at) {
  if (event.role == arbees::redis::LinkRole::subscriber && fleet_.is_orchestrator(at.node)) {
    disturb(at.time);
  }
}

void ReplacedEnds::on_link_lost(const arbees::redis::LinkLost& /*event*/, const SimEnvelope& at) {
  disturb(at.time);
  if (fleet_.is_orchestrator(at.node)) {
    for (auto& [node, process] : processes_) {
      process.due = never;
    }
  } else if (Process* process = processes_.find(at.node)) {
    process->due = never;
  }
}

/// Programs that stand still or end say nothing out of order, but a Redis that goes on reads what waited for it as it pleases; the orchestrator
/// that is judged is another one when it started.
void ReplacedEnds::disturbed(const SimEnvelope& at) {
  const auto* started = at.event.get_if<NodeStarted>();
  const auto* thawed = at.event.get_if<NodeThawed>();
  const bool redis_goes_on =
      thawed != nullptr &&
      std::ranges::find(limits_.redis, thawed->node.str()) != limits_.redis.end();
  if (redis_goes_on || (started != nullptr && fleet_.is_orchestrator(started->node.str()))) {
    disturb(at.time);
  }
  const auto* fault = at.event.get_if<FaultStarted>();
  if (fault != nullptr && !is_of_programs(fault->fault)) {
    faults_.insert(at.id);
    disturb(at.time);
  }
  if (at.event.get_if<FaultHealed>() != nullptr && faults_.erase(at.cause) > 0) {
    disturb(at.time);
  }
}

/// What happens to the fleet may keep the word from it; the next grant is another one.
void ReplacedEnds::on_fleet_event(const SimEnvelope& at) {
  for (auto& [node, process] : processes_) {
    process.due = never;
  }
  disturbed(at);
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
