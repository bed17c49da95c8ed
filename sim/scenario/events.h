#pragma once

#include "core/events/event.h"

namespace arbees::sim {

/// A live game of the scenario is over, whether or not an orchestrator is there to notice it.
struct GameOver {
  static constexpr std::string_view name = "game_over";
  static constexpr Severity severity = Severity::info;
  GameId game;

  void visit(FieldVisitor& v) const { v("game", game); }
};

}  // namespace arbees::sim
