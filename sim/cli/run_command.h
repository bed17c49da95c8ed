#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/cli/console.h"
#include "sim/cli/seeds.h"
#include "sim/runner/fault_schedule.h"
#include "sim/scenario/library.h"

namespace arbees::sim {

/// What `arbees-chaos run` was asked for.
struct RunOptions {
  std::vector<std::string> scenarios;  ///< names or paths; empty: all of the library
  SeedRange seeds;
  std::string policy;  ///< hardened, as-analysed or both
  ParameterChoices parameters;
  std::optional<Duration> duration;  ///< instead of the scenario's
  std::string extra_flags;           ///< as given, for the command that reproduces a run
  std::string report;                ///< folder; empty: no report
  std::string out;             ///< folder of failure files; empty: that of the reports, if any
  std::uint64_t mutation = 0;  ///< of what a seed draws of a swarm
  bool json = false;
  bool grid = false;
  bool verify = false;  ///< run everything twice and compare
};

/// Runs and judges. `interrupted` is asked between runs.
[[nodiscard]] ChaosExit run_command(const RunOptions& options, const ScenarioLibrary& library,
                                    Console& console, const std::function<bool()>& interrupted);

}  // namespace arbees::sim
