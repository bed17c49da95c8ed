#pragma once

#include <set>
#include <string>

#include "core/ports/dependencies.h"
#include "core/ports/ports.h"
#include "core/shard/allegiance.h"
#include "core/shard/applied_commands.h"
#include "core/shard/emission.h"
#include "core/shard/game_table.h"
#include "core/shard/identity.h"
#include "core/shard/settings.h"
#include "core/wire/heartbeat.h"

namespace arbees {

/// What a shard's heartbeats say (ownership.md 2): who it is, how it is, what it runs, obeys and promises.
/// Everything it is given must outlive it; without `dependencies` all of them work.
class SelfReport {
 public:
  /// Of whom it speaks.
  struct Subject {
    const ShardSettings& settings;
    const Identity& identity;
    const Allegiance& allegiance;
    const AppliedCommands& applied;
    const GameTable& games;
    Emission& emission;
  };
  /// What only the moment of sending shows.
  struct Moment {
    HeartbeatSeq hb_seq;
    bool subscribed;
    bool stopping;
  };

  SelfReport(Ports& ports, const Subject& subject, const Dependencies* dependencies)
      : ports_(ports), subject_(subject), dependencies_(dependencies) {}

  /// Records what changed; returns what the next beat is due to.
  EventId look_at_dependencies(EventId cause);
  /// What it promises in it binds from now on.
  [[nodiscard]] wire::Heartbeat heartbeat(const Moment& moment, EventId cause);

 private:
  void tell_identity(wire::Heartbeat& beat) const;
  void tell_health(const Moment& moment, wire::Heartbeat& beat) const;
  void tell_obedience(wire::Heartbeat& beat) const;
  void tell_games(wire::Heartbeat& beat) const;
  void promise(wire::Heartbeat& beat);

  Ports& ports_;
  Subject subject_;
  const Dependencies* dependencies_;
  std::set<std::string> failing_;  ///< checks that the last beat said fail
};

}  // namespace arbees
