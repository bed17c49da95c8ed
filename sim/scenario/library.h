#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.h"

namespace arbees::sim {

/// A scenario and the file it came from.
struct LoadedScenario {
  std::filesystem::path file;
  Scenario scenario;
  std::string text;      ///< of the file
  PolicyFiles policies;  ///< with which it was understood
};

/// The folder of scenario files: scenarios in its folders (the tiers), settings of policies in `policies`.
/// Errors are whole messages, with file and place.
class ScenarioLibrary {
 public:
  explicit ScenarioLibrary(std::filesystem::path root) : root_(std::move(root)) {}

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  /// Every scenario file of the folder, by path.
  [[nodiscard]] std::vector<std::filesystem::path> files() const;
  /// Loads a file by its path (with a slash or ending in .json), or one of `files` by its name or a
  /// beginning of it that no other shares.
  [[nodiscard]] std::expected<LoadedScenario, std::string> load(
      std::string_view name_or_path) const;

 private:
  [[nodiscard]] std::expected<std::filesystem::path, std::string> find(std::string_view name) const;
  [[nodiscard]] std::expected<PolicyFiles, std::string> policies_for(
      const std::filesystem::path& file) const;

  std::filesystem::path root_;
};

}  // namespace arbees::sim
