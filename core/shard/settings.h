#pragma once

#include <cstdint>
#include <string>

#include "core/alerts/settings.h"
#include "core/redis/bus.h"

namespace arbees {

/// What a shard does for a game it holds no valid grant for.
enum class LeaseMode : std::uint8_t {
  off,       ///< emits regardless: the existing system's behaviour
  suppress,  ///< keeps the game warm, emits nothing
  stop       ///< drops the game
};

[[nodiscard]] std::string_view to_string(LeaseMode mode);

/// What a game shard can be told (ownership.md 3 and 6).
struct ShardSettings {
  redis::BusSettings redis;
  AlertSettings alerts;
  ShardId id{"default_shard"};
  std::string type = "sports";
  std::string version = "dev";
  std::uint64_t max_games = 20;
  Duration heartbeat_interval = seconds{10};
  Duration unanswered_repeat = seconds{2};   ///< a beat no grant answers is repeated; 0: never
  Duration applied_gap = milliseconds{250};  ///< least time between beats sent because of commands
  LeaseMode lease_mode = LeaseMode::suppress;
  Duration tombstone_life = seconds{600};  ///< how long a removed (game, epoch) refuses late adds
  Duration signal_period = seconds{1};     ///< one synthetic signal per owned game
};

}  // namespace arbees
