#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "sim/cli/console.h"

namespace arbees::sim {

/// What `arbees-chaos serve-redis` was asked for.
struct ServeRedisOptions {
  std::string host = "127.0.0.1";
  std::optional<std::uint16_t> port;  ///< 0: a free one; none: no TCP
  std::string socket;                 ///< path; empty: no Unix socket
  std::size_t maxclients = 10'000;
  std::string password_file;  ///< its first line is the password; empty: none is needed
};

/// Serves the model of a Redis server on real sockets until SIGINT or SIGTERM. Says on stdout where it
/// listens, one line each ("port 6390", "socket PATH"), once it does; and at the end what was served.
[[nodiscard]] ChaosExit serve_redis(const ServeRedisOptions& options, Console& console);

}  // namespace arbees::sim
