#pragma once

#include <cstddef>

namespace arbees::sim::redis {

/// What the server is started with. The defaults are the real server's.
struct ServerSettings {
  unsigned databases = 16;
  std::size_t maxclients = 10'000;
  /// Keys whose time is over go at the start of every turn, as the real server's background cycle
  /// sees to within moments. False: only when somebody looks (DEBUG SET-ACTIVE-EXPIRE 0).
  bool active_expiry = true;
};

}  // namespace arbees::sim::redis
