#pragma once

#include <cstdint>
#include <vector>

#include "core/base/ids.h"
#include "core/ports/clock.h"
#include "core/ports/event_sink.h"

namespace arbees::prod {

/// Gives events ids that no other process of the fleet gives, so that a cause can cross nodes on the wire:
/// 19 bits that are the process's own, then a counter of 33 bits. Together below 2^52, the largest integer
/// that a message may carry (core/wire/json_reader.h). A counter that runs over goes on with the next tag.
class EventIds {
 public:
  /// Any 64 random bits of this process; the upper 19 are taken.
  explicit EventIds(std::uint64_t process_bits) : last_((process_bits >> 45U) << 33U) {}
  [[nodiscard]] EventId next();

 private:
  std::uint64_t last_;
};

/// One of the places where events end up.
class EventOutput {
 public:
  virtual ~EventOutput() = default;
  virtual void take(const Envelope& envelope, WallTime wall) = 0;
};

/// The production EventSink: completes each event and hands it to every output, in order.
class EventRecorder final : public EventSink {
 public:
  /// All but the id must outlive the recorder.
  EventRecorder(NodeName node, const Clock& clock, EventIds ids, std::vector<EventOutput*> outputs)
      : node_(std::move(node)), clock_(clock), ids_(ids), outputs_(std::move(outputs)) {}

  EventId record(EventView event, EventId cause) override;

 private:
  NodeName node_;
  const Clock& clock_;
  EventIds ids_;
  std::vector<EventOutput*> outputs_;
};

}  // namespace arbees::prod
