#pragma once

#include <span>
#include <string>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace arbees::wire {

/// A game got another owner, or its owner a new epoch.
struct OwnerChange {
  GameId game;
  ShardId shard;
  Epoch epoch;
  bool fenced;  ///< false: its signals carry no epoch, and count because it is named here
};

/// For `orchestrator:ownership`, which consumers of signals follow (ownership.md 2). A signal with an epoch is
/// judged by that; one without (old wire) counts as of the epoch under which its shard was named last.
///
/// Published once. Who may have missed some asks for all that is assigned (startup_state.h, `game_shard`).
[[nodiscard]] std::string owners_changed(std::span<const OwnerChange> changes, WallTime now,
                                         EventId cause);

}  // namespace arbees::wire
