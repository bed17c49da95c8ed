#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/cli/console.h"
#include "sim/runner/run.h"

namespace arbees::sim {

/// A run with what only its program knows of it.
struct FinishedRun {
  RunResult result;
  std::int64_t wall_ns = 0;
  std::string timeline;  ///< path of the HTML page; empty: none was written
  std::string repro;     ///< the command that makes this run again
};

/// The widths of the columns that differ between calls.
struct TableColumns {
  std::size_t scenario = 8;
  std::size_t policy = 8;
  std::size_t seed = 4;
};

[[nodiscard]] std::string table_header(const TableColumns& columns);
/// One line for a run; for a failed one the failures follow.
[[nodiscard]] std::string table_row(const FinishedRun& run, const TableColumns& columns,
                                    const Console& console);

/// One object: the run itself if there is one run, else {"schema_version", "runs": […]}.
[[nodiscard]] std::string results_json(std::span<const FinishedRun> runs);

}  // namespace arbees::sim
