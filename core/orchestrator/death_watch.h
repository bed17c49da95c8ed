#pragma once

#include <optional>

#include "core/orchestrator/fleet.h"
#include "core/orchestrator/ownership.h"
#include "core/orchestrator/watch.h"

namespace arbees {

/// Declares shards dead, and forgets the long dead. Death needs two things: the silence, and the proof
/// that it would have been heard, a canary sent when the silence is long enough (ownership.md 4.10).
class DeathWatch {
 public:
  DeathWatch(Ports& ports, const OrchestratorSettings& settings, Fleet& fleet, Voice& voice,
             Delivery& delivery, Watch& watch, Ownership& ownership)
      : ports_(ports),
        settings_(settings),
        fleet_(fleet),
        voice_(voice),
        delivery_(delivery),
        watch_(watch),
        ownership_(ownership) {}

  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline(MonoTime now) const;

 private:
  void judge(Shard& shard, MonoTime now);
  void declare_dead(Shard& shard, MonoTime now);
  void retire_the_forgotten(MonoTime now);

  Ports& ports_;
  const OrchestratorSettings& settings_;
  Fleet& fleet_;
  Voice& voice_;
  Delivery& delivery_;
  Watch& watch_;
  Ownership& ownership_;
};

}  // namespace arbees
