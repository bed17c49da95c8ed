#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "tests/conformance/requests.h"
#include "tests/conformance/sessions.h"

namespace arbees::testing {

/// Connections of a case, besides Twins::control.
inline constexpr std::size_t publisher = 1;
inline constexpr std::size_t listener = 2;
inline constexpr std::size_t first_tried = 3;
inline constexpr std::size_t connections_of_a_case = 5;

/// Some commands sent in one go on one connection.
struct Step {
  std::size_t connection;
  std::vector<TypedCommand> commands;
  std::vector<unsigned> cuts;
};
std::ostream& operator<<(std::ostream& out, const Step& step);

/// Random steps that try each command of the model's table about `tries` times on connections in the
/// given state, while others listen and publish. The same seed, the same steps.
[[nodiscard]] std::vector<Step> draw_case(ClientState state, std::size_t tries, std::uint64_t seed);

}  // namespace arbees::testing
