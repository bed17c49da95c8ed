#pragma once

#include "core/ports/transport.h"

namespace arbees::sim {

/// Where the Redis of a test's world listens.
inline const Endpoint redis_endpoint{Endpoint::Kind::tcp, "redis", 6379};

}  // namespace arbees::sim
