#pragma once

#include <memory>

#include "core/ports/dependencies.h"
#include "core/ports/ports.h"
#include "core/shard/settings.h"

namespace arbees {

/// Watches the games it is given and emits signals for those it holds a fresh grant for
/// (ownership.md 3). Each heartbeat says which of the `dependencies` do not work; without any, all do.
/// `ports` and `dependencies` must outlive it.
[[nodiscard]] std::unique_ptr<Program> make_game_shard(Ports& ports, const ShardSettings& settings,
                                                       const Dependencies* dependencies = nullptr);

}  // namespace arbees
