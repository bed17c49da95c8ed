#include "sim/scenario/fault_examples.h"

#include <algorithm>
#include <compare>
#include <set>

namespace arbees::sim {
namespace {

/// What makes a scenario an example of a kind: the least of these is the best one.
struct Rank {
  bool named_otherwise;
  std::size_t folder;
  std::size_t other_kinds;
  std::size_t faults;
  std::string name;

  auto operator<=>(const Rank&) const = default;
};

std::size_t order_of_folder(const std::string& folder) {
  return folder == "faults" ? 0 : folder == "incidents" ? 1 : 2;
}

/// "redis_down" is what "02-redis-down" is named after.
bool is_named_after(const std::string& scenario, std::string_view kind) {
  std::string word(kind);
  std::ranges::replace(word, '_', '-');
  return scenario.find(word) != std::string::npos;
}

std::set<FaultKind> kinds_of(const Scenario& scenario) {
  std::set<FaultKind> kinds;
  for (const FaultSpec& fault : scenario.faults) {
    kinds.insert(fault.kind);
  }
  return kinds;
}

}  // namespace

std::expected<std::map<FaultKind, std::string>, std::string> fault_examples(
    const ScenarioLibrary& library) {
  std::map<FaultKind, Rank> best;
  for (const auto& file : library.files()) {
    const auto loaded = library.load(file.string());
    if (!loaded) {
      return std::unexpected(loaded.error());
    }
    const Scenario& scenario = loaded->scenario;
    const std::string folder = file.parent_path().filename().string();
    const std::set<FaultKind> kinds = kinds_of(scenario);
    for (const FaultKind kind : kinds) {
      Rank rank{.named_otherwise = !is_named_after(scenario.name, fault_row(kind).name),
                .folder = order_of_folder(folder),
                .other_kinds = kinds.size() - 1,
                .faults = scenario.faults.size(),
                .name = folder + "/" + scenario.name};
      const auto [known, added] = best.try_emplace(kind, rank);
      if (rank < known->second) {
        known->second = std::move(rank);
      }
    }
  }
  std::map<FaultKind, std::string> examples;
  for (auto& [kind, rank] : best) {
    examples.emplace(kind, std::move(rank.name));
  }
  return examples;
}

}  // namespace arbees::sim
