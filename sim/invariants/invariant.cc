#include "sim/invariants/invariant.h"

#include <utility>

namespace arbees::sim {

std::string_view to_string(InvariantStatus status) {
  switch (status) {
    case InvariantStatus::holds: return "holds";
    case InvariantStatus::violated: return "violated";
    case InvariantStatus::not_exercised: return "not_exercised";
  }
  return "?";
}

InvariantStatus Invariant::status() const {
  if (violation_count_ > 0) {
    return InvariantStatus::violated;
  }
  return checks_ > 0 ? InvariantStatus::holds : InvariantStatus::not_exercised;
}

void Invariant::violated(SimTime at, EventId event, std::string text) {
  ++violation_count_;
  if (violations_.size() < violations_kept) {
    violations_.push_back({.invariant = id_, .at = at, .event = event, .text = std::move(text)});
  }
}

}  // namespace arbees::sim
