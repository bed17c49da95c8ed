#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/health/shared_faults.h"
#include "core/orchestrator/fleet.h"
#include "core/orchestrator/voice.h"

namespace arbees {

/// Keeps what is known of the shards' health: takes in what happens to them, lets time pass over it, and
/// says what changed: events, notifications, alerts. What follows for games is the planner's to decide.
class HealthReports {
 public:
  HealthReports(Ports& ports, const OrchestratorSettings& settings, Voice& voice)
      : ports_(ports), settings_(settings), voice_(voice) {}

  /// A process of the shard is heard for the first time; `restarted`: it replaces another one.
  void joined(Shard& shard, bool restarted, EventId cause);
  /// A beat of its process. The change of status, if there is one, is the caller's to record.
  std::optional<StatusChange> heard(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void died(Shard& shard, EventId cause);
  /// It ended in order.
  void left(Shard& shard);
  void forgotten(const Shard& shard);

  /// Once for each command that failed; `why`: unanswered, not_running.
  void command_failed(Shard& shard, const std::string& why, EventId cause);
  void game_served(Shard& shard, EventId cause);
  /// Something that was said at `asked`, and is no game, is acknowledged.
  void answered(Shard& shard, MonoTime asked, EventId cause);

  /// Lets time pass. Returns the cause if a plan may come out differently now.
  std::optional<EventId> advance(Fleet& fleet, MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline(Fleet& fleet, MonoTime now) const;

  /// What most of the living shards suffer from.
  [[nodiscard]] const std::map<std::string, Spread>& shared() const { return shared_; }
  /// Why the games of a living shard should be elsewhere, if they should.
  [[nodiscard]] std::optional<LeaveReason> reason_to_leave(const Shard& shard, MonoTime now) const;

 private:
  void flapped(Shard& shard, EventId cause);
  void tell_breaker(Shard& shard, const std::optional<BreakerChange>& change,
                    const std::string& why, EventId cause);
  void breaker_closed(Shard& shard, const std::string& why, Duration not_closed, EventId cause);
  void alert_open_breaker(Shard& shard, MonoTime now);
  void end_unstable(Shard& shard, MonoTime now);
  /// False: nothing of the shard waits for time any more.
  bool pass_time(Shard& shard, MonoTime now);
  [[nodiscard]] std::optional<MonoTime> next(const Shard& shard, MonoTime now) const;
  void look_for_shared_faults(const Fleet& fleet, MonoTime now);
  void tell_leaving(Shard& shard, EventId cause, MonoTime now);
  void plan_changes(EventId cause) { plan_changed_ = plan_changed_.value_or(cause); }

  Ports& ports_;
  const OrchestratorSettings& settings_;
  Voice& voice_;
  std::set<ShardId> timed_;             ///< shards of which something waits for time: few
  std::map<ShardId, EventId> touched_;  ///< whose reason to leave may have changed, and by what
  std::optional<EventId> conditions_changed_;
  std::optional<EventId> plan_changed_;
  std::map<std::string, Spread> shared_;
  std::map<std::string, MonoTime> shared_since_;
  std::map<std::string, MonoTime> shared_until_;  ///< of those that are not shared any more
};

}  // namespace arbees
