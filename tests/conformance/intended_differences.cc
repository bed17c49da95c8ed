#include "tests/conformance/intended_differences.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "sim/redis/glob.h"
#include "tests/conformance/resp_frames.h"
#include "tests/conformance/sessions.h"

namespace arbees::testing {
namespace {

bool all_among(std::string_view fewer, std::string_view more) {
  const std::vector<std::string> all = elements_of(more);
  return std::ranges::all_of(elements_of(fewer), [&](const std::string& element) {
    return std::ranges::find(all, element) != all.end();
  });
}

}  // namespace

std::vector<IntendedDifference> load_intended_differences() {
  const std::string path =
      std::string(ARBEES_SOURCE_DIR) + "/tests/conformance/intended_differences.json";
  std::ifstream file(path);
  try {
    std::vector<IntendedDifference> all;
    for (const nlohmann::json& entry : nlohmann::json::parse(file)) {
      all.push_back({entry.at("name"), entry.at("command"), entry.at("model"), entry.at("real"),
                     entry.at("reason"), entry.value("fewer", false), entry.at("example")});
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
        glob_matches(difference.real, real) && (!difference.fewer || all_among(model, real))) {
      return &difference;
    }
  }
  return nullptr;
}

}  // namespace arbees::testing
