#include "core/orchestrator/comparison.h"

#include <chrono>
#include <string>

#include "core/wire/timestamp.h"

namespace arbees {
namespace {

constexpr const char* config_alert = "CONFIG_MISMATCH";
constexpr const char* clock_alert = "CLOCK_SKEW";
/// More than a beat can be under way.
constexpr Duration skew_tolerated = seconds{5};
/// Relation 5: a lease outlasts some late beats.
constexpr int beats_in_a_lease = 4;

std::string in_seconds(Duration span) {
  return std::to_string(std::chrono::duration_cast<seconds>(span).count()) + " s";
}

/// What does not fit, in one clause; empty: nothing.
std::string mismatch(const OrchestratorSettings& settings, const Shard& shard,
                     const wire::Heartbeat& beat) {
  if (settings.lease == Duration{0} || beat.boot.none()) {
    return {};  // Without leases, or on old wire, there is nothing to fit.
  }
  if (!beat.leased) {
    return "SHARD_LEASE_MODE is off while leases of " + in_seconds(settings.lease) +
           " are granted: it cannot be fenced";
  }
  if (shard.interval * beats_in_a_lease > settings.lease) {
    return "it beats every " + in_seconds(shard.interval) + ", too seldom for a lease of " +
           in_seconds(settings.lease) + ": lost beats fence it";
  }
  return {};
}

}  // namespace

void compare_with_ours(const Desk& desk, const Shard& shard, const wire::Heartbeat& beat,
                       EventId heard) {
  const std::string& id = shard.id.str();
  if (const std::string why = mismatch(desk.settings, shard, beat); !why.empty()) {
    desk.voice.raise(config_alert, id, id + ": " + why, heard);
  } else {
    desk.voice.resolve(config_alert, id, heard);
  }
  const auto said = wire::parse_timestamp(beat.timestamp);
  const Duration ahead = said ? *said - desk.ports.clock.wall_now() : Duration{0};
  if (ahead > skew_tolerated || ahead < -skew_tolerated) {
    // Without the figure, which is another one each time.
    desk.voice.raise(clock_alert, id,
                     "the wall clock of " + id + " is " +
                         (ahead > Duration{0} ? "ahead" : "behind") + " by more than " +
                         in_seconds(skew_tolerated),
                     heard);
  } else {
    desk.voice.resolve(clock_alert, id, heard);
  }
}

}  // namespace arbees
