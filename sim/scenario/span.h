#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/engine/time.h"

namespace arbees::sim {

/// What a span of time looks like, for messages.
inline constexpr std::string_view span_form =
    "a number and its unit (us, ms, s, m or h), such as 20s, 1.5s or 250ms";

/// Reads "20s", "1.5s", "250ms", "10us", "3m", "1h", exactly. None for anything else.
[[nodiscard]] std::optional<Duration> parse_span(std::string_view text);

/// Reads one span, or two as "20s..30s" (the first not above the second).
[[nodiscard]] std::optional<DurationRange> parse_span_range(std::string_view text);

/// The span in the largest unit that keeps it at 1 or more: "60s", "1.5s".
[[nodiscard]] std::string span_text(Duration span);
/// "20s", or "20s..30s".
[[nodiscard]] std::string span_text(const DurationRange& range);

}  // namespace arbees::sim
