#pragma once

#include <memory>
#include <vector>

#include "core/orchestrator/game_source.h"
#include "core/orchestrator/settings.h"
#include "core/ports/ports.h"

namespace arbees {

/// Keeps every live game with exactly one shard, whatever fails (ownership.md).
///
/// Driven by its host: `start` once, then `on_live_games` whenever the list may have changed.
class Orchestrator : public Program, public GameListener {};

/// The orchestrator, the same in every world. `ports` must outlive it.
[[nodiscard]] std::unique_ptr<Orchestrator> make_orchestrator(Ports& ports,
                                                              const OrchestratorSettings& settings);

}  // namespace arbees
