#pragma once

#include "core/assignment/ownership.h"
#include "core/orchestrator/delivery.h"
#include "core/orchestrator/fleet.h"
#include "core/orchestrator/voice.h"
#include "core/orchestrator/watch.h"

namespace arbees {

/// The parts of the orchestrator that those who judge shards work with.
struct Desk {
  Ports& ports;
  const OrchestratorSettings& settings;
  Fleet& fleet;
  Voice& voice;
  HealthReports& health;
  Delivery& delivery;
  Watch& watch;
  Ownership& ownership;
};

}  // namespace arbees
