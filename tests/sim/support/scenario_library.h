#pragma once

#include <filesystem>

#include "sim/scenario/library.h"

namespace arbees::sim {

/// The scenarios of the project.
inline const ScenarioLibrary& library() {
  static const ScenarioLibrary all(std::filesystem::path(ARBEES_SOURCE_DIR) / "scenarios");
  return all;
}

}  // namespace arbees::sim
