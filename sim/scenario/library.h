#pragma once

#include <expected>
#include <filesystem>
#include <memory>
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
  /// Of a profile of a swarm: what its runs may be echoes of.
  std::shared_ptr<const std::vector<LoadedScenario>> echoed = nullptr;
};

/// That it has something to say under this policy; the error says where its policies are.
[[nodiscard]] std::expected<void, std::string> require_policy(const LoadedScenario& loaded,
                                                              const std::string& policy);

/// A word as a shell takes it for one: in quotes where it needs them.
[[nodiscard]] std::string shell_word(const std::string& word);

/// The folder of scenario files: scenarios in its folders (the tiers), settings of policies in `policies`.
/// Errors are whole messages, with file and place.
class ScenarioLibrary {
 public:
  /// `named`: by the user; else it is where it is looked for anyway.
  explicit ScenarioLibrary(std::filesystem::path root, bool named = false)
      : root_(std::move(root)), named_(named) {}

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  /// What a command needs beside a name to find it here: nothing, unless the folder had to be named.
  [[nodiscard]] std::string flags() const {
    return named_ ? " --scenarios " + shell_word(root_.string()) : std::string();
  }
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
  [[nodiscard]] std::expected<std::vector<LoadedScenario>, std::string> echoes_of(
      const LoadedScenario& profile) const;

  std::filesystem::path root_;
  bool named_;
};

}  // namespace arbees::sim
