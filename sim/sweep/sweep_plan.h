#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "sim/scenario/document.h"
#include "sim/search/job.h"

namespace arbees::sim {

struct SweepOptions {
  std::uint64_t seed = 1;
  Duration lasting = seconds{20};  ///< each added fault
  std::uint64_t pairs = 0;         ///< so many runs with two added faults, drawn
};

/// One fault after the other, added to a run at every moment in which something happened in it.
struct Sweep {
  std::vector<Duration> points;  ///< moments of the base run
  std::vector<Value> faults;     ///< of every kind and target; their `at` is set for each run
  std::string base_failure;      ///< what is wrong with the base run already; empty: nothing
  SearchPlan plan;               ///< the base run, then each point with each fault, then the pairs
};

/// Makes the base run and plans the others. Only invariants are judged: the expectations of the scenario are
/// about its own faults. `name` is how the user named the scenario.
[[nodiscard]] Sweep plan_sweep(std::shared_ptr<const LoadedScenario> loaded,
                               const std::string& policy, const std::string& name,
                               const SweepOptions& options);

}  // namespace arbees::sim
