#pragma once

#include "core/base/ids.h"
#include "core/base/time.h"

namespace arbees {

/// What consumers need to refuse a signal from a shard that no longer owns the game: the epoch.
struct Signal {
  GameId game;
  Epoch epoch;  ///< none from an unfenced (old wire) shard
  SignalSeq seq;
  ShardId shard;
  Boot boot;
  Duration lease_left{};  ///< how long the emitter's right lasted at the moment of the call
};

/// Where trading signals leave the shard.
class SignalFeed {
 public:
  virtual ~SignalFeed() = default;
  /// Hands the signal over at once; there is no taking back. `cause` is the event of the emission.
  virtual void publish(const Signal& signal, EventId cause) = 0;
};

}  // namespace arbees
