#pragma once

#include <string_view>

namespace arbees::sim {

/// What a shard of the existing system has for a lease mode when it says that it has started: it knows no leases, and says
/// nothing of its links.
inline constexpr std::string_view old_wire_lease_mode = "old wire";

}  // namespace arbees::sim
