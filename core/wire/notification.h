#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace arbees::wire {

// What the orchestrator tells the rest of the system (docs/wire.md, "Notifications" and "Alerts").
// Publisher and consumer of the existing system use different names for the same things, and the
// consumer ends when one of its own is missing: each message carries both.

/// Whom a message is about.
struct Subject {
  std::string service_type;  ///< game_shard, kalshi_monitor, …, or its own name
  std::string instance_id;
};

[[nodiscard]] inline Subject shard_subject(const ShardId& shard) {
  return {"game_shard", shard.str()};
}

/// `process_id` may be empty: most services say none.
[[nodiscard]] std::string service_restarted(const Subject& subject, const std::string& process_id,
                                            const std::string& old_started_at,
                                            const std::string& new_started_at, WallTime now);
[[nodiscard]] std::string service_dead(const Subject& subject, WallTime last_heartbeat,
                                       const std::vector<GameId>& games, WallTime now);
[[nodiscard]] std::string service_recovered(const Subject& subject, Duration was_degraded_for,
                                            WallTime now);
[[nodiscard]] std::string service_degraded(const Subject& subject, const std::string& failed_checks,
                                           bool critical, WallTime now);
[[nodiscard]] std::string service_resync_complete(const Subject& subject,
                                                  std::uint64_t games_resent, Duration took,
                                                  WallTime now);
/// For `notifications:circuit_breaker`, as the next one.
[[nodiscard]] std::string circuit_breaker_opened(const Subject& subject, const std::string& reason,
                                                 std::uint64_t failures, WallTime now);
[[nodiscard]] std::string circuit_breaker_closed(const Subject& subject, Duration was_open_for,
                                                 WallTime now);
/// A message about alerts of one type, of which some began or ended together.
struct AlertNotice {
  std::string alert;       ///< our name of the type
  std::string alert_type;  ///< the existing system's, mostly the same
  std::string severity;    ///< warning, critical
  bool resolved = false;
  std::vector<std::string> subjects;
  std::string text;     ///< one sentence; empty when resolved
  std::string todo;     ///< the one next action; empty when resolved
  std::string runbook;  ///< where the documentation speaks of it
  Duration lasted{};
  std::uint64_t held_back = 0;
};

/// For `alerts:critical`. The first four fields and `timestamp` are those of the existing system.
[[nodiscard]] std::string critical_alert(const AlertNotice& notice, WallTime now);
/// For `notification:events`, which the existing notification service delivers at once: one line.
[[nodiscard]] std::string operator_message(const AlertNotice& notice, WallTime now);
/// For `alerts:critical`: alerting works, and so many alerts are open.
[[nodiscard]] std::string alerting_alive(std::uint64_t open, WallTime now);

}  // namespace arbees::wire
