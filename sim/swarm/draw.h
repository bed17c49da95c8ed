#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/engine/stream.h"
#include "sim/scenario/document.h"
#include "sim/scenario/library.h"

namespace arbees::sim {

/// A kind of fault that is on in one run.
struct SwarmKind {
  const FaultRow* row;
  std::uint64_t weight;  ///< beside those of the other kinds that are on
};

/// A game of one run.
struct SwarmGame {
  Duration from{};
  std::optional<Duration> until;
  std::optional<Duration> again;  ///< when it goes on after all
};

/// After it becomes live, a game has an owner by then.
inline constexpr Duration placed_within = seconds{3};

/// Everything that a seed draws of a profile.
struct SwarmDraw {
  std::uint64_t seed = 0;
  std::uint64_t mutation = 0;
  std::uint64_t shards = 1;
  std::uint64_t old_wire = 0;  ///< so many of them, the first ones, are of the existing system
  std::vector<SwarmGame> games;
  DurationRange latency;
  std::vector<SwarmKind> kinds;  ///< the others are fully off
  Duration stable{};  ///< a part of the fleet that has healed stays whole at least so long
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<Value> episodes;  ///< as objects of a scenario file
  std::vector<std::string> services;
  std::vector<Value> orders;         ///< of operators, likewise
  std::vector<std::string> refused;  ///< what the policy did not allow, and why
};

/// Draws a run of a profile: the only place where a swarm draws anything. `mutation` above 0: a neighbour of
/// the run of that seed (mutate.h).
[[nodiscard]] SwarmDraw draw_swarm(const LoadedScenario& profile, std::uint64_t seed,
                                   std::uint64_t mutation = 0);

/// All of it, for people.
[[nodiscard]] std::string swarm_text(const SwarmDraw& draw);

}  // namespace arbees::sim
