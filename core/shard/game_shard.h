#pragma once

#include <memory>

#include "core/ports/ports.h"
#include "core/shard/settings.h"

namespace arbees {

/// Watches the games it is given and emits signals for those it holds a fresh grant for
/// (ownership.md 3). `ports` must outlive it.
[[nodiscard]] std::unique_ptr<Program> make_game_shard(Ports& ports, const ShardSettings& settings);

}  // namespace arbees
