#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/library.h"

namespace arbees::sim {

/// A document that was drawn, understood.
struct DrawnScenario {
  Scenario scenario;
  std::string text;
  std::vector<std::string> refused;  ///< faults that are not in it, and why
};

/// Reads a document whose faults from number `first` on were drawn. A shape says what a value may be alone; what it
/// may be beside others, only the reader knows: what it refuses is left out.
[[nodiscard]] DrawnScenario read_drawn(Value document, std::size_t first,
                                       const PolicyFiles& policies);

/// A scenario as one seed has it: itself, or of a profile what the seed draws.
class SeededScenario {
 public:
  /// `scenario` must outlive this.
  SeededScenario(const LoadedScenario& scenario, std::uint64_t seed, std::uint64_t mutation = 0);

  [[nodiscard]] const LoadedScenario& loaded() const { return drawn_ ? *drawn_ : scenario_; }
  [[nodiscard]] const Scenario& scenario() const { return loaded().scenario; }
  /// Of a profile: this seed draws no run of its own, but an echo of a committed scenario.
  [[nodiscard]] bool echoes() const { return echoes_; }
  /// What was drawn, in words; empty if nothing was.
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  const LoadedScenario& scenario_;
  std::optional<LoadedScenario> drawn_;
  std::string words_;
  bool echoes_ = false;
};

}  // namespace arbees::sim
