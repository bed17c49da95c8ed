#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace arbees::wire {

// What the orchestrator tells the rest of the system (contract.md 1.7, 1.8). Publisher and consumer of
// the existing system use different names for the same things, and the consumer ends when one of its
// own is missing: each message carries both.

/// Whom a message is about.
struct Subject {
  std::string service_type;  ///< game_shard, or the service's own name
  std::string instance_id;
};

[[nodiscard]] inline Subject shard_subject(const ShardId& shard) {
  return {"game_shard", shard.str()};
}

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
[[nodiscard]] std::string circuit_breaker_opened(const Subject& subject, const std::string& reason,
                                                 std::uint64_t failure_count, WallTime now);
[[nodiscard]] std::string circuit_breaker_closed(const Subject& subject, Duration was_open_for,
                                                 WallTime now);
/// For `alerts:critical`.
[[nodiscard]] std::string critical_alert(const std::string& alert_type, const std::string& context,
                                         bool resolved, WallTime now);
/// For `notification:events`, which the existing notification service delivers at once.
[[nodiscard]] std::string operator_error(const std::string& message, WallTime now);

}  // namespace arbees::wire
