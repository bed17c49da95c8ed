#pragma once

#include <vector>

#include "core/base/live_game.h"

namespace arbees {

/// Takes the complete list of live games whenever it may have changed.
class GameListener {
 public:
  virtual ~GameListener() = default;
  /// Replaces what was known: a game that is missing has ended.
  virtual void on_live_games(std::vector<LiveGame> games) = 0;
};

}  // namespace arbees
