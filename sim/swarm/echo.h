#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/scenario/library.h"

namespace arbees::sim {

/// A run of a swarm that is an echo of a committed scenario: what went wrong once, as it might have come a little
/// differently. What is not where most draws lead (a copy of the store from before a move, and who got the game is cut off
/// when it is put back) has such neighbours, and each failure that became a scenario adds to them.
struct Echo {
  LoadedScenario loaded;
  std::string words;  ///< for people: of what, and how far from it
};

/// None: this seed draws a run of its own. `mutation` above 0: the same scenario, shaken otherwise.
///
/// The fleet, its settings and its faults are those of the scenario. Half of the echoes are the scenario as it was, at
/// another seed, and are judged by its own expectations as well as by the profile's. In the others, faults, orders and ends
/// of games come earlier or later, faults last for a shorter or longer time, and only what the profile expects is expected.
[[nodiscard]] std::optional<Echo> draw_echo(const LoadedScenario& profile, std::uint64_t seed,
                                            std::uint64_t mutation);

}  // namespace arbees::sim
