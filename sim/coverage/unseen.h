#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace arbees::sim {

/// What runs have shown, and how much more there may be. Good, "The population frequencies of species and the
/// estimation of population parameters" (1953); Chao, "Estimating the population size for capture-recapture data
/// with unequal catchability" (1987): what was seen in one run alone tells how much was seen in none.
struct Unseen {
  std::uint64_t runs = 0;
  std::uint64_t seen = 0;   ///< different things
  std::uint64_t once = 0;   ///< of them, those that one run alone has shown
  std::uint64_t twice = 0;  ///< and those that two have

  /// New things expected in the next `further` runs, in thousandths. 0 runs made: unknown, so as many as
  /// there are runs.
  [[nodiscard]] std::uint64_t expected_new_milli(std::uint64_t further) const;
  /// Things that exist and were not seen: a lower bound.
  [[nodiscard]] std::uint64_t estimated_unseen() const;
};

/// Counts in how many runs each thing was seen.
class Sightings {
 public:
  void add(const std::string& thing) { ++runs_by_thing_[thing]; }
  void end_run() { ++runs_; }
  [[nodiscard]] Unseen unseen() const;
  [[nodiscard]] const std::map<std::string, std::uint64_t>& by_thing() const {
    return runs_by_thing_;
  }

 private:
  std::uint64_t runs_ = 0;
  std::map<std::string, std::uint64_t> runs_by_thing_;
};

}  // namespace arbees::sim
