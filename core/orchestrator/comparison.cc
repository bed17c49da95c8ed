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

Comparison::Lease compare_lease(const OrchestratorSettings& settings, const Shard& shard,
                                const wire::Heartbeat& beat) {
  if (settings.lease == Duration{0} || beat.boot.none()) {
    return Comparison::Lease::fits;  // Without leases, or on old wire, there is nothing to fit.
  }
  if (!beat.leased) {
    return Comparison::Lease::off;
  }
  return shard.interval * beats_in_a_lease > settings.lease ? Comparison::Lease::short_for_its_beats
                                                            : Comparison::Lease::fits;
}

Comparison::WallClock compare_clock(WallTime ours, const wire::Heartbeat& beat) {
  const auto said = wire::parse_timestamp(beat.timestamp);
  const Duration ahead = said ? *said - ours : Duration{0};
  if (ahead > skew_tolerated) {
    return Comparison::WallClock::ahead;
  }
  return ahead < -skew_tolerated ? Comparison::WallClock::behind : Comparison::WallClock::fits;
}

void tell(const Desk& desk, const std::string& id, const Comparison& found, EventId heard) {
  switch (found.lease) {
    case Comparison::Lease::fits: desk.voice.resolve(config_alert, id, heard); break;
    case Comparison::Lease::off:
      desk.voice.raise(config_alert, id,
                       id + ": SHARD_LEASE_MODE is off while leases of " +
                           in_seconds(desk.settings.lease) + " are granted: it cannot be fenced",
                       heard);
      break;
    case Comparison::Lease::short_for_its_beats:
      desk.voice.raise(config_alert, id,
                       id + ": it beats every " + in_seconds(found.interval) +
                           ", too seldom for a lease of " + in_seconds(desk.settings.lease) +
                           ": lost beats fence it",
                       heard);
      break;
  }
  if (found.clock == Comparison::WallClock::fits) {
    desk.voice.resolve(clock_alert, id, heard);
    return;
  }
  // Without the figure, which is another one each time.
  desk.voice.raise(clock_alert, id,
                   "the wall clock of " + id + " is " +
                       (found.clock == Comparison::WallClock::ahead ? "ahead" : "behind") +
                       " by more than " + in_seconds(skew_tolerated),
                   heard);
}

}  // namespace

void compare_with_ours(const Desk& desk, Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  // A beat that waited while we stood still is as late as we are: what it says of its clock is no news.
  const bool waited = desk.watch.modes().in(Mode::paused);
  const Comparison::WallClock clock = waited ? shard.compared.value_or(Comparison{}).clock
                                             : compare_clock(desk.ports.clock.wall_now(), beat);
  const Comparison found{compare_lease(desk.settings, shard, beat), clock, shard.interval};
  // Restored alerts wait to be said again, or to hear that all is well.
  if (shard.compared == found && !desk.voice.alarms().any_restored()) {
    return;
  }
  shard.compared = found;
  tell(desk, shard.id.str(), found, heard);
}

}  // namespace arbees
