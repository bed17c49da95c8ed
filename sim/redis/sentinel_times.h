#pragma once

#include <string_view>

#include "sim/engine/time.h"

// The fixed periods of redis-sentinel 7.0.

namespace arbees::sim::redis {

inline constexpr Duration ping_period = seconds{1};  ///< down_after, if that is shorter
inline constexpr Duration info_period = seconds{10};
inline constexpr Duration info_period_in_failover = seconds{1};
inline constexpr Duration hello_period = seconds{2};
inline constexpr Duration ask_period = seconds{1};
inline constexpr Duration least_link_age = seconds{15};  ///< before a silent link is opened anew
inline constexpr Duration role_change_wait = 4 * hello_period;
inline constexpr Duration election_timeout_max = seconds{10};
inline constexpr Duration replica_lead_timeout = seconds{10};
inline constexpr std::string_view hello_channel = "__sentinel__:hello";

}  // namespace arbees::sim::redis
