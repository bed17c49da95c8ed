#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "sim/swarm/seeded.h"
#include "tests/sim/support/scenario_library.h"

namespace arbees::sim {

/// What a search draws from: scenarios/swarm.
inline LoadedScenario profile(const std::string& name) {
  auto loaded = library().load((library().root() / "swarm" / (name + ".json")).string());
  EXPECT_TRUE(loaded.has_value()) << loaded.error();
  return std::move(*loaded);
}

}  // namespace arbees::sim
