#include "core/orchestrator/fleet_health.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/orchestrator/alarms.h"

namespace arbees {
namespace {

constexpr std::array<const char*, 3> alerts{"ALL_SHARDS_DEAD", "ALL_SHARDS_DEGRADED",
                                            "NO_HEALTHY_SHARDS"};

struct Count {
  std::size_t dead = 0;
  std::size_t ill = 0;
  std::size_t well = 0;  ///< or not known to be ill
};

Count count(const Fleet& fleet) {
  Count found;
  for (const auto& [id, shard] : fleet.shards()) {
    if (shard.left || !shard.takes_games()) {
      continue;
    }
    if (shard.status.on_probation()) {
      ++found.well;  // Nothing is wrong with it any more.
      continue;
    }
    switch (shard.status.status()) {
      case Status::dead: ++found.dead; break;
      case Status::degraded:
      case Status::unhealthy: ++found.ill; break;
      case Status::starting:
      case Status::healthy: ++found.well; break;
    }
  }
  return found;
}

/// Which of `alerts` it is; empty: none.
std::string_view alert_for(const Count& shards) {
  if (shards.well > 0 || (shards.dead == 0 && shards.ill == 0)) {
    return {};
  }
  return shards.ill == 0 ? alerts[0] : shards.dead == 0 ? alerts[1] : alerts[2];
}

std::string text_for(const Count& shards) {
  const std::string dead = std::to_string(shards.dead);
  const std::string ill = std::to_string(shards.ill);
  if (shards.ill == 0) {
    return "all " + dead + " shards are dead: no live game is watched";
  }
  return (shards.dead == 0 ? "all " + ill + " shards are" : dead + " shards are dead and " + ill) +
         " degraded: none is healthy";
}

}  // namespace

void report_fleet_health(const Fleet& fleet, Voice& voice, EventId cause) {
  const Count shards = count(fleet);
  const std::string_view now = alert_for(shards);
  for (const char* alert : alerts) {
    if (alert != now) {
      voice.resolve(alert, fleet_subject, cause);
    }
  }
  if (!now.empty()) {
    voice.raise(std::string(now), fleet_subject, text_for(shards), cause);
  }
}

}  // namespace arbees
