#pragma once

#include <string>
#include <vector>

#include "sim/cli/console.h"

namespace arbees::sim {

struct ReportOptions {
  std::vector<std::string> files;  ///< event files: of a run, or of the programs of a real fleet
  std::string base;                ///< what is written begins so: BASE.html, BASE.svg, BASE.txt
};

/// Makes the timeline of what event files tell, several of them as one story. Exit codes: `ok`, `unreadable`, `usage`
/// if it cannot be written.
[[nodiscard]] ChaosExit report_command(const ReportOptions& options, Console& console);

}  // namespace arbees::sim
