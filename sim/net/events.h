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

}  // namespace arbees::sim
