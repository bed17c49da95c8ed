#pragma once

#include <optional>
#include <string_view>

#include "core/orchestrator/fleet.h"
#include "core/orchestrator/voice.h"

namespace arbees {

/// Brings commands to shards: numbered, acknowledged, resent, and named when they stay unanswered.
class Delivery {
 public:
  Delivery(Ports& ports, const OrchestratorSettings& settings, Voice& voice)
      : ports_(ports), settings_(settings), voice_(voice) {}

  void issue(Shard& shard, Order order, MonoTime first_attempt, EventId cause);
  /// Sends what is due, and raises an alert for what stays unacknowledged too long.
  void send_due(Fleet& fleet, MonoTime now);
  void on_published(Fleet& fleet, const redis::PublicationResult& result);
  [[nodiscard]] std::optional<MonoTime> deadline(const Fleet& fleet) const;

  /// The command is over: `how` as in CommandEnded.
  void settle(Shard& shard, CommandSeq seq, std::string_view how, EventId cause);
  void abandon_all(Shard& shard, std::string_view how, EventId cause);

 private:
  void alert_unacknowledged(Shard& shard, MonoTime now);
  void ended(const Shard& shard, const PendingCommand& command, std::string_view how,
             EventId cause);

  Ports& ports_;
  const OrchestratorSettings& settings_;
  Voice& voice_;
};

}  // namespace arbees
