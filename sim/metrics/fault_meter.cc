#include "sim/metrics/fault_meter.h"

#include <algorithm>

#include "sim/world/events.h"

namespace arbees::sim {

void FaultMeter::observe(const SimEnvelope& event) {
  if (const auto* started = event.event.get_if<FaultStarted>()) {
    FaultFigure& figure = by_kind_[started->fault];
    figure.kind = started->fault;
    ++figure.episodes;
    silent_.emplace_back(event.id, &figure);
    return;
  }
  if (silent_.empty() || event.cause.none() || event.event.get_if<FaultHealed>() != nullptr) {
    return;
  }
  const auto found =
      std::ranges::find(silent_, event.cause, [](const auto& each) { return each.first; });
  if (found != silent_.end()) {
    ++found->second->fired;
    silent_.erase(found);
  }
}

void FaultMeter::report(RunMetrics& metrics) const {
  for (const auto& [kind, figure] : by_kind_) {
    metrics.faults.push_back(figure);
  }
  for (const auto& [id, figure] : silent_) {
    metrics.silent_faults.push_back(id);
  }
}

}  // namespace arbees::sim
