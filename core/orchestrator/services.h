#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/health/conditions.h"
#include "core/health/status.h"
#include "core/monitors/monitors.h"
#include "core/orchestrator/service_types.h"
#include "core/orchestrator/settings.h"
#include "core/orchestrator/sight.h"
#include "core/orchestrator/voice.h"
#include "core/wire/service_heartbeat.h"

namespace arbees {

/// Follows the services that are no shards: price monitors, processors, discovery. They own no games;
/// what becomes of them is told to people (docs/wire.md, "Services" and "Notifications"), and a
/// monitor that may have missed something is told of its markets again.
class Services {
 public:
  Services(Ports& ports, const OrchestratorSettings& settings, Voice& voice, const Sight& sight,
           Monitors& monitors)
      : ports_(ports), settings_(settings), voice_(voice), sight_(sight), monitors_(monitors) {}

  /// `heard_at`: when the message came in (Watch::last_message).
  void take(const wire::ServiceHeartbeat& beat, MonoTime heard_at);
  /// Declares dead who is silent, in time that could have been seen, and alerts when nobody follows the
  /// prices of a platform.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline(MonoTime now) const;

 private:
  using Key = std::pair<wire::ServiceName, wire::ServiceInstance>;
  struct Service {
    Service(const Key& key, Duration settle, MonoTime now);

    KnownService kind;
    wire::Subject subject;
    StatusMachine status;
    bool operational = false;
    bool told_critical = false;  ///< people know that it cannot do its work
    Conditions conditions;
    std::string started_at;
    MonoTime last_heard;
    WallTime last_heard_wall{};
    Duration heard_at_seen{};
  };
  /// Since when, in time that could have been seen, no monitor of a platform works; none of them known: never.
  struct Coverage {
    std::optional<Duration> lost_at_seen;
    bool alerted = false;
  };

  void judge_beat(const Key& key, Service& service, const wire::ServiceHeartbeat& beat,
                  EventId cause);
  EventId note_restart(const Key& key, Service& service, const wire::ServiceHeartbeat& beat);
  void note_status(const Key& key, Service& service, const StatusChange& change,
                   const std::string& why, EventId cause);
  void note_degraded(Service& service, const StatusChange& change, const std::string& why,
                     EventId cause);
  void declare_silent_dead(MonoTime now);
  void retire_the_forgotten(MonoTime now);
  void watch_coverage(wire::Platform platform, MonoTime now);
  [[nodiscard]] std::optional<MonoTime> coverage_due(wire::Platform platform, MonoTime now) const;
  [[nodiscard]] std::optional<MonoTime> death_due(const Service& service, MonoTime now) const;
  [[nodiscard]] static std::size_t index(wire::Platform platform) {
    return static_cast<std::size_t>(platform);
  }

  Ports& ports_;
  const OrchestratorSettings& settings_;
  Voice& voice_;
  const Sight& sight_;
  Monitors& monitors_;
  std::map<Key, Service> services_;
  std::array<Coverage, wire::platforms.size()> coverage_;
};

}  // namespace arbees
