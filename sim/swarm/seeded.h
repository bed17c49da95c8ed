#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/scenario/library.h"

namespace arbees::sim {

/// A scenario as one seed has it: itself, or of a profile what the seed draws.
class SeededScenario {
 public:
  /// `scenario` must outlive this.
  SeededScenario(const LoadedScenario& scenario, std::uint64_t seed, std::uint64_t mutation = 0);

  [[nodiscard]] const LoadedScenario& loaded() const { return drawn_ ? *drawn_ : scenario_; }
  [[nodiscard]] const Scenario& scenario() const { return loaded().scenario; }
  /// What was drawn, in words; empty if nothing was.
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  const LoadedScenario& scenario_;
  std::optional<LoadedScenario> drawn_;
  std::string words_;
};

}  // namespace arbees::sim
