#pragma once

#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/wire/shard_message.h"

namespace arbees::wire {

/// From this epoch on the shard alone may emit for the game.
struct Ownership {
  GameId game;
  ShardId shard;  ///< empty: the game has ended, nobody may
  Epoch epoch;
};

/// Who may emit for which games, on `orchestrator:ownership`: for consumers, who refuse signals of anybody else
/// (ownership.md 2).
struct OwnershipNews {
  Office office;
  std::vector<Ownership> games;
  EventId cause;
};

[[nodiscard]] std::string encode(const OwnershipNews& news);

}  // namespace arbees::wire
