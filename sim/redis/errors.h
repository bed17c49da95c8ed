#pragma once

#include <string_view>

namespace arbees::sim::redis {

// Wordings several commands share.
inline constexpr std::string_view syntax_error = "ERR syntax error";
inline constexpr std::string_view not_an_integer = "ERR value is not an integer or out of range";

}  // namespace arbees::sim::redis
