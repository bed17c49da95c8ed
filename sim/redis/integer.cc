#include "sim/redis/integer.h"

#include <charconv>
#include <cstdlib>
#include <string>

namespace arbees::sim::redis {

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text == "0") {
    return 0;
  }
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits.front() < '1' || digits.front() > '9') {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) {
    return std::nullopt;
  }
  return value;
}

std::uint64_t leading_number(std::string_view text) {
  return std::strtoull(std::string(text).c_str(), nullptr, 10);
}

}  // namespace arbees::sim::redis
