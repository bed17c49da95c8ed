#pragma once

#include <string>
#include <string_view>

namespace arbees::wire {

// The existing system writes one sport as "nba" and as "NBA"; a few names of ours are compared as freely.

/// As we keep and send it. Only letters of ASCII change.
[[nodiscard]] inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower;
}

/// As the readers of start-up answers know it.
[[nodiscard]] inline std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return upper;
}

}  // namespace arbees::wire
