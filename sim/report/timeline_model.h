#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/report/bands.h"
#include "sim/report/event_file.h"

namespace arbees::sim {

/// What a timeline shows, before anybody draws it: page and picture are made from the same lanes.
struct TimelineModel {
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
  std::vector<std::string> nodes;  ///< in the order of their lanes
  std::vector<std::string>
      owners;  ///< the shards that appear in game lanes; the index is their colour
  std::vector<Lane> lanes;
};

/// Reads the lanes out of the events. Knows events and fields by name alone, so that a file of another
/// version shows what it can.
[[nodiscard]] TimelineModel make_timeline_model(const EventFile& file);

}  // namespace arbees::sim
