#pragma once

#include "core/ports/signal_feed.h"

namespace arbees::prod {

/// Signals that go nowhere: the shard itself records each emission as an event, and this version sends none
/// to ZeroMQ. The program says so at its start.
class RecordedSignalFeed final : public SignalFeed {
 public:
  void publish(const Signal& /*signal*/, EventId /*cause*/) override {}
};

}  // namespace arbees::prod
