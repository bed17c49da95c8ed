#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "sim/search/job.h"
#include "sim/search/results_file.h"
#include "sim/search/summary.h"

namespace arbees::sim {

/// One part of a search that several machines share: every `of`-th run, from number `part` (1 to `of`).
struct Partition {
  std::uint64_t part = 1;
  std::uint64_t of = 1;
};

/// "2/8"; none for anything else.
[[nodiscard]] std::optional<Partition> parse_partition(std::string_view text);

struct SearchOptions {
  unsigned workers = 1;
  Partition partition = {};
  std::uint64_t every_twice = 20;  ///< one run in so many is made twice and compared; 0: none
  /// Stops when less than one new pair of state and fault is expected in so many further runs; 0: never.
  std::uint64_t enough = 0;
  /// Ends with the first run that fails; of those that are under way then, each is finished, so that no run before it
  /// in the plan is missing.
  bool until_failure = false;
  std::function<bool()> stop = [] { return false; };  ///< time is up, or Ctrl-C
  std::function<void(const Summary&)> progress = [](const Summary&) {};
};

struct SearchOutcome {
  Summary summary;
  std::uint64_t made = 0;    ///< now; the others were in the file
  bool complete = false;     ///< every run of the plan was made
  bool saw_enough = false;   ///< ended by `enough`
  bool saw_failure = false;  ///< ended by `until_failure`
};

/// Makes all runs of a plan, but those that are in the file already. What `progress` is told, and what is
/// returned, is in the file.
[[nodiscard]] std::expected<SearchOutcome, std::string> search(const SearchPlan& plan,
                                                               const SearchOptions& options,
                                                               ResultsFile* file);

}  // namespace arbees::sim
