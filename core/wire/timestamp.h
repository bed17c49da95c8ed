#pragma once

#include <string>

#include "core/base/time.h"

namespace arbees::wire {

/// RFC 3339 in UTC with nanoseconds, as the existing services write it:
/// `2026-01-28T10:00:00.123456789+00:00`.
[[nodiscard]] std::string to_rfc3339(WallTime time);

}  // namespace arbees::wire
