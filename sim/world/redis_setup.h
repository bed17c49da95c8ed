#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/time.h"
#include "core/ports/transport.h"

namespace arbees::sim {

struct RedisSetup {
  std::uint16_t port = 6379;
  std::optional<Endpoint> replica_of = {};  ///< at its first start; none: it is a master
};

inline constexpr std::uint16_t sentinel_port = 26'379;

/// What a sentinel's file says at its first start.
struct SentinelSetup {
  std::string master_name;
  Endpoint master;
  unsigned quorum = 2;
  Duration down_after = seconds{5};
  Duration failover_timeout = seconds{30};
};

}  // namespace arbees::sim
