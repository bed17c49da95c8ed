#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/alerts/events.h"
#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/listener.h"
#include "sim/metrics/metrics.h"
#include "sim/metrics/signal_meter.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// Measures how a fleet takes its faults.
///
/// - *Detection*: from the last HeartbeatHeard of a shard to its ShardDied; the longest.
/// - *Takeover*: from the last HeartbeatHeard of a shard that died to the GameAcknowledged of each of its games;
///   the longest.
/// - *Reassignment*: from ShardDied to the first add_game of each of its games; the longest.
/// - *Recovery*: a game is affected when it is assigned anew because its shard was dead, deaf or
///   restarted, or when its owner's lease ran out. The fault that did it is the last one to start before
///   its rightful signals stopped (or within a period and a half). From its start to the game's next
///   GameAcknowledged, or GameUnfenced where it kept its owner; the longest.
/// - *Heartbeats lost*: sent, and never heard nor ignored, without those of the last second of the run.
class FleetMeter final : public Listener {
 public:
  /// Both must outlive it; `signals` must be told of each event before it.
  FleetMeter(const Limits& limits, SignalMeter& signals);

  void finish(SimTime end) override;
  /// Fills in what it measured. After `finish`.
  void report(RunMetrics& metrics) const;

 private:
  struct Sent {
    std::uint64_t open = 0;  ///< of this number; two processes may share a shard id
    SimTime last{};
  };
  struct OpenAlert {
    std::string node;
    std::size_t place;  ///< in `alerts_`
  };

  void on_beat_sent(const HeartbeatSent& event, const SimEnvelope& at);
  void on_beat_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_beat_ignored(const HeartbeatIgnored& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_fault(const FaultStarted& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_command(const CommandSent& event, const SimEnvelope& at);
  void on_acknowledged(const GameAcknowledged& event, const SimEnvelope& at);
  void on_fenced(const GameFenced& event, const SimEnvelope& at);
  void on_unfenced(const GameUnfenced& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_raised(const AlertRaised& event, const SimEnvelope& at);
  void on_resolved(const AlertResolved& event, const SimEnvelope& at);

  void arrived(const ShardId& shard, HeartbeatSeq seq);
  void affect(const GameId& game);
  void recovered(const GameId& game, SimTime now);

  const Limits& limits_;
  SignalMeter& signals_;
  std::map<std::pair<ShardId, HeartbeatSeq>, Sent> beats_;
  std::map<ShardId, SimTime> last_heard_;
  std::vector<SimTime> faults_;            ///< starts, ordered
  std::map<GameId, SimTime> affected_;     ///< with the start of the fault
  std::map<GameId, SimTime> orphaned_;     ///< with the last heartbeat of its dead shard
  std::map<GameId, SimTime> to_reassign_;  ///< with the death of their shard
  std::vector<OpenAlert> open_alerts_;

  std::optional<Duration> detection_;
  std::optional<Duration> takeover_;
  std::optional<Duration> reassignment_;
  std::optional<Duration> recovery_;
  std::uint64_t heartbeats_heard_ = 0;
  std::uint64_t heartbeats_lost_ = 0;
  std::vector<AlertFigure> alerts_;
};

}  // namespace arbees::sim
