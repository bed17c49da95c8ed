#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arbees::sim {

/// A kind of service of the existing system that is no shard, as Redis and the orchestrator know it
/// (docs/wire.md, "Services"): it publishes how it is, and writes the same to a key. Its node has
/// its name.
struct ServiceKind {
  enum class Refused : std::uint8_t {
    goes_on,       ///< tries again with the next heartbeat
    falls_silent,  ///< its heartbeats end with the first error, though it works on (docs/wire.md)
  };
  std::string_view name;
  Refused when_refused;
  std::array<std::string_view, 3> checks;  ///< that pass; "": no more
};

inline constexpr std::array service_kinds{
    ServiceKind{"kalshi_monitor", ServiceKind::Refused::goes_on, {"redis_ok", "ws_ok"}},
    ServiceKind{
        "polymarket_monitor", ServiceKind::Refused::goes_on, {"redis_ok", "vpn_ok", "ws_ok"}},
    ServiceKind{"market_discovery_rust", ServiceKind::Refused::falls_silent, {"redis_ok"}},
};

[[nodiscard]] inline std::vector<std::string> service_names() {
  std::vector<std::string> names;
  for (const ServiceKind& kind : service_kinds) {
    names.emplace_back(kind.name);
  }
  return names;
}

/// Null if there is none of that name.
[[nodiscard]] inline const ServiceKind* find_service_kind(std::string_view name) {
  const auto* const found = std::ranges::find(service_kinds, name, &ServiceKind::name);
  return found == service_kinds.end() ? nullptr : found;
}

}  // namespace arbees::sim
