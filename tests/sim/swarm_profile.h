#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "sim/swarm/seeded.h"

namespace arbees::sim {

inline const ScenarioLibrary& library() {
  static const ScenarioLibrary all(std::filesystem::path(ARBEES_SOURCE_DIR) / "scenarios");
  return all;
}

/// What a search draws from: scenarios/swarm.
inline LoadedScenario profile(const std::string& name) {
  auto loaded = library().load((library().root() / "swarm" / (name + ".json")).string());
  EXPECT_TRUE(loaded.has_value()) << loaded.error();
  return std::move(*loaded);
}

}  // namespace arbees::sim
