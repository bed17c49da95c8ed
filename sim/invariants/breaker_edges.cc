#include "sim/invariants/breaker_edges.h"

#include <algorithm>
#include <utility>

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

/// What a clock that runs slower or faster, and the order within an instant, may hide.
constexpr Duration announced_early = milliseconds{1};

}  // namespace

BreakerEdges::BreakerEdges(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&BreakerEdges::on_opened>();
  listen<&BreakerEdges::on_half_opened>();
  listen<&BreakerEdges::on_closed>();
  listen_each<&BreakerEdges::on_fleet_event>(FleetEvents{});
}

void BreakerEdges::on_opened(const BreakerOpened& event, const SimEnvelope& at) {
  const std::string_view from = event.relapse ? "half-open" : "closed";
  Breaker& breaker = breakers_[{std::string(at.node), event.shard}];
  if (breaker.state != from) {
    wrong_edge(event.shard, breaker, "open", at);
  } else if (at.cause.none()) {
    violated(at.time, at.id,
             "the breaker of " + event.shard.str() + " opened at " + in_words(at.time) +
                 " without a cause: only a heartbeat shows that a command failed");
  }
  Breaker& open = moved(event.shard, "open", at);
  open.opens_for = event.opens_for;
  open.opened = at.id;
}

void BreakerEdges::on_half_opened(const BreakerHalfOpened& event, const SimEnvelope& at) {
  const Breaker& breaker = breakers_[{std::string(at.node), event.shard}];
  // In node time; a drifting clock may make it a little less in ours.
  const Duration least = breaker.opens_for - breaker.opens_for / 100 - announced_early;
  if (breaker.state != "open") {
    wrong_edge(event.shard, breaker, "half-open", at);
  } else if (at.time - breaker.since < least) {
    violated(at.time, at.id,
             "the breaker of " + event.shard.str() + " is half-open at " + in_words(at.time) +
                 ", after " + in_words(at.time - breaker.since) + " instead of " +
                 in_words(breaker.opens_for));
  }
  moved(event.shard, "half-open", at);
}

void BreakerEdges::on_closed(const BreakerClosed& event, const SimEnvelope& at) {
  const Key key{std::string(at.node), event.shard};
  const Breaker& breaker = breakers_[key];
  const bool anew = event.why == "restarted" || event.why == "forgotten";
  if (breaker.state == "closed" || (breaker.state == "open" && !anew)) {
    wrong_edge(event.shard, breaker, "closed", at);
  } else if (at.cause.none() && event.why != "forgotten") {
    violated(at.time, at.id,
             "the breaker of " + event.shard.str() + " closed at " + in_words(at.time) +
                 " without a cause: only an answer closes it");
  }
  moved(event.shard, "closed", at);
  breakers_.erase(key);
}

void BreakerEdges::wrong_edge(const ShardId& shard, const Breaker& breaker, std::string_view to,
                              const SimEnvelope& at) {
  violated(at.time, at.id,
           "the breaker of " + shard.str() + " became " + std::string(to) + " at " +
               in_words(at.time) + ", but it was " + std::string(breaker.state));
}

BreakerEdges::Breaker& BreakerEdges::moved(const ShardId& shard, std::string_view to,
                                           const SimEnvelope& at) {
  checked();
  Breaker& breaker = breakers_[{std::string(at.node), shard}];
  const std::string_view from = std::exchange(breaker.state, to);
  breaker.since = at.time;
  if (from == "closed") {
    breaker.not_closed_since = at.time;
  }
  wake_after(due_of(breaker));
  return breaker;
}

void BreakerEdges::on_fleet_event(const SimEnvelope& at) {
  disturbed_ = at.time;
  if (const auto* started = at.event.get_if<NodeStarted>()) {
    // A new process of the orchestrator trusts every shard.
    std::erase_if(breakers_,
                  [&](const auto& entry) { return entry.first.first == started->node.str(); });
  }
  for (const auto& [key, breaker] : breakers_) {
    wake_after(due_of(breaker));
  }
}

SimTime BreakerEdges::due_of(const Breaker& breaker) const {
  return std::max(disturbed_, breaker.not_closed_since) +
         limits_.by_node_clock(limits_.breaker_closes);
}

bool BreakerEdges::is_judged(const Key& key) const {
  const auto node = std::ranges::find(limits_.shards, key.second, &FleetShard::shard);
  return fleet_.healed() && fleet_.answers(key.first) && node != limits_.shards.end() &&
         fleet_.link_clear(node->node);
}

void BreakerEdges::expired(SimTime moment) {
  for (auto& [key, breaker] : breakers_) {
    if (moment < due_of(breaker)) {
      wake_after(due_of(breaker));
      continue;
    }
    if (!is_judged(key) || breaker.opened.none()) {
      continue;
    }
    checked();
    violated(moment, breaker.opened,
             "the breaker of " + key.second.str() + " is " + std::string(breaker.state) + " at " +
                 in_words(moment) + ", although nothing has happened to the fleet since " +
                 in_words(disturbed_));
    breaker.opened = EventId{};  // once
  }
}

}  // namespace arbees::sim
