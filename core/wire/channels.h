#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/ids.h"

namespace arbees::wire {

// The channels of the existing system (docs/wire.md, "Channels").
inline constexpr std::string_view heartbeat_pattern = "shard:*:heartbeat";
inline constexpr std::string_view services_channel = "health:heartbeats";
inline constexpr std::string_view service_health_channel = "notifications:service_health";
inline constexpr std::string_view service_resync_channel = "notifications:service_resync";
inline constexpr std::string_view degradation_channel = "notifications:degradation";
inline constexpr std::string_view circuit_breaker_channel = "notifications:circuit_breaker";
inline constexpr std::string_view critical_alerts_channel = "alerts:critical";
inline constexpr std::string_view operator_events_channel = "notification:events";
inline constexpr std::string_view market_assignments_channel = "orchestrator:market_assignments";
/// Ours: who owns which game, for consumers of signals.
inline constexpr std::string_view ownership_channel = "orchestrator:ownership";
inline constexpr std::string_view startup_request_channel = "orchestrator:startup_state_request";
inline constexpr std::string_view startup_response_prefix = "orchestrator:startup_state_response:";

[[nodiscard]] inline std::string heartbeat_channel(const ShardId& shard) {
  return "shard:" + shard.str() + ":heartbeat";
}

/// Whether `channel` is that of this shard; for each beat, so that no name is made to compare with.
[[nodiscard]] inline bool is_heartbeat_channel(std::string_view channel, const ShardId& shard) {
  constexpr std::string_view prefix = "shard:";
  constexpr std::string_view suffix = ":heartbeat";
  return channel.size() == prefix.size() + shard.str().size() + suffix.size() &&
         channel.starts_with(prefix) && channel.ends_with(suffix) &&
         channel.substr(prefix.size(), shard.str().size()) == shard.str();
}

[[nodiscard]] inline std::string command_channel(const ShardId& shard) {
  return "shard:" + shard.str() + ":command";
}

/// Our probe travels the way of real beats: same pattern, same connection (ownership.md 4.10). No
/// shard may be called like this.
inline constexpr std::string_view canary_prefix = "shard:_canary-";
inline constexpr std::string_view heartbeat_suffix = ":heartbeat";

[[nodiscard]] inline std::string canary_channel(const InstanceId& instance) {
  return std::string(canary_prefix) + instance.str() + std::string(heartbeat_suffix);
}

/// The instance whose canary travels on this channel, or nothing for a shard's channel.
[[nodiscard]] inline std::optional<InstanceId> canary_of(std::string_view channel) {
  if (!channel.starts_with(canary_prefix) || !channel.ends_with(heartbeat_suffix)) {
    return std::nullopt;
  }
  channel.remove_prefix(canary_prefix.size());
  channel.remove_suffix(heartbeat_suffix.size());
  return InstanceId(channel);
}

}  // namespace arbees::wire
