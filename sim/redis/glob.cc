#include "sim/redis/glob.h"

#include <algorithm>
#include <cstddef>

namespace arbees::sim::redis {
namespace {

/// One element of a pattern held against one byte.
struct Step {
  bool fits;
  std::size_t next;  ///< where the pattern goes on
};

/// The order of `char` differs between machines; the real server's is the signed one of x86-64.
bool within(char a, char b, char byte) {
  const auto one = static_cast<signed char>(a);
  const auto other = static_cast<signed char>(b);
  const auto value = static_cast<signed char>(byte);
  return std::min(one, other) <= value && value <= std::max(one, other);
}

/// A class; `at` is behind its opening bracket.
Step match_class(std::string_view pattern, std::size_t at, char byte) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) {
    ++at;
  }
  bool listed = false;
  while (at < pattern.size()) {
    const std::size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      listed = listed || pattern[at + 1] == byte;
      at += 2;
    } else if (pattern[at] == ']') {
      ++at;
      break;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      listed = listed || within(pattern[at], pattern[at + 2], byte);
      at += 3;
    } else {
      listed = listed || pattern[at] == byte;
      ++at;
    }
  }
  return {listed != negated, at};
}

/// Anything but a star.
Step match_one(std::string_view pattern, std::size_t at, char byte) {
  switch (pattern[at]) {
    case '?': return {true, at + 1};
    case '[': return match_class(pattern, at + 1, byte);
    case '\\':
      if (at + 1 < pattern.size()) {
        ++at;
      }
      break;
    default: break;
  }
  return {pattern[at] == byte, at + 1};
}

std::size_t behind_stars(std::string_view pattern, std::size_t at) {
  return std::min(pattern.find_first_not_of('*', at), pattern.size());
}

constexpr int most_stars = 1'000;

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  if (text.empty()) {
    return pattern.empty();
  }
  // Only the last star ever needs to take more: whatever an earlier one could give up, it can as
  // well.
  std::size_t at = 0;
  std::size_t read = 0;
  std::size_t retry_at = std::string_view::npos;  // behind the last star
  std::size_t retry_read = 0;
  int stars = 0;
  while (read < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      at = behind_stars(pattern, at);
      if (at == pattern.size()) {
        return true;
      }
      if (++stars > most_stars) {
        return false;
      }
      retry_at = at;
      retry_read = read;
      continue;
    }
    if (at < pattern.size()) {
      const Step step = match_one(pattern, at, text[read]);
      if (step.fits) {
        at = step.next;
        ++read;
        continue;
      }
    }
    if (retry_at == std::string_view::npos) {
      return false;
    }
    at = retry_at;
    read = ++retry_read;
  }
  return behind_stars(pattern, at) == pattern.size();
}

}  // namespace arbees::sim::redis
