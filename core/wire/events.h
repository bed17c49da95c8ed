#pragma once

#include <string>

#include "core/events/event.h"

namespace arbees::wire {

/// A message from the bus that could not be read. It is dropped and counted; nothing stops.
struct MessageRejected {
  static constexpr std::string_view name = "message_rejected";
  static constexpr Severity severity = Severity::warning;
  std::string channel;  ///< shortened
  std::string why;
  std::uint64_t bytes;
  std::uint64_t rejected_so_far;

  void visit(FieldVisitor& v) const {
    v("channel", channel), v("why", why), v("bytes", bytes), v("rejected_so_far", rejected_so_far);
  }
};

}  // namespace arbees::wire
