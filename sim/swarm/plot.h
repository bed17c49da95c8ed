#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/swarm/additions.h"

namespace arbees::sim {

/// Settings by name.
using DrawnSettings = std::vector<std::pair<std::string, std::string>>;

/// In a share of the seeds, adds one sequence of faults and orders each of which shows nothing alone: who is late, away
/// or full at just that moment. Returns the settings without which it shows nothing either.
[[nodiscard]] DrawnSettings draw_plot(Additions& additions, Stream& draws);

/// In a share of the seeds, games that are final are in progress again, some of them before it is written down that they are over.
void draw_second_halves(Additions& additions, Stream& draws);

}  // namespace arbees::sim
