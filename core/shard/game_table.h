#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/live_game.h"
#include "core/base/time.h"

namespace arbees {

/// A game this shard watches.
struct RunningGame {
  LiveGame live;
  Epoch epoch;
  SignalSeq last_signal;
  bool may_emit = false;  ///< as last announced by game_fenced or game_unfenced
};

/// What became of an order to add a game.
enum class AddOutcome : std::uint8_t { added, updated, refused_full, stale };
/// What became of an order to remove one.
enum class RemoveOutcome : std::uint8_t { removed, not_running, stale };

/// The games a shard runs, and the memory that keeps late messages from undoing newer ones: an add of
/// epoch 7 that arrives after the removal at epoch 8 must not revive the game (H8).
class GameTable {
 public:
  GameTable(std::uint64_t max_games, Duration tombstone_life)
      : max_games_(max_games), tombstone_life_(tombstone_life) {}

  AddOutcome add(const LiveGame& game, Epoch epoch, MonoTime now);
  RemoveOutcome remove(const GameId& game, Epoch epoch, MonoTime now);
  void clear() { games_.clear(); }

  [[nodiscard]] std::map<GameId, RunningGame>& games() { return games_; }
  [[nodiscard]] const std::map<GameId, RunningGame>& games() const { return games_; }
  /// Games that could not be taken, with the epoch refused.
  [[nodiscard]] const std::map<GameId, Epoch>& refused() const { return refused_; }

 private:
  struct Tombstone {
    Epoch epoch;
    MonoTime until;
  };

  void bury(const GameId& game, Epoch epoch, MonoTime now);

  std::uint64_t max_games_;
  Duration tombstone_life_;
  std::map<GameId, RunningGame> games_;
  std::map<GameId, Tombstone> tombstones_;
  std::map<GameId, Epoch> refused_;
};

}  // namespace arbees
