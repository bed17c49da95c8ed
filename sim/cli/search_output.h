#pragma once

#include <cstdint>
#include <string>

#include "sim/search/search.h"

namespace arbees::sim {

/// What a search came to, with what only its program knows.
struct FinishedSearch {
  bool made_anew =
      true;  ///< false: results that were there already, so nothing is said of how they were made
  SearchOutcome outcome = {};
  std::int64_t wall_ns = 0;
  std::uint64_t sweep_points = 0;  ///< of a sweep
  std::uint64_t sweep_faults = 0;
};

/// Tables for people.
[[nodiscard]] std::string search_text(const FinishedSearch& finished);
/// One object: runs, failures, coverage and figures of speed.
[[nodiscard]] std::string search_json(const FinishedSearch& finished);

}  // namespace arbees::sim
