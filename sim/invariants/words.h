#pragma once

#include <string>

#include "core/base/ids.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// A moment in seconds with milliseconds, rounded down: "70.300 s".
[[nodiscard]] std::string in_words(SimTime time);
/// A span in seconds with milliseconds, rounded down.
[[nodiscard]] std::string in_words(Duration span);
/// An incarnation: "shard-1 (boot 42)".
[[nodiscard]] std::string in_words(const ShardId& shard, Boot boot);

}  // namespace arbees::sim
