#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace arbees {

/// Reads a number of `unit`s with decimals, exactly: "0.5" seconds are 500,000,000 ns. Digits, at most
/// one point with digits on both sides; no sign, exponent, spaces or unit. None if the text is anything
/// else, if it means a fraction of a nanosecond, or beyond 292 years. `unit` is a power of ten of
/// nanoseconds.
[[nodiscard]] std::optional<Duration> parse_decimal(std::string_view text, Duration unit);

/// The shortest text that `parse_decimal` reads back to the same span. `span` must not be negative.
[[nodiscard]] std::string decimal_text(Duration span, Duration unit);

/// Reads an unsigned number: digits only. None if it is anything else or does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);

}  // namespace arbees
