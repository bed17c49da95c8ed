#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "core/base/ids.h"

namespace arbees::wire {

/// A kind of service of the existing system: "kalshi_monitor", "signal_processor_rust".
using ServiceName = Name<struct ServiceNameTag>;
/// One running instance of it: mostly a host name.
using ServiceInstance = Name<struct ServiceInstanceTag>;

/// What monitors and other services say of themselves on `health:heartbeats` (docs/wire.md,
/// "Services"). Service and instance are required; for the instance its host is taken where it is
/// missing.
struct ServiceHeartbeat {
  ServiceName service;
  ServiceInstance instance;
  std::string status;      ///< starting, healthy, degraded, unhealthy, stopping, or empty
  std::string started_at;  ///< with or without a zone: compared as text
  std::map<std::string, bool> checks;
};

[[nodiscard]] std::expected<ServiceHeartbeat, std::string> decode_service_heartbeat(
    std::string_view message);

}  // namespace arbees::wire
