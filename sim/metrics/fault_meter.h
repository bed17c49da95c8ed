#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/engine/recorder.h"
#include "sim/metrics/metrics.h"

namespace arbees::sim {

/// Counts the faults of a run, by kind, and how many of them reached somebody: a fault that nothing came
/// of was no test. One fired if an event other than its own healing names it as its cause.
class FaultMeter final : public Observer {
 public:
  void observe(const SimEnvelope& event) override;
  void report(RunMetrics& metrics) const;

 private:
  std::map<std::string, FaultFigure> by_kind_;
  /// The faults that have reached nobody yet, with their figures. Few: most fire at once.
  std::vector<std::pair<EventId, FaultFigure*>> silent_;
};

}  // namespace arbees::sim
