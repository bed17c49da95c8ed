#pragma once

#include <string>

#include "sim/cli/console.h"
#include "sim/cli/search_output.h"

namespace arbees::sim {

/// Shows what came out, and its exit code; the last line of a failure makes it again.
[[nodiscard]] ChaosExit conclude_search(const FinishedSearch& finished, bool json,
                                        bool expected_end, Console& console);

}  // namespace arbees::sim
