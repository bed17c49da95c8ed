#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "sim/cli/console.h"
#include "sim/cli/seeds.h"
#include "sim/scenario/library.h"
#include "sim/search/search.h"

namespace arbees::sim {

struct SearchCommandOptions {
  std::vector<std::string> scenarios;
  std::string policy;                  ///< hardened, as-analysed or both
  std::optional<SeedRange> seeds;      ///< none: from 1 on, while time lasts
  std::optional<Duration> budget;      ///< real time
  unsigned workers = 0;                ///< 0: one for each processor
  std::vector<std::string> swarms;     ///< profiles by name: lite, full, ...
  std::optional<Partition> partition;  ///< none: as a cluster scheduler says, if one does
  std::uint64_t every_twice = 20;
  std::uint64_t enough = 0;
  bool until_failure = false;
  std::string out;       ///< results file; empty: none
  std::string junit;     ///< file; empty: none
  std::string failures;  ///< folder of failure files; empty: none
  bool guided = false;
  bool sweep = false;
  Duration lasting = seconds{20};
  std::uint64_t pairs = 0;
  std::optional<std::uint64_t> index;  ///< this run alone
  bool json = false;
};

/// Searches seeds, or sweeps, for failures.
[[nodiscard]] ChaosExit search_command(const SearchCommandOptions& options,
                                       const ScenarioLibrary& library, Console& console,
                                       const std::function<bool()>& interrupted);

}  // namespace arbees::sim
