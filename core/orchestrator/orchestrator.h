#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "core/assignment/planner.h"
#include "core/orchestrator/game_source.h"
#include "core/orchestrator/operator_order.h"
#include "core/orchestrator/settings.h"
#include "core/ports/ports.h"

namespace arbees {

/// Keeps every live game with exactly one shard, whatever fails (ownership.md).
///
/// Driven by its host: `start` once, then `on_live_games` whenever the list may have changed.
class Orchestrator : public Program, public GameListener {
 public:
  /// Does what an operator asks for, or says why it cannot be done. What must survive a restart does.
  virtual std::expected<void, std::string> obey(const OperatorOrder& order) = 0;
  /// What would be decided now, and why some games or shards are left out: a dry run.
  [[nodiscard]] virtual Plan plan() const = 0;
};

/// The orchestrator, the same in every world. `ports` must outlive it.
[[nodiscard]] std::unique_ptr<Orchestrator> make_orchestrator(Ports& ports,
                                                              const OrchestratorSettings& settings);

}  // namespace arbees
