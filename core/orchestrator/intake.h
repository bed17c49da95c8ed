#pragma once

#include <string_view>

#include "core/orchestrator/fleet.h"
#include "core/orchestrator/ownership.h"
#include "core/orchestrator/watch.h"

namespace arbees {

/// Takes heartbeats of shards in: who it is, how it stands, what it runs, what we answer.
class Intake {
 public:
  Intake(Ports& ports, const OrchestratorSettings& settings, Fleet& fleet, Voice& voice,
         Delivery& delivery, Watch& watch, Ownership& ownership)
      : ports_(ports),
        settings_(settings),
        fleet_(fleet),
        voice_(voice),
        delivery_(delivery),
        watch_(watch),
        ownership_(ownership) {}

  /// A beat of a process that is not, or no longer, the shard: named, and not followed.
  void ignore(Hearing hearing, const wire::Heartbeat& beat);
  /// A beat of a new or the known process. `heard` is its HeartbeatHeard event.
  void take(const wire::Heartbeat& beat, Hearing hearing, EventId heard);

 private:
  void refresh(Shard& shard, const wire::Heartbeat& beat, Hearing hearing, EventId heard);
  void adopt_process(Shard& shard, const wire::Heartbeat& beat, Hearing hearing, EventId heard);
  void announce_restart(Shard& shard, const wire::Heartbeat& beat, const Incarnation& before,
                        EventId heard);
  void update_status(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void confirm_grants(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void give_up(Shard& shard, EventId heard);
  EventId record_status(const Shard& shard, const StatusChange& change, std::string why,
                        EventId cause);
  [[nodiscard]] std::vector<GameId> games_of(const Shard& shard) const;

  Ports& ports_;
  const OrchestratorSettings& settings_;
  Fleet& fleet_;
  Voice& voice_;
  Delivery& delivery_;
  Watch& watch_;
  Ownership& ownership_;
};

}  // namespace arbees
