#pragma once

#include <set>

#include "sim/invariants/fleet_state.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// Something that a store tells the next term, until a term has settled it. Another file may tell it all the same: an older copy that is put
/// in its place (`store_restored`), or that with which a second orchestrator was started, and which stays when that one ends.
class Remembered {
 public:
  [[nodiscard]] bool holds() const { return holds_; }
  void begins() { holds_ = ever_ = true; }
  /// The store says so no more, if it is the only one.
  void ends() { holds_ = holds_ && !copies_.empty(); }

  void on_fault(const FaultStarted& event, const SimEnvelope& at, const FleetState& fleet) {
    if (event.fault == "store_restored") {
      holds_ = ever_;
    } else if (event.fault == "second_process" && fleet.is_orchestrator(event.target)) {
      copies_.insert(at.id);
    }
  }
  void on_healed(const SimEnvelope& at) {
    if (copies_.erase(at.cause) > 0) {
      holds_ = ever_;
    }
  }

 private:
  bool holds_ = false;
  bool ever_ = false;
  std::set<EventId> copies_;  ///< by the faults that made them
};

}  // namespace arbees::sim
