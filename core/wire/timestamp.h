#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace arbees::wire {

/// RFC 3339 in UTC with nanoseconds, as the existing services write it:
/// `2026-01-28T10:00:00.123456789+00:00`.
[[nodiscard]] std::string to_rfc3339(WallTime time);
/// The same with `Z` for `+00:00`, as the existing services write the times inside of lists.
[[nodiscard]] std::string to_rfc3339_zulu(WallTime time);

/// Reads what `to_rfc3339` writes, and what other services do: `Z` or an offset, any number of decimals, no
/// zone at all (UTC is meant). Nothing for anything else.
[[nodiscard]] std::optional<WallTime> parse_timestamp(std::string_view text);

}  // namespace arbees::wire
