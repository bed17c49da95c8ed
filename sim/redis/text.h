#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace arbees::sim::redis {

// Letters as the server compares them: ASCII, whatever the locale.

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; }

[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

inline constexpr std::size_t most_quoted = 128;

/// What an error quotes of an argument: the server takes it for a C string and shows `most` bytes of it.
[[nodiscard]] inline std::string_view quotable(std::string_view argument,
                                               std::size_t most = most_quoted) {
  return argument.substr(0, std::min(argument.find('\0'), most));
}

}  // namespace arbees::sim::redis
