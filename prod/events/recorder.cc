#include "prod/events/recorder.h"

namespace arbees::prod {

EventId EventIds::next() {
  constexpr std::uint64_t ids = std::uint64_t{1} << 52U;
  last_ = last_ + 1 < ids ? last_ + 1 : 1;  // 0 is no event
  return EventId(last_);
}

EventId EventRecorder::record(EventView event, EventId cause) {
  const Envelope envelope{.id = ids_.next(),
                          .cause = cause,
                          .node = node_.str(),
                          .node_time = clock_.now(),
                          .event = event};
  const WallTime wall = clock_.wall_now();
  for (EventOutput* output : outputs_)
    output->take(envelope, wall);
  return envelope.id;
}

}  // namespace arbees::prod
