#include "sim/invariants/beats_repeated.h"

#include "sim/invariants/words.h"

namespace arbees::sim {

BeatsRepeated::BeatsRepeated(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&BeatsRepeated::on_sent>();
  listen<&BeatsRepeated::on_granted>();
  listen<&BeatsRepeated::on_stopping>();
  listen<&BeatsRepeated::on_superseded>();
  listen<&BeatsRepeated::on_link_lost>();
  listen_each<&BeatsRepeated::on_fleet_event>(FleetEvents{});
}

void BeatsRepeated::on_sent(const HeartbeatSent& event, const SimEnvelope& at) {
  if (unanswered_.erase(std::string(at.node)) > 0 && event.why == "unanswered") {
    checked();
  }
  if (limits_.unanswered_repeat > Duration{} && bound_.contains(at.node) && !fleet_.slow(at.node) &&
      event.why != "stopping") {
    const SimTime due = at.time + limits_.by_node_clock(limits_.unanswered_repeat);
    unanswered_[std::string(at.node)] = {
        .shard = event.shard, .hb_seq = event.hb_seq, .due = due, .event = at.id};
    wake_after(due);
  }
}

void BeatsRepeated::on_granted(const GrantReceived& event, const SimEnvelope& at) {
  bound_[std::string(at.node)] = true;
  const auto beat = unanswered_.find(at.node);
  if (beat != unanswered_.end() && beat->second.hb_seq == event.hb_seq) {
    unanswered_.erase(beat);
  }
}

void BeatsRepeated::on_stopping(const ShardStopping& /*event*/, const SimEnvelope& at) {
  unanswered_.erase(std::string(at.node));
}

void BeatsRepeated::on_superseded(const ShardSuperseded& /*event*/, const SimEnvelope& at) {
  unanswered_.erase(std::string(at.node));
}

void BeatsRepeated::on_link_lost(const arbees::redis::LinkLost& event, const SimEnvelope& at) {
  if (event.role == arbees::redis::LinkRole::publisher) {
    unanswered_.erase(std::string(at.node));
  }
}

/// What happens to the fleet may delay a beat; the next one begins anew.
void BeatsRepeated::on_fleet_event(const SimEnvelope& at) {
  unanswered_.clear();
  if (const auto* started = at.event.get_if<NodeStarted>()) {
    bound_.erase(started->node.str());
  }
}

void BeatsRepeated::expired(SimTime moment) {
  for (auto entry = unanswered_.begin(); entry != unanswered_.end();) {
    const auto& [node, beat] = *entry;
    if (beat.due > moment) {
      wake_after(beat.due);
      ++entry;
      continue;
    }
    checked();
    violated(moment, beat.event,
             node + ": no grant has answered heartbeat " + std::to_string(beat.hb_seq.value()) +
                 ", and it was not repeated by " + in_words(moment));
    entry = unanswered_.erase(entry);
  }
}

}  // namespace arbees::sim
