#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/time.h"
#include "sim/cli/console.h"

namespace arbees::sim {

struct ShrinkCommandOptions {
  std::string file;
  std::string output;
  std::optional<Duration> budget;  ///< real time
  bool json = false;
};

/// Shrinks a recorded failure and writes the scenario that is left. Exit codes: `ok`, `inconclusive` if it
/// was stopped before nothing could be left out any more, `not_reproduced`.
[[nodiscard]] ChaosExit shrink_command(const ShrinkCommandOptions& options, Console& console,
                                       const std::function<bool()>& interrupted);

}  // namespace arbees::sim
