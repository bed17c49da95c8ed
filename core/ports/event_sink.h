#pragma once

#include "core/events/event.h"

namespace arbees {

/// Takes everything the core has to say. What becomes of it (log, digest, metrics) is the host's.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Records an event and gives it an id that later events name as their cause.
  virtual EventId record(EventView event, EventId cause) = 0;
};

}  // namespace arbees
