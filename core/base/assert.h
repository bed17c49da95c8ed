#pragma once

#include <source_location>
#include <string_view>

namespace arbees {

/// Called once when an assertion fails: `text` says what was expected. Must not return.
using AssertionReporter = void (*)(std::string_view text, const std::source_location& where);

/// Installs what a failed assertion calls before the process ends with exit code 70. The programs
/// install one that prints the tail of the events; without one the text goes nowhere.
void set_assertion_reporter(AssertionReporter reporter);

/// Ends the process: the state is not what the code believes, so nothing it would do next is safe.
[[noreturn]] void assertion_failed(std::string_view text, const std::source_location& where);

/// States what cannot be otherwise. Stays on in production; never used for input.
constexpr void ensure(bool holds, std::string_view text,
                      const std::source_location& where = std::source_location::current()) {
  if (!holds) [[unlikely]] {
    assertion_failed(text, where);
  }
}

}  // namespace arbees
