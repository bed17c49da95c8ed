#include "tests/conformance/intended_differences.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "sim/redis/glob.h"
#include "tests/conformance/sessions.h"

namespace arbees::testing {

std::vector<IntendedDifference> load_intended_differences() {
  const std::string path =
      std::string(ARBEES_SOURCE_DIR) + "/tests/conformance/intended_differences.json";
  std::ifstream file(path);
  try {
    std::vector<IntendedDifference> all;
    for (const nlohmann::json& entry : nlohmann::json::parse(file)) {
      all.push_back({entry.at("name"), entry.at("command"), entry.at("model"), entry.at("real"),
                     entry.at("reason"), entry.at("example")});
    }
    return all;
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
}

const IntendedDifference* find_difference(const std::vector<IntendedDifference>& differences,
                                          const TypedCommand& command, std::string_view model,
                                          std::string_view real) {
  using sim::redis::glob_matches;
  std::string words;
  for (const std::string& word : command.words) {
    words += (words.empty() ? "" : " ") + lower(word);
  }
  for (const IntendedDifference& difference : differences) {
    if (glob_matches(difference.command, words) && glob_matches(difference.model, model) &&
        glob_matches(difference.real, real)) {
      return &difference;
    }
  }
  return nullptr;
}

}  // namespace arbees::testing
