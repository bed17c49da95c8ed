#pragma once

#include "core/ports/signal_feed.h"
#include "sim/engine/first_seen_map.h"
#include "sim/engine/recorder.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// Who acts on the signals of the whole fleet. It accepts a signal unless it has accepted one of a
/// higher epoch of that game before; one without an epoch (old wire) ranks below all others.
class SignalConsumer final : public SignalFeed {
 public:
  /// Adds the node "consumer" to the recorder.
  SignalConsumer(Recorder& recorder, const SimTime& now)
      : recorder_(recorder), now_(now), index_(recorder.add_node("consumer")) {}

  void publish(const Signal& signal, EventId cause) override;

 private:
  Recorder& recorder_;
  const SimTime& now_;
  NodeIndex index_;
  FirstSeenMap<GameId, Epoch> highest_;
};

}  // namespace arbees::sim
