#include "sim/invariants/status_edges.h"

#include <algorithm>
#include <array>

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

struct Edge {
  std::string_view from;
  std::string_view to;
  bool worse;
};

constexpr std::array<Edge, 13> edges{{
    {"starting", "healthy", false},
    {"starting", "degraded", true},
    {"starting", "dead", true},
    {"healthy", "degraded", true},
    {"healthy", "dead", true},
    {"degraded", "healthy", false},
    {"degraded", "unhealthy", true},
    {"degraded", "dead", true},
    {"unhealthy", "degraded", false},
    {"unhealthy", "healthy", false},
    {"unhealthy", "dead", true},
    {"dead", "healthy", false},
    {"dead", "degraded", false},
}};

/// A process may be frozen between reading its clock and recording an event; that is rare, and short.
constexpr Duration recorded_within = milliseconds{1};

const Edge* find_edge(std::string_view from, std::string_view to) {
  const auto found = std::ranges::find_if(
      edges, [&](const Edge& edge) { return edge.from == from && edge.to == to; });
  return found == edges.end() ? nullptr : &*found;
}

}  // namespace

StatusEdges::StatusEdges(const Limits& /*limits*/, const FleetState& /*fleet*/)
    : Invariant(name, says) {
  listen<&StatusEdges::on_changed>();
  listen<&StatusEdges::on_joined>();
  listen<&StatusEdges::on_died>();
  listen<&StatusEdges::on_left>();
  listen<&StatusEdges::on_recovered>();
  listen<&StatusEdges::on_started>();
}

void StatusEdges::on_changed(const StatusChanged& event, const SimEnvelope& at) {
  Shard& shard = shards_[{std::string(at.node), event.shard}];
  checked();
  judge_edge(shard, event, at);
  if (event.to == "dead") {
    instant(event.shard, at).to_dead = at.id;
  } else if (event.from == "dead") {
    instant(event.shard, at).from_dead = at.id;
  }
  shard = {.status = event.to, .may_begin = false, .since = at.node_time};
}

void StatusEdges::judge_edge(const Shard& before, const StatusChanged& event,
                             const SimEnvelope& at) {
  const std::string what = event.shard.str() + " changed from " + event.from + " to " + event.to +
                           " at " + in_words(at.time);
  const bool begins_anew = before.may_begin && event.from == "starting";
  if (event.from != before.status && !begins_anew) {
    violated(at.time, at.id, what + ", but it was " + before.status);
  }
  const Edge* edge = find_edge(event.from, event.to);
  if (edge == nullptr) {
    violated(at.time, at.id, what + ", which is no edge of the status machine");
  } else if (at.cause.none() && !edge->worse) {
    violated(at.time, at.id,
             what +
                 " without a cause: only time makes changes without one, and only "
                 "for the worse");
  }
}

void StatusEdges::on_joined(const ShardJoined& event, const SimEnvelope& at) {
  shards_[{std::string(at.node), event.shard}].may_begin = true;
}

void StatusEdges::on_died(const ShardDied& event, const SimEnvelope& at) {
  instant(event.shard, at).died = at.id;
}

void StatusEdges::on_left(const ShardLeft& event, const SimEnvelope& at) {
  instant(event.shard, at).left = at.id;
}

void StatusEdges::on_recovered(const ShardRecovered& event, const SimEnvelope& at) {
  instant(event.shard, at).recovered = at.id;
  const Shard& shard = shards_[{std::string(at.node), event.shard}];
  const Duration dead_for = at.node_time - shard.since;
  const Duration error = event.dead_for - dead_for;
  if (shard.status == "dead" && (error < -recorded_within || error > recorded_within)) {
    violated(at.time, at.id,
             event.shard.str() + " recovered at " + in_words(at.time) +
                 " and is said to have been dead for " + in_words(event.dead_for) +
                 ", but it was for " + in_words(dead_for));
  }
}

/// A new process of the orchestrator begins with every shard anew.
void StatusEdges::on_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  std::erase_if(shards_, [&](const auto& entry) { return entry.first.first == event.node.str(); });
}

StatusEdges::Instant& StatusEdges::instant(const ShardId& shard, const SimEnvelope& at) {
  wake_after(at.time);
  return instants_[{std::string(at.node), shard}];
}

void StatusEdges::expired(SimTime moment) {
  for (const auto& [key, said] : instants_) {
    const std::string& shard = key.second.str();
    const std::string when = " at " + in_words(moment);
    if (!said.to_dead.none() && said.died.none() && said.left.none()) {
      violated(moment, said.to_dead, shard + " became dead" + when + " without shard_died");
    }
    if (!said.died.none() && said.to_dead.none()) {
      violated(moment, said.died,
               shard + " was declared dead" + when + ", but its status did not change");
    }
    if (!said.from_dead.none() && said.recovered.none()) {
      violated(
          moment, said.from_dead,
          shard + " was dead until" + when.substr(3) + " and came back without shard_recovered");
    }
    if (!said.recovered.none() && said.from_dead.none()) {
      violated(moment, said.recovered,
               shard + " recovered" + when + ", but its status did not change");
    }
  }
  instants_.clear();
}

}  // namespace arbees::sim
