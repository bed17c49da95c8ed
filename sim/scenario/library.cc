#include "sim/scenario/library.h"

#include <algorithm>
#include <fstream>

namespace arbees::sim {
namespace {

namespace fs = std::filesystem;

/// Reads a file, but never more than a document may have: enough to refuse it by its length.
std::expected<std::string, std::string> read_file(const fs::path& file) {
  std::error_code error;
  if (fs::is_directory(file, error)) {
    return std::unexpected(file.string() + " is a folder; expected a scenario file");
  }
  std::ifstream in(file, std::ios::binary);
  std::string text(longest_document + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) {
    return std::unexpected(file.string() + " cannot be read; does it exist, and may you read it?");
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

/// The folder of policies that belongs to a file: the nearest one up the tree.
fs::path policies_folder(const fs::path& file, const fs::path& root) {
  std::error_code error;
  fs::path folder = fs::absolute(file, error).parent_path();
  for (int up = 0; up < 3; ++up, folder = folder.parent_path()) {
    if (fs::is_directory(folder / "policies", error)) {
      return folder / "policies";
    }
  }
  return root / "policies";
}

}  // namespace

std::vector<fs::path> ScenarioLibrary::files() const {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator at(root_, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_directory() && at->path().filename() == "policies") {
      at.disable_recursion_pending();
    } else if (at.depth() > 0 && at->path().extension() == ".json" && at->is_regular_file()) {
      found.push_back(at->path());
    }
  }
  std::ranges::sort(found);
  return found;
}

std::expected<fs::path, std::string> ScenarioLibrary::find(std::string_view name) const {
  std::vector<std::string> words;
  std::vector<fs::path> begins;
  for (const fs::path& file : files()) {
    words.push_back(file.stem().string());
    if (words.back() == name) {
      return file;
    }
    if (!name.empty() && words.back().starts_with(name)) {
      begins.push_back(file);
    }
  }
  if (begins.size() == 1) {
    return begins.front();
  }
  if (begins.size() > 1) {
    return std::unexpected("several scenarios begin with " + in_quotes(name) + ": " +
                           begins[0].stem().string() + ", " + begins[1].stem().string() +
                           (begins.size() > 2 ? ", ..." : ""));
  }
  if (words.empty()) {
    return std::unexpected("there are no scenarios in " + root_.string() +
                           "; name their folder with --scenarios");
  }
  return std::unexpected(unknown_word("scenario", name, words));
}

std::expected<PolicyFiles, std::string> ScenarioLibrary::policies_for(const fs::path& file) const {
  PolicyFiles policies;
  const fs::path folder = policies_folder(file, root_);
  for (const std::string& name : policy_names()) {
    const fs::path policy = folder / (name + ".json");
    std::error_code error;
    if (!fs::exists(policy, error)) {
      continue;
    }
    const auto text = read_file(policy);
    if (!text) {
      return std::unexpected(text.error());
    }
    auto read = read_policy_file(*text);
    if (!read) {
      return std::unexpected(problem_text(policy.string(), read.error()));
    }
    policies.emplace(name, std::move(*read));
  }
  return policies;
}

std::expected<void, std::string> require_policy(const LoadedScenario& loaded,
                                                const std::string& policy) {
  if (loaded.scenario.policy(policy) == nullptr) {
    return std::unexpected("--policy: " + loaded.scenario.name + " says nothing about " + policy +
                           "; its policies are in " + loaded.file.string());
  }
  return {};
}

std::string shell_word(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./@%+=:,-";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
    return word;
  }
  std::string quoted = "'";
  for (const char c : word) {
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return quoted + "'";
}

std::expected<LoadedScenario, std::string> ScenarioLibrary::load(
    std::string_view name_or_path) const {
  fs::path file(name_or_path);
  if (name_or_path.find('/') == std::string_view::npos && !name_or_path.ends_with(".json")) {
    auto found = find(name_or_path);
    if (!found) {
      return std::unexpected(found.error());
    }
    file = std::move(*found);
  }
  auto text = read_file(file);
  if (!text) {
    return std::unexpected(text.error());
  }
  auto policies = policies_for(file);
  if (!policies) {
    return std::unexpected(policies.error());
  }
  auto scenario = read_scenario(*text, *policies);
  if (!scenario) {
    return std::unexpected(problem_text(file.string(), scenario.error()));
  }
  if (scenario->name != file.stem().string()) {
    return std::unexpected(file.string() + ": /name: the scenario is called \"" + scenario->name +
                           "\"; expected \"" + file.stem().string() + "\", as its file");
  }
  LoadedScenario loaded{std::move(file), std::move(*scenario), std::move(*text),
                        std::move(*policies)};
  if (loaded.scenario.swarm && loaded.scenario.swarm->echoes) {
    auto echoes = echoes_of(loaded);
    if (!echoes) {
      return std::unexpected(echoes.error());
    }
    loaded.echoed = std::make_shared<const std::vector<LoadedScenario>>(*std::move(echoes));
  }
  return loaded;
}

std::expected<std::vector<LoadedScenario>, std::string> ScenarioLibrary::echoes_of(
    const LoadedScenario& profile) const {
  const std::vector<fs::path> all = files();
  const std::vector<std::string>& folders = profile.scenario.swarm->echoes->folders;
  std::vector<LoadedScenario> echoes;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const std::size_t before = echoes.size();
    for (const fs::path& file : all) {
      if (file.parent_path() != root_ / folders[i]) {
        continue;
      }
      auto loaded = load(file.string());
      if (!loaded) {
        return std::unexpected(loaded.error());
      }
      const PolicySpec* hardened = loaded->scenario.policy(hardened_policy);
      if (hardened != nullptr && hardened->violates.empty() && hardened->may_violate.empty() &&
          !loaded->scenario.swarm) {
        echoes.push_back(*std::move(loaded));
      }
    }
    if (echoes.size() == before) {
      return std::unexpected(
          profile.file.string() + ": /swarm/echoes/scenarios/" + std::to_string(i) +
          ": there is nothing to echo in " + (root_ / folders[i]).string() +
          "; name the folder of the library with --scenarios, or a folder in it");
    }
  }
  return echoes;
}

}  // namespace arbees::sim
