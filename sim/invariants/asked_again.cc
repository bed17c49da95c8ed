#include "sim/invariants/asked_again.h"

#include <algorithm>

#include "sim/invariants/mode_names.h"
#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

constexpr Duration asked_within = seconds{1};

}  // namespace

AskedAgain::AskedAgain(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&AskedAgain::on_heard>();
  listen<&AskedAgain::on_ignored>();
  listen<&AskedAgain::on_mode_left>();
  listen<&AskedAgain::on_mode_entered>();
  listen<&AskedAgain::on_sent>();
  listen<&AskedAgain::on_ended>();
  listen<&AskedAgain::on_link_ready>();
  listen<&AskedAgain::on_link_lost>();
  listen<&AskedAgain::on_term>();
  listen<&AskedAgain::on_rolled_back>();
  listen<&AskedAgain::on_stepped_down>();
  listen_each<&AskedAgain::on_fleet_event>(FleetEvents{});
}

bool AskedAgain::reachable(std::string_view node, SimTime now) const {
  return fleet_.links_whole(node, now) && !fleet_.slow(node);
}

/// Shards heed one orchestrator: of two, one is not answered.
bool AskedAgain::speaks_alone(std::string_view orchestrator, SimTime now) const {
  return reachable(orchestrator, now) &&
         std::ranges::none_of(limits_.orchestrators, [&](const std::string& other) {
           return other != orchestrator && fleet_.answers(other);
         });
}

/// A shard of the old wire, or a stranger, is spoken to when it is heard.
bool AskedAgain::hears_at_once(const ShardId& shard) const {
  const auto process = std::ranges::find(limits_.shards, shard, &FleetShard::shard);
  return process != limits_.shards.end() && !process->old_wire &&
         std::ranges::count(limits_.shards, shard, &FleetShard::shard) == 1;
}

// --- the roll call ----------------------------------------------------------------------------

void AskedAgain::on_mode_left(const ModeLeft& event, const SimEnvelope& at) {
  const auto known = known_.find(at.node);
  if (event.mode != blind_mode || known == known_.end() || !speaks_alone(at.node, at.time) ||
      between_terms_.contains(at.node)) {
    return;
  }
  for (const ShardId& shard : known->second) {
    const auto process = std::ranges::find(limits_.shards, shard, &FleetShard::shard);
    if (hears_at_once(shard) && reachable(process->node, at.time)) {
      const SimTime due = at.time + limits_.by_node_clock(asked_within);
      calls_[shard] = {
          .orchestrator = std::string(at.node), .since = at.time, .due = due, .event = at.id};
      wake_after(due);
    }
  }
}

void AskedAgain::on_mode_entered(const ModeEntered& event, const SimEnvelope& at) {
  if (event.mode == blind_mode) {
    drop_waits(at.node);
  }
}

void AskedAgain::on_heard(const HeartbeatHeard& event, const SimEnvelope& at) {
  known_[std::string(at.node)].insert(event.shard);
  if (const auto node = between_terms_.find(at.node); node != between_terms_.end()) {
    between_terms_.erase(node);
  }
  answered(event.shard);
}

void AskedAgain::on_ignored(const HeartbeatIgnored& event, const SimEnvelope& /*at*/) {
  answered(event.shard);
}

void AskedAgain::answered(const ShardId& shard) {
  if (calls_.erase(shard) > 0) {
    checked();
  }
}

// --- commands ---------------------------------------------------------------------------------

void AskedAgain::on_sent(const CommandSent& event, const SimEnvelope& at) {
  const Command command{std::string(at.node), event.shard, event.seq};
  pending_.insert(command);
  if (repeats_.erase(command) > 0) {
    checked();
  }
}

void AskedAgain::on_ended(const CommandEnded& event, const SimEnvelope& at) {
  const Command command{std::string(at.node), event.shard, event.seq};
  pending_.erase(command);
  repeats_.erase(command);
}

void AskedAgain::on_link_ready(const arbees::redis::LinkReady& /*event*/, const SimEnvelope& at) {
  if (!fleet_.is_orchestrator(at.node) || !speaks_alone(at.node, at.time)) {
    return;
  }
  const SimTime due = at.time + limits_.by_node_clock(asked_within);
  for (const Command& command : pending_) {
    if (std::get<0>(command) == at.node && hears_at_once(std::get<1>(command))) {
      repeats_[command] = {
          .orchestrator = std::string(at.node), .since = at.time, .due = due, .event = at.id};
      wake_after(due);
    }
  }
}

// --- what ends a wait -------------------------------------------------------------------------

void AskedAgain::on_link_lost(const arbees::redis::LinkLost& /*event*/, const SimEnvelope& at) {
  drop_waits(at.node);
}

void AskedAgain::drop_waits(std::string_view node) {
  std::erase_if(calls_, [&](const auto& entry) {
    const auto process = std::ranges::find(limits_.shards, entry.first, &FleetShard::shard);
    return entry.second.orchestrator == node || process->node == node;
  });
  std::erase_if(repeats_, [&](const auto& entry) { return entry.second.orchestrator == node; });
}

void AskedAgain::on_term(const TermTaken& event, const SimEnvelope& at) {
  terms_.insert_or_assign(std::string(at.node), event.term);
}

/// What a store has lost of ownership alone is no reason to leave the term.
void AskedAgain::on_rolled_back(const StoreRolledBack& event, const SimEnvelope& at) {
  Term& term = terms_[std::string(at.node)];
  if (term < event.new_term) {
    term = event.new_term;
    between_terms_.insert(std::string(at.node));
    drop_waits(at.node);
  }
}

void AskedAgain::on_stepped_down(const SteppedDown& /*event*/, const SimEnvelope& at) {
  forget(at.node);
}

void AskedAgain::on_fleet_event(const SimEnvelope& at) {
  calls_.clear();
  repeats_.clear();
  if (const auto* started = at.event.get_if<NodeStarted>()) {
    forget(started->node.str());
  } else if (const auto* crashed = at.event.get_if<NodeCrashed>()) {
    forget(crashed->node.str());
  } else if (const auto* exited = at.event.get_if<NodeExited>()) {
    forget(exited->node.str());
  }
}

void AskedAgain::forget(std::string_view orchestrator) {
  drop_waits(orchestrator);
  std::erase_if(pending_,
                [&](const Command& command) { return std::get<0>(command) == orchestrator; });
  if (const auto known = known_.find(orchestrator); known != known_.end()) {
    known_.erase(known);
  }
  if (const auto node = between_terms_.find(orchestrator); node != between_terms_.end()) {
    between_terms_.erase(node);
  }
}

void AskedAgain::expired(SimTime moment) {
  std::erase_if(calls_, [&](const auto& entry) {
    const auto& [shard, wait] = entry;
    if (wait.due > moment) {
      wake_after(wait.due);
      return false;
    }
    checked();
    violated(moment, wait.event,
             wait.orchestrator + " can hear again since " + in_words(wait.since) + ", and " +
                 shard.str() + ", whose links are whole, was not heard by " + in_words(moment));
    return true;
  });
  std::erase_if(repeats_, [&](const auto& entry) {
    const auto& [command, wait] = entry;
    if (wait.due > moment) {
      wake_after(wait.due);
      return false;
    }
    checked();
    violated(moment, wait.event,
             "the links of " + wait.orchestrator + " are back since " + in_words(wait.since) +
                 ", and command " + std::to_string(std::get<2>(command).value()) + " to " +
                 std::get<1>(command).str() + ", which is not answered, was not sent again by " +
                 in_words(moment));
    return true;
  });
}

}  // namespace arbees::sim
