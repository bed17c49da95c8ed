#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/requests.h"

namespace arbees::testing {

/// One thing the model means to do otherwise.
struct IntendedDifference {
  std::string name;
  std::string command;  ///< a glob the words fit, in lower case, with blanks between them
  std::string model;    ///< a glob the model's reply fits
  std::string real;     ///< a glob the real server's reply fits
  std::string reason;
  bool fewer = false;  ///< every element of the model's array must be among the real server's
  std::vector<std::vector<std::string>> example;  ///< commands, the last of which shows it
};

/// All of them, from tests/conformance/intended_differences.json. Throws std::runtime_error if the
/// file is not as it should be.
[[nodiscard]] std::vector<IntendedDifference> load_intended_differences();

/// The first of them that covers these replies; null if none does.
[[nodiscard]] const IntendedDifference* find_difference(
    const std::vector<IntendedDifference>& differences, const TypedCommand& command,
    std::string_view model, std::string_view real);

}  // namespace arbees::testing
