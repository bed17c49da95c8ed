#pragma once

#include <optional>
#include <set>
#include <string_view>

#include "core/orchestrator/fleet.h"
#include "core/orchestrator/health_reports.h"
#include "core/orchestrator/voice.h"

namespace arbees {

/// Brings commands to shards: numbered, acknowledged, resent, and named when they stay unanswered.
class Delivery {
 public:
  Delivery(Ports& ports, const OrchestratorSettings& settings, Voice& voice, HealthReports& health)
      : ports_(ports), settings_(settings), voice_(voice), health_(health) {}

  void issue(Shard& shard, Order order, MonoTime first_attempt, EventId cause);
  /// Sends what is due, if it can leave.
  void send_due(Fleet& fleet, MonoTime now);
  /// Raises an alert for each command that stays unacknowledged too long, whether it could leave or not.
  void alert_overdue(Fleet& fleet, MonoTime now);
  void on_published(Fleet& fleet, const redis::PublicationResult& result);
  /// When `send_due` has something to send next.
  [[nodiscard]] std::optional<MonoTime> next_send(const Fleet& fleet) const;
  /// When `alert_overdue` has something to say next.
  [[nodiscard]] std::optional<MonoTime> next_alert(const Fleet& fleet) const;

  /// The command is over: `how` as in CommandEnded.
  void settle(Shard& shard, CommandSeq seq, std::string_view how, EventId cause);
  void abandon_all(Shard& shard, std::string_view how, EventId cause);

  /// A beat was taken in: what it leaves unanswered for too long has failed.
  void judge_unanswered(Shard& shard, EventId heard);
  /// A game that the shard acknowledged is not in its later beats.
  void game_missing(Shard& shard, EventId heard);
  /// The shard runs a game that it was given.
  void game_served(Shard& shard, EventId heard);

 private:
  /// A command to a shard of the old wire names no process. While it is silent, who hears the command may be another
  /// than was meant, and would run a game under an epoch of its predecessor.
  [[nodiscard]] static bool waits_to_hear(const Shard& shard, MonoTime now);
  [[nodiscard]] bool overdue(const PendingCommand& command, MonoTime now) const;
  void ended(const Shard& shard, const PendingCommand& command, std::string_view how,
             EventId cause);

  /// Calls `visit` for each shard with unsettled commands.
  template <class Fleet_, class Visit>
  void each_busy(Fleet_& fleet, Visit visit) const;

  Ports& ports_;
  const OrchestratorSettings& settings_;
  Voice& voice_;
  HealthReports& health_;
  std::set<ShardId> busy_;  ///< shards with unsettled commands, and perhaps some without
};

}  // namespace arbees
