#pragma once

#include <map>
#include <optional>

#include "core/ports/signal_feed.h"
#include "sim/engine/first_seen_map.h"
#include "sim/engine/recorder.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// Who acts on the signals of the whole fleet. It accepts a signal unless it has accepted one of a
/// higher epoch of that game before. One without an epoch (old wire) counts as of the epoch under which the
/// ownership feed names its shard, and not at all while that names another; where the feed has said nothing, it
/// ranks below all others.
class SignalConsumer final : public SignalFeed {
 public:
  /// Adds the node "consumer" to the recorder.
  SignalConsumer(Recorder& recorder, const SimTime& now)
      : recorder_(recorder), now_(now), index_(recorder.add_node("consumer")) {}

  void publish(const Signal& signal, EventId cause) override;
  /// The ownership feed was heard.
  void owner_named(const GameId& game, const ShardId& shard, Epoch epoch);

 private:
  struct Owner {
    ShardId shard;
    Epoch epoch;
  };

  /// What the signal counts as; nothing: it does not count.
  [[nodiscard]] std::optional<Epoch> epoch_of(const Signal& signal) const;

  Recorder& recorder_;
  const SimTime& now_;
  NodeIndex index_;
  FirstSeenMap<GameId, Epoch> highest_;
  FirstSeenMap<GameId, Owner> owners_;
};

}  // namespace arbees::sim
