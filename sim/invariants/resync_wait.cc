#include "sim/invariants/resync_wait.h"

#include "sim/invariants/words.h"

namespace arbees::sim {

ResyncWait::ResyncWait(const Limits& limits, const FleetState& /*fleet*/)
    : Invariant(name, says), limits_(limits) {
  listen<&ResyncWait::on_restarted>();
  listen<&ResyncWait::on_scheduled>();
  listen<&ResyncWait::on_completed>();
  listen<&ResyncWait::on_assigned>();
  listen<&ResyncWait::on_died>();
  listen<&ResyncWait::on_left>();
  listen<&ResyncWait::on_started>();
}

ResyncWait::Wait* ResyncWait::open(const Key& key, SimTime now) {
  const auto wait = waits_.find(key);
  return wait != waits_.end() && now < wait->second.since + wait->second.lasts ? &wait->second
                                                                               : nullptr;
}

void ResyncWait::on_restarted(const ShardRestarted& event, const SimEnvelope& at) {
  if (open({std::string(at.node), event.shard}, at.time) != nullptr) {
    checked();
  }
}

void ResyncWait::on_scheduled(const ResyncScheduled& event, const SimEnvelope& at) {
  const Key key{std::string(at.node), event.shard};
  const Wait* before = open(key, at.time);
  // The clock of the orchestrator may have run fast: a wait that is as good as over is over.
  const bool put_off =
      before != nullptr &&
      at.time + event.debounce > before->since + limits_.by_node_clock(before->lasts);
  if (put_off) {
    violated(at.time, at.id,
             "the games of " + event.shard.str() + " were to come back " + in_words(before->lasts) +
                 " after " + in_words(before->since) + "; another restart put that off at " +
                 in_words(at.time));
  }
  waits_[key] = {.since = at.time, .lasts = event.debounce};
}

void ResyncWait::on_completed(const ResyncCompleted& event, const SimEnvelope& at) {
  waits_.erase({std::string(at.node), event.shard});
}

void ResyncWait::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  if (event.reason == "restarted") {
    waits_.erase({std::string(at.node), event.shard});
  }
}

void ResyncWait::on_died(const ShardDied& event, const SimEnvelope& at) {
  waits_.erase({std::string(at.node), event.shard});
}

void ResyncWait::on_left(const ShardLeft& event, const SimEnvelope& at) {
  waits_.erase({std::string(at.node), event.shard});
}

void ResyncWait::on_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  std::erase_if(waits_, [&](const auto& entry) { return entry.first.first == event.node.str(); });
}

}  // namespace arbees::sim
