#include "sim/invariants/link_returns.h"

#include <algorithm>

#include "sim/invariants/words.h"
#include "sim/world/old_wire.h"

namespace arbees::sim {

LinkReturns::LinkReturns(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&LinkReturns::on_ready>();
  listen<&LinkReturns::on_lost>();
  listen<&LinkReturns::on_misconfigured>();
  listen<&LinkReturns::on_started>();
  listen<&LinkReturns::on_shard_started>();
  listen_each<&LinkReturns::on_fleet_event>(FleetEvents{});
}

void LinkReturns::on_ready(const arbees::redis::LinkReady& event, const SimEnvelope& at) {
  Link& state = link(at.node, event.role);
  if (state.known && !state.ready && !state.reported) {
    checked();
  }
  state = Link{.known = true, .ready = true, .lost = {}, .event = {}};
}

void LinkReturns::on_lost(const arbees::redis::LinkLost& event, const SimEnvelope& at) {
  link(at.node, event.role) = Link{.known = true, .lost = at.time, .event = at.id};
  const auto node = nodes_.find(at.node);
  wake_for(node->first, node->second);
}

void LinkReturns::on_misconfigured(const arbees::redis::LinkMisconfigured& event,
                                   const SimEnvelope& at) {
  link(at.node, event.role).refused = true;
}

void LinkReturns::on_started(const NodeStarted& event, const SimEnvelope& at) {
  if (fleet_.is_shard(event.node.str()) || fleet_.is_orchestrator(event.node.str())) {
    const Link absent{.known = true, .lost = at.time, .event = at.id};
    nodes_[event.node.str()] = {absent, absent};
  }
}

void LinkReturns::on_shard_started(const ShardStarted& event, const SimEnvelope& at) {
  if (event.lease_mode == old_wire_lease_mode) {
    nodes_.erase(std::string(at.node));
  }
}

void LinkReturns::on_fleet_event(const SimEnvelope& /*at*/) {
  for (const auto& [node, links] : nodes_) {
    wake_for(node, links);
  }
}

void LinkReturns::wake_for(const std::string& node, const Links& links) {
  for (const Link& state : links) {
    wake_after(due_of(node, state));
  }
}

SimTime LinkReturns::due_of(const std::string& node, const Link& link) const {
  if (!link.known || link.ready || link.reported || !fleet_.link_clear(node)) {
    return never;
  }
  return std::max(link.lost, fleet_.link_clear_since(node)) +
         limits_.by_node_clock(limits_.link_ready +
                               (link.refused ? limits_.refused_wait : Duration{}));
}

void LinkReturns::expired(SimTime moment) {
  for (auto& [node, links] : nodes_) {
    for (std::size_t role = 0; role < links.size(); ++role) {
      Link& state = links[role];
      const SimTime due = due_of(node, state);
      if (due > moment) {
        wake_after(due);
        continue;
      }
      checked();
      state.reported = true;
      const SimTime clear = fleet_.link_clear_since(node);
      violated(moment, state.event,
               "the " + std::string(to_string(static_cast<arbees::redis::LinkRole>(role))) +
                   " link of " + node + " is not ready " +
                   in_words(moment - std::max(state.lost, clear)) + " after " +
                   (state.lost > clear ? "it was lost" : "Redis could be reached again") + " at " +
                   in_words(std::max(state.lost, clear)));
    }
  }
}

LinkReturns::Link& LinkReturns::link(std::string_view node, arbees::redis::LinkRole role) {
  return nodes_[std::string(node)][static_cast<std::size_t>(role)];
}

}  // namespace arbees::sim
