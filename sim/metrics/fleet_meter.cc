#include "sim/metrics/fleet_meter.h"

#include <algorithm>

namespace arbees::sim {

FleetMeter::FleetMeter(const Limits& limits, SignalMeter& signals)
    : limits_(limits), signals_(signals) {
  listen<&FleetMeter::on_beat_sent>();
  listen<&FleetMeter::on_beat_heard>();
  listen<&FleetMeter::on_beat_ignored>();
  listen<&FleetMeter::on_died>();
  listen<&FleetMeter::on_fault>();
  listen<&FleetMeter::on_assigned>();
  listen<&FleetMeter::on_command>();
  listen<&FleetMeter::on_acknowledged>();
  listen<&FleetMeter::on_fenced>();
  listen<&FleetMeter::on_unfenced>();
  listen<&FleetMeter::on_ended>();
  listen<&FleetMeter::on_raised>();
  listen<&FleetMeter::on_resolved>();
}

void FleetMeter::on_beat_sent(const HeartbeatSent& event, const SimEnvelope& at) {
  Sent& sent = beats_[{event.shard, event.hb_seq}];
  ++sent.open;
  sent.last = at.time;
}

void FleetMeter::on_beat_heard(const HeartbeatHeard& event, const SimEnvelope& at) {
  ++heartbeats_heard_;
  last_heard_[event.shard] = at.time;
  arrived(event.shard, event.hb_seq);
}

void FleetMeter::on_beat_ignored(const HeartbeatIgnored& event, const SimEnvelope& /*at*/) {
  arrived(event.shard, event.hb_seq);
}

void FleetMeter::arrived(const ShardId& shard, HeartbeatSeq seq) {
  const auto sent = beats_.find({shard, seq});
  if (sent != beats_.end() && --sent->second.open == 0) {
    beats_.erase(sent);
  }
}

void FleetMeter::on_died(const ShardDied& event, const SimEnvelope& at) {
  const auto heard = last_heard_.find(event.shard);
  if (heard != last_heard_.end()) {
    detection_ = std::max(detection_.value_or(Duration{}), at.time - heard->second);
    for (const GameId& game : event.games) {
      orphaned_.emplace(game, heard->second);
      to_reassign_.emplace(game, at.time);
    }
  }
}

void FleetMeter::on_fault(const FaultStarted& /*event*/, const SimEnvelope& at) {
  faults_.push_back(at.time);
}

void FleetMeter::on_assigned(const GameAssigned& event, const SimEnvelope& /*at*/) {
  if (event.reason == "dead" || event.reason == "deaf" || event.reason == "restarted") {
    affect(event.game);
  }
}

void FleetMeter::on_fenced(const GameFenced& event, const SimEnvelope& /*at*/) {
  if (event.why == "lease_over") {
    affect(event.game);
  }
}

void FleetMeter::affect(const GameId& game) {
  const std::optional<SimTime> last = signals_.last_emission(game);
  if (!last || affected_.contains(game)) {
    return;
  }
  const SimTime stopped = *last + limits_.signal_period * 3 / 2;
  const auto after = std::ranges::upper_bound(faults_, stopped);
  if (after != faults_.begin()) {
    affected_.emplace(game, *std::prev(after));
  }
}

void FleetMeter::on_command(const CommandSent& event, const SimEnvelope& at) {
  if (event.type != "add_game") {
    return;
  }
  if (const auto left = to_reassign_.extract(event.game)) {
    reassignment_ = std::max(reassignment_.value_or(Duration{}), at.time - left.mapped());
  }
}

void FleetMeter::on_acknowledged(const GameAcknowledged& event, const SimEnvelope& at) {
  if (const auto orphan = orphaned_.extract(event.game)) {
    takeover_ = std::max(takeover_.value_or(Duration{}), at.time - orphan.mapped());
  }
  recovered(event.game, at.time);
}

void FleetMeter::on_unfenced(const GameUnfenced& event, const SimEnvelope& at) {
  recovered(event.game, at.time);
}

void FleetMeter::recovered(const GameId& game, SimTime now) {
  const auto found = affected_.find(game);
  if (found != affected_.end()) {
    recovery_ = std::max(recovery_.value_or(Duration{}), now - found->second);
    affected_.erase(found);
  }
}

void FleetMeter::on_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  affected_.erase(event.game);
  orphaned_.erase(event.game);
  to_reassign_.erase(event.game);
}

void FleetMeter::on_raised(const AlertRaised& event, const SimEnvelope& at) {
  open_alerts_.push_back({.node = std::string(at.node), .place = alerts_.size()});
  alerts_.push_back({.type = event.type,
                     .subject = event.subject,
                     .raised = at.time.time_since_epoch(),
                     .resolved = std::nullopt});
}

void FleetMeter::on_resolved(const AlertResolved& event, const SimEnvelope& at) {
  const auto open = std::ranges::find_if(open_alerts_, [&](const OpenAlert& alert) {
    const AlertFigure& figure = alerts_[alert.place];
    return alert.node == at.node && figure.type == event.type && figure.subject == event.subject;
  });
  if (open != open_alerts_.end()) {
    alerts_[open->place].resolved = at.time.time_since_epoch();
    open_alerts_.erase(open);
  }
}

void FleetMeter::finish(SimTime end) {
  for (const auto& [key, sent] : beats_) {
    if (sent.last + seconds{1} <= end) {
      heartbeats_lost_ += sent.open;
    }
  }
}

void FleetMeter::report(RunMetrics& metrics) const {
  metrics.detection = detection_;
  metrics.takeover = takeover_;
  metrics.reassignment = reassignment_;
  metrics.heartbeats_heard = heartbeats_heard_;
  metrics.recovery = recovery_;
  metrics.heartbeats_lost = heartbeats_lost_;
  metrics.alerts = alerts_;
}

}  // namespace arbees::sim
