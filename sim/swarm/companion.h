#pragma once

#include <optional>

#include "sim/swarm/episode.h"

namespace arbees::sim {

/// An episode as an object of a scenario file, and when it goes on.
struct DrawnEpisode {
  Value fault;
  EpisodeTime time;
};

/// Some faults are felt only while another one goes on: a store that is locked by an orchestrator that starts,
/// a flood by a subscriber that does not read. Draws that one for an episode; none: it needs none, or is too
/// short for it.
[[nodiscard]] std::optional<DrawnEpisode> draw_companion(const Value& fault,
                                                         const EpisodeTime& time,
                                                         std::uint64_t shards, Stream& draws);

}  // namespace arbees::sim
