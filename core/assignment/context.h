#pragma once

#include "core/assignment/ledger.h"
#include "core/orchestrator/delivery.h"
#include "core/orchestrator/fleet.h"
#include "core/orchestrator/health_reports.h"
#include "core/orchestrator/modes.h"
#include "core/orchestrator/sight.h"
#include "core/orchestrator/voice.h"

namespace arbees {

/// What everybody works with who decides about games.
struct AssignmentContext {
  Ports& ports;
  const OrchestratorSettings& settings;
  Fleet& fleet;
  Voice& voice;
  const HealthReports& health;
  Delivery& delivery;
  const Modes& modes;
  const Sight& sight;
  Ledger& ledger;

  [[nodiscard]] MonoTime now() const { return ports.clock.now(); }
};

}  // namespace arbees
