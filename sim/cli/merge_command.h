#pragma once

#include <string>
#include <vector>

#include "sim/cli/console.h"

namespace arbees::sim {

struct MergeOptions {
  std::string out;
  std::vector<std::string> parts;
  std::string junit;
  bool json = false;
};

/// Puts the results of the parts of one search into one file, and shows what they come to.
[[nodiscard]] ChaosExit merge_command(const MergeOptions& options, Console& console);

}  // namespace arbees::sim
