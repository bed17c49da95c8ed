#include "sim/metrics/meter.h"

#include <utility>

namespace arbees::sim {

Meter::Meter(Limits limits)
    : limits_(std::move(limits)), signals_(limits_), fleet_(limits_, signals_) {
  dispatcher_.add(signals_);
  dispatcher_.add(fleet_);
  dispatcher_.add(dark_);
}

RunMetrics Meter::finish(SimTime end) {
  dispatcher_.finish(end);
  RunMetrics metrics;
  signals_.report(metrics);
  fleet_.report(metrics);
  dark_.report(metrics);
  faults_.report(metrics);
  return metrics;
}

}  // namespace arbees::sim
