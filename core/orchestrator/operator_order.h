#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace arbees {

/// What an operator can ask for.
enum class Verb : std::uint8_t {
  cordon,           ///< the shard gets no more games
  uncordon,         ///< it gets games again; also ends a drain
  drain,            ///< its games move away, and it gets none
  maintenance,      ///< it will be restarted: its silence alarms nobody, until it is back
  end_maintenance,  ///< it will not
  pause,            ///< nothing is moved, placed or removed; hearing, granting and alerts go on
  resume,
  resync,       ///< the shard gets all its games again, now
  move,         ///< one game goes to another shard
  release_hold  ///< the silent shards will not come back: their deaths wait no longer
};

inline constexpr std::size_t verb_count = 10;

inline constexpr std::array<std::string_view, verb_count> verb_names{
    "cordon", "uncordon", "drain",  "maintenance", "end_maintenance",
    "pause",  "resume",   "resync", "move",        "release_hold"};

[[nodiscard]] constexpr std::string_view to_string(Verb verb) {
  return verb_names[static_cast<std::size_t>(verb)];
}

/// One order. Who gives it and why are kept in the audit.
struct OperatorOrder {
  Verb verb;
  std::string who;
  std::string why;
  ShardId shard = {};  ///< of all but pause, resume, release_hold; of move: where to
  GameId game = {};    ///< of move
  std::optional<Duration> deadline = {};  ///< of drain: an alert when it is not over by then
};

}  // namespace arbees
