#pragma once

#include <cstdint>

#include "sim/scenario/scenario.h"
#include "sim/swarm/draw.h"

namespace arbees::sim {

/// Changes one to three episodes of a drawn run: brings one close to another, stretches, repeats, drops or
/// replaces it. What a run has shown that no other did, its neighbours may show more of. The policy holds for
/// what comes out. The same draw and number give the same change.
void mutate_schedule(SwarmDraw& draw, const Scenario& profile, std::uint64_t mutation);

}  // namespace arbees::sim
