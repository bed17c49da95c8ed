#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/health/conditions.h"
#include "core/health/status.h"
#include "core/orchestrator/settings.h"
#include "core/orchestrator/sight.h"
#include "core/orchestrator/voice.h"
#include "core/wire/service_heartbeat.h"

namespace arbees {

/// Follows the services that are no shards: price monitors, processors, discovery. They own no games;
/// what becomes of them is told to people (contract.md 1.3, 1.7).
class Services {
 public:
  Services(Ports& ports, const OrchestratorSettings& settings, Voice& voice, const Sight& sight)
      : ports_(ports), settings_(settings), voice_(voice), sight_(sight) {}

  /// `heard_at`: when the message came in (Watch::last_message).
  void take(const wire::ServiceHeartbeat& beat, MonoTime heard_at);
  /// Declares dead who is silent, in time that could have been seen.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline(MonoTime now) const;

 private:
  using Key = std::pair<wire::ServiceName, wire::ServiceInstance>;
  struct Service {
    StatusMachine status;
    Conditions conditions;
    std::string started_at;
    MonoTime last_heard;
    Duration heard_at_seen;
  };

  void note_restart(const Key& key, Service& service, const wire::ServiceHeartbeat& beat);
  void note_status(const Key& key, const StatusChange& change, const std::string& why);
  [[nodiscard]] std::optional<MonoTime> death_due(const Service& service, MonoTime now) const;

  Ports& ports_;
  const OrchestratorSettings& settings_;
  Voice& voice_;
  const Sight& sight_;
  std::map<Key, Service> services_;
};

}  // namespace arbees
