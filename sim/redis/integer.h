#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace arbees::sim::redis {

/// A signed 64-bit decimal as the server accepts it: the one spelling it would print itself. No
/// sign but a minus, no leading zero, no blanks, no "-0".
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

/// The number `text` begins with, as servers read what other servers say; 0 if it begins with none.
[[nodiscard]] std::uint64_t leading_number(std::string_view text);

}  // namespace arbees::sim::redis
