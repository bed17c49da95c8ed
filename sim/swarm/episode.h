#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/engine/stream.h"
#include "sim/scenario/document.h"
#include "sim/scenario/fault_table.h"

namespace arbees::sim {

/// When one episode goes on.
struct EpisodeTime {
  Duration start{};
  Duration length{};
};

/// By then a store knows the shards: a copy that knows nothing warns nobody of them.
inline constexpr Duration fleet_is_stored = seconds{30};

/// When a drawn fault goes on; what it does not say is 0.
[[nodiscard]] EpisodeTime time_of(const Value& fault);

/// Draws a fault of a kind from the shape it has in scenario files, so that a new kind needs nothing here.
/// None: the shape asks for something that cannot be drawn without knowing what it is.
[[nodiscard]] std::optional<Value> draw_episode(const FaultRow& row, const std::string& name,
                                                const EpisodeTime& time, std::uint64_t shards,
                                                Stream& draws);

/// A drawn episode and the nodes it breaks.
struct PlannedEpisode {
  EpisodeTime time;
  std::vector<std::string> nodes;  ///< what is away or broken; of links, both sides are alive: none
  bool in_turns = false;           ///< one of them at a time
  bool cuts = false;               ///< of links: nobody is away, but somebody may not be heard
  bool forgets = false;  ///< the orchestrator's store goes back in time, or has a second future
  bool forges = false;   ///< a stranger says what it runs
};

/// So many shards of a fleet may be broken at once: the others can serve every game.
[[nodiscard]] std::uint64_t most_away(std::uint64_t shards);

/// Why an episode cannot be part of a run that must be survived, or empty. `stable` is how long a node that
/// has healed is left alone.
[[nodiscard]] std::string refusal(const PlannedEpisode& episode,
                                  std::span<const PlannedEpisode> others, Duration stable,
                                  std::uint64_t shards);

/// The episode as the policy sees it.
[[nodiscard]] PlannedEpisode planned(const Value& fault, const EpisodeTime& time,
                                     std::uint64_t shards);

/// A span from `least` to `most`; each order of magnitude is as likely as the others.
[[nodiscard]] Duration magnitude(Stream& draws, Duration least, Duration most);

}  // namespace arbees::sim
