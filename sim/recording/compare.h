#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/runner/run.h"

namespace arbees::sim {

/// The first item in which two runs differ, as one of them has it.
struct DivergingItem {
  std::string words;   ///< "(end)" if the run is over before
  std::string event;   ///< the event, or for bytes the last event before them; empty: none
  std::string causes;  ///< what led to it, an event a line
};

/// Where two runs part.
struct Divergence {
  std::uint64_t item = 0;  ///< all items before this one are equal
  SimTime equal_until;
  /// None: further runs differed elsewhere or not at all, so the item cannot be shown.
  std::optional<DivergingItem> a;
  std::optional<DivergingItem> b;
};

/// Makes both runs and finds where they part, by bisecting their ladders and making both again with a record
/// of the stretch between two rungs. None: they are the same.
[[nodiscard]] std::optional<Divergence> compare_runs(const RunRequest& a, const RunRequest& b);

/// The same for two runs that were made already, of which `a` and `b` say how to make them again.
[[nodiscard]] std::optional<Divergence> locate_difference(const RunRequest& a, const Digest& of_a,
                                                          const RunRequest& b, const Digest& of_b);

[[nodiscard]] std::string divergence_text(const Divergence& divergence);

}  // namespace arbees::sim
