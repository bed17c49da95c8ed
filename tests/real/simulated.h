#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sim/report/event_file.h"

namespace arbees::real {

/// A scenario of scenarios/real, for both worlds.
struct Incident {
  std::string name;
  std::map<std::string, std::string> settings;  ///< as environment variables
  std::vector<std::string> shards;
  std::vector<std::string> games;
  bool durable = false;                     ///< the orchestrators keep their state in one file
  std::filesystem::path store_folder = {};  ///< of that file; empty: that of the fleet
};

/// Throws std::runtime_error if the file is not there or wrong.
[[nodiscard]] Incident load_incident(const std::string& name);

/// Its events in the simulator.
[[nodiscard]] sim::EventFile simulate(const Incident& incident, std::uint64_t seed);

}  // namespace arbees::real
