#pragma once

#include "core/events/event.h"

namespace arbees::sim {

/// A fault of the network disturbed a connection for the first time. Its cause is the FaultStarted.
struct NetworkFaultFelt {
  static constexpr std::string_view name = "network_fault_felt";
  static constexpr Severity severity = Severity::debug;
  NodeName node;  ///< the receiving side

  void visit(FieldVisitor& v) const { v("node", node); }
};

/// A program has written more than its kernel takes: what waits on one connection has doubled since it was
/// said last. Its cause is what keeps the bytes from arriving, if that is a fault.
struct SendQueueGrew {
  static constexpr std::string_view name = "send_queue_grew";
  static constexpr Severity severity = Severity::debug;
  NodeName node;
  NodeName to;
  std::uint64_t bytes;

  void visit(FieldVisitor& v) const { v("node", node), v("to", to), v("bytes", bytes); }
};

}  // namespace arbees::sim
