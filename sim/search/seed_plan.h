#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/search/job.h"

namespace arbees::sim {

/// A scenario under one of its policies, as a search tries it.
struct SearchSubject {
  std::shared_ptr<const LoadedScenario> loaded;
  std::string policy;
  std::string name;  ///< as a command names it
};

/// Tells whether two scenarios, with the settings of their policies, are the same.
[[nodiscard]] std::string scenario_hash(const LoadedScenario& loaded);

/// Every seed from `first` to `last` (none: without end) of every subject, seed by seed; with so many mutations of the
/// schedule of each, where the subject is a profile.
[[nodiscard]] SearchPlan seed_plan(std::vector<SearchSubject> subjects, std::uint64_t first,
                                   std::optional<std::uint64_t> last, std::uint64_t mutations = 0);

}  // namespace arbees::sim
