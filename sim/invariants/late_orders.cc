#include "sim/invariants/late_orders.h"

#include "sim/invariants/words.h"

namespace arbees::sim {

LateOrders::LateOrders(const Limits& limits, const FleetState& /*fleet*/)
    : Invariant(name, says), limits_(limits) {
  listen<&LateOrders::on_granted>();
  listen<&LateOrders::on_removed>();
  listen<&LateOrders::on_added>();
  listen<&LateOrders::on_started>();
}

void LateOrders::on_granted(const GrantReceived& event, const SimEnvelope& at) {
  const auto newest = newest_.find(at.node);
  if (newest == newest_.end()) {
    newest_.emplace(at.node, event.hb_seq);
    return;
  }
  checked();
  if (event.hb_seq < newest->second) {
    violated(at.time, at.id,
             std::string(at.node) + " took a grant for heartbeat " +
                 std::to_string(event.hb_seq.value()) + " at " + in_words(at.time) +
                 ", after one for heartbeat " + std::to_string(newest->second.value()));
    return;
  }
  newest->second = event.hb_seq;
}

void LateOrders::on_removed(const GameRemoved& event, const SimEnvelope& at) {
  if (event.why == "ordered" && !event.epoch.none()) {
    // Nine tenths of the time by its own clock, which may run fast.
    removed_[{std::string(at.node), event.game}] = {
        .epoch = event.epoch, .remembered_until = at.time + limits_.tombstone_life / 10 * 9};
  }
}

void LateOrders::on_added(const GameAdded& event, const SimEnvelope& at) {
  const auto removal = removed_.find({std::string(at.node), event.game});
  if (removal == removed_.end() || event.epoch.none()) {
    return;
  }
  checked();
  if (event.epoch <= removal->second.epoch && at.time < removal->second.remembered_until) {
    violated(at.time, at.id,
             std::string(at.node) + " took " + event.game.str() + " with epoch " +
                 std::to_string(event.epoch.value()) + " at " + in_words(at.time) +
                 ", and had been told to give it up with epoch " +
                 std::to_string(removal->second.epoch.value()));
  }
}

void LateOrders::on_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  newest_.erase(event.node.str());
  std::erase_if(removed_, [&](const auto& entry) { return entry.first.first == event.node.str(); });
}

}  // namespace arbees::sim
