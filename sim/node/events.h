#pragma once

#include <string>

#include "core/events/event.h"

namespace arbees::sim {

/// A program acted by a clock that a fault has changed, for the first time: it read its wall clock after a jump, or a
/// timer of its own went off by a monotonic clock that drifts. Its cause is the FaultStarted.
struct ClockFaultFelt {
  static constexpr std::string_view name = "clock_fault_felt";
  static constexpr Severity severity = Severity::debug;
  NodeName node;

  void visit(FieldVisitor& v) const { v("node", node); }
};

}  // namespace arbees::sim
