#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/health/status.h"

namespace arbees {

/// What kind of program says how it stands: each has checks without which it cannot do its work.
enum class ServiceKind : std::uint8_t {
  game_shard,
  crypto_shard,
  polymarket_monitor,
  kalshi_monitor,
  other
};

/// By what a shard's heartbeats call its type.
[[nodiscard]] ServiceKind kind_of_shard(std::string_view shard_type);
/// By a service's own name.
[[nodiscard]] ServiceKind kind_of_service(std::string_view service);

/// What one heartbeat finds wrong with its sender, by the name of the check, and how bad it makes it
/// (degraded or unhealthy). Empty: all is well.
using Findings = std::map<std::string, Status>;

/// What a sender reports of itself and what its checks imply are two inputs of one judgement: in the
/// existing system they overwrite each other in turn, so that a shard whose ESPN is down flaps for ever
/// (M8). A failing check makes it degraded; one that its kind cannot do without, unhealthy. A word that
/// no check explains is a finding of its own.
///
/// Such a check that is missing among others counts as failing. Without any check the word alone counts,
/// and without both it is well: the oldest shards say neither.
[[nodiscard]] Findings findings_of(ServiceKind kind, std::string_view reported,
                                   const std::map<std::string, bool>& checks);

/// The names, separated by commas.
[[nodiscard]] std::string names_of(const Findings& findings);

}  // namespace arbees
