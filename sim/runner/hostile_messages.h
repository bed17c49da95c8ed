#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/ports/entropy.h"
#include "sim/scenario/hostile_kind.h"

namespace arbees::sim {

/// A message on a channel.
struct HostileMessage {
  std::string channel;
  std::string payload;
};

/// The name of a shard that there is not.
inline constexpr std::string_view nobodys_name = "stranger";

/// Makes messages that nobody should publish, on the channels that our programs read.
class HostileMessages {
 public:
  /// `shards` is not empty: the fleet they are for, with its games. An impostor speaks in the name of `forged`.
  HostileMessages(std::vector<ShardId> shards, std::vector<GameId> games, ShardId forged)
      : shards_(std::move(shards)), games_(std::move(games)), forged_(std::move(forged)) {}

  /// One of that kind; none: there is nothing to say again yet.
  [[nodiscard]] std::optional<HostileMessage> make(HostileKind kind, Entropy& draws) const;
  /// What somebody else said may be said again. Remembers the last ones, but for large ones.
  void heard(HostileMessage message);

 private:
  static constexpr std::size_t remembered = 64;
  static constexpr std::size_t remembered_bytes = 64U << 10U;

  [[nodiscard]] std::vector<HostileMessage> choices(HostileKind kind, const ShardId& shard,
                                                    const GameId& game) const;
  [[nodiscard]] std::string impostors_beat() const;

  std::vector<ShardId> shards_;
  std::vector<GameId> games_;
  ShardId forged_;
  std::deque<HostileMessage> heard_;
};

}  // namespace arbees::sim
