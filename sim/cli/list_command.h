#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/console.h"
#include "sim/scenario/library.h"

namespace arbees::sim {

/// What `arbees-chaos list` can show.
[[nodiscard]] const std::vector<std::string>& list_topics();

[[nodiscard]] ChaosExit list_command(std::string_view topic, bool json,
                                     const ScenarioLibrary& library, Console& console);

}  // namespace arbees::sim
