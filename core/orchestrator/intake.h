#pragma once

#include <string_view>

#include "core/orchestrator/desk.h"

namespace arbees {

/// Takes heartbeats of shards in: who it is, how it stands, what it runs, what we answer.
class Intake {
 public:
  explicit Intake(const Desk& desk) : desk_(desk) {}

  /// A beat of a process that is not, or no longer, the shard: named, and not followed.
  void ignore(Hearing hearing, const wire::Heartbeat& beat);
  /// A beat of a new or the known process. `heard` is its HeartbeatHeard event.
  void take(const wire::Heartbeat& beat, Hearing hearing, EventId heard);
  /// A beat that shows that our term is over: what it says is for the next one, but its shard is alive.
  void hear_alone(const wire::Heartbeat& beat) const;

 private:
  void note_life(Shard& shard, MonoTime heard_at) const;
  void refresh(Shard& shard, const wire::Heartbeat& beat, Hearing hearing, EventId heard);
  /// Whether others have been handed out than our store knows of.
  void hear_epochs(const wire::Heartbeat& beat, EventId heard);
  void adopt_process(Shard& shard, const wire::Heartbeat& beat, Hearing hearing, EventId heard);
  void announce_restart(Shard& shard, const wire::Heartbeat& beat, const Incarnation& before,
                        EventId heard);
  void update_status(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void note_no_op(Shard& shard, EventId heard);
  void confirm_grants(Shard& shard, const wire::Heartbeat& beat, EventId heard);
  void give_up(Shard& shard, EventId heard);
  EventId record_status(const Shard& shard, const StatusChange& change, std::string why,
                        EventId cause);
  [[nodiscard]] std::vector<GameId> games_of(const Shard& shard) const;

  Desk desk_;
};

}  // namespace arbees
