#pragma once

#include "sim/engine/recorder.h"
#include "sim/invariants/limits.h"
#include "sim/invariants/listener.h"
#include "sim/metrics/dark_meter.h"
#include "sim/metrics/fault_meter.h"
#include "sim/metrics/fleet_meter.h"
#include "sim/metrics/metrics.h"
#include "sim/metrics/signal_meter.h"

namespace arbees::sim {

/// Measures one run. Add it to the world before the nodes start; after the run call `finish` once.
class Meter final : public Observer {
 public:
  explicit Meter(Limits limits);

  void observe(const SimEnvelope& event) override {
    dispatcher_.observe(event);
    faults_.observe(event);
  }
  [[nodiscard]] RunMetrics finish(SimTime end);

 private:
  Limits limits_;
  SignalMeter signals_;
  FleetMeter fleet_;
  DarkMeter dark_;
  FaultMeter faults_;
  Dispatcher dispatcher_;
};

}  // namespace arbees::sim
