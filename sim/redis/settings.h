#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/time.h"

namespace arbees::sim::redis {

/// How much may wait to be sent to one client: client-output-buffer-limit. Zero: any amount.
struct OutputLimit {
  std::size_t hard;   ///< bytes: the client goes at once
  std::size_t soft;   ///< bytes: the client goes when there were that many
  Duration soft_for;  ///< for longer than this
};

/// What the server is started with. The defaults are the real server's.
struct ServerSettings {
  unsigned databases = 16;
  std::size_t maxclients = 10'000;
  /// What may wait for clients that are no subscribers,
  OutputLimit normal_output{0, 0, seconds{0}};
  /// for replicas,
  OutputLimit replica_output{256U << 20U, 64U << 20U, seconds{60}};
  /// and for subscribers.
  OutputLimit subscriber_output{32U << 20U, 8U << 20U, seconds{60}};
  std::uint64_t maxmemory = 0;   ///< as CONFIG GET and INFO tell it; running out is a condition
  std::string requirepass = {};  ///< as CONFIG GET tells it; the default user has the password
  bool new_users_hear_everything = false;  ///< acl-pubsub-default allchannels
  /// Keys whose time is over go at the start of every turn, as the real server's background cycle
  /// sees to within moments. False: only when somebody looks (DEBUG SET-ACTIVE-EXPIRE 0).
  bool active_expiry = true;
};

}  // namespace arbees::sim::redis
