#include "core/orchestrator/services.h"

#include <algorithm>

#include "core/orchestrator/events.h"
#include "core/wire/channels.h"

namespace arbees {
namespace {

/// The existing system's name of the alert (docs/wire.md, "Alerts").
constexpr const char* no_market_discovery = "NO_MARKET_DISCOVERY";

const ServiceTraits& monitor_of(wire::Platform platform) {
  return traits_of(platform == wire::Platform::kalshi ? ServiceType::kalshi_monitor
                                                      : ServiceType::polymarket_monitor);
}

}  // namespace

Services::Service::Service(const Key& key, Duration settle, MonoTime now)
    : kind(service_called(key.first.str())),
      subject(subject_of(kind.type, key.first.str(), key.second.str())),
      status(now),
      conditions(settle),
      last_heard(now) {}

void Services::take(const wire::ServiceHeartbeat& beat, MonoTime heard_at) {
  const Key key{beat.service, beat.instance};
  const auto [found, is_new] = services_.try_emplace(key, key, settings_.status_settle, heard_at);
  Service& service = found->second;
  // Whatever it was to hear in a silence of some beats it may have missed, by whatever cause.
  const Duration silence = is_new ? Duration{0} : sight_.seen(heard_at) - service.heard_at_seen;
  const bool back =
      service.status.status() == Status::dead || silence > service.kind.interval * 5 / 2;
  EventId cause;
  if (is_new) {
    service.started_at = beat.started_at;
    cause = ports_.events.record(ServiceJoined{beat.service, beat.instance}, EventId{});
  }
  const EventId restarted = note_restart(key, service, beat);
  service.last_heard = heard_at;
  service.last_heard_wall = ports_.clock.wall_now();
  service.heard_at_seen = sight_.seen(heard_at);
  judge_beat(key, service, beat, restarted.none() ? cause : restarted);
  const auto platform = traits_of(service.kind.type).follows;
  if (!platform) {
    return;
  }
  if (service.status.status() == Status::dead) {
    monitors_.on_monitor_gone(*platform, service.subject);
  } else if (is_new || !restarted.none() || back) {
    monitors_.on_monitor_ready(*platform, service.subject, restarted.none() ? cause : restarted);
  }
}

void Services::judge_beat(const Key& key, Service& service, const wire::ServiceHeartbeat& beat,
                          EventId cause) {
  if (beat.status == "stopping") {
    service.operational = false;
    service.conditions.clear();
    if (const auto change = service.status.ended_in_order(service.last_heard)) {
      note_status(key, service, *change, "it ended in order", cause);
    }
    return;
  }
  const Judgement judgement = judge(service.kind.type, beat.status, beat.checks, false);
  service.operational = judgement.operational;
  // Until it has finished starting, what it lacks is no news.
  if (beat.status == "starting" && service.status.status() == Status::starting) {
    return;
  }
  service.conditions.observe(judgement.findings, service.last_heard);
  const Probation probation{settings_.probation(service.kind.interval), judgement.findings.empty()};
  if (const auto change =
          service.status.heard(service.conditions.worst(), service.last_heard, probation)) {
    note_status(key, service, *change, reason_of(*change, service.conditions), cause);
  }
}

/// The times are compared as text: those of Python have no zone, and of a restart it only matters that they
/// differ.
EventId Services::note_restart(const Key& key, Service& service,
                               const wire::ServiceHeartbeat& beat) {
  if (beat.started_at.empty() || beat.started_at == service.started_at) {
    return {};
  }
  const std::string before = std::exchange(service.started_at, beat.started_at);
  if (before.empty()) {
    return {};
  }
  const EventId restarted = ports_.events.record(
      ServiceRestarted{key.first, key.second, before, beat.started_at}, EventId{});
  voice_.notify(wire::service_health_channel,
                wire::service_restarted(service.subject, "", before, beat.started_at,
                                        ports_.clock.wall_now()),
                restarted);
  return restarted;
}

void Services::note_status(const Key& key, Service& service, const StatusChange& change,
                           const std::string& why, EventId cause) {
  const EventId changed = ports_.events.record(
      ServiceStatusChanged{key.first, key.second, std::string(to_string(change.from)),
                           std::string(to_string(change.to)), why, change.lasted},
      cause);
  const WallTime now = ports_.clock.wall_now();
  switch (change.to) {
    case Status::dead:
      voice_.notify(wire::service_health_channel,
                    wire::service_dead(service.subject, service.last_heard_wall, {}, now), changed);
      break;
    case Status::degraded:
    case Status::unhealthy: note_degraded(service, change, why, changed); break;
    case Status::healthy:
      if (change.from != Status::starting) {
        voice_.notify(wire::degradation_channel,
                      wire::service_recovered(service.subject, change.unwell, now), changed);
      }
      break;
    case Status::starting: break;
  }
}

/// The status gets worse in steps; people hear of it once.
void Services::note_degraded(Service& service, const StatusChange& change, const std::string& why,
                             EventId cause) {
  const bool critical = change.to == Status::unhealthy || !service.operational;
  if (!change.probation && (change.to == Status::degraded || !service.told_critical)) {
    voice_.notify(wire::degradation_channel,
                  wire::service_degraded(service.subject, why, critical, ports_.clock.wall_now()),
                  cause);
  }
  service.told_critical = critical;
}

void Services::advance(MonoTime now) {
  declare_silent_dead(now);
  retire_the_forgotten(now);
  for (const wire::Platform platform : wire::platforms) {
    watch_coverage(platform, now);
  }
}

void Services::declare_silent_dead(MonoTime now) {
  for (auto& [key, service] : services_) {
    const auto due = death_due(service, now);
    if (!due || *due > now) {
      continue;
    }
    service.operational = false;
    service.conditions.clear();
    if (const auto change = service.status.died(now)) {
      note_status(key, service, *change, "silent", EventId{});
    }
    if (const auto platform = traits_of(service.kind.type).follows) {
      monitors_.on_monitor_gone(*platform, service.subject);
    }
  }
}

/// A container that is made anew comes with a new name: the old ones would be kept for ever.
void Services::retire_the_forgotten(MonoTime now) {
  std::erase_if(services_, [&](const auto& entry) {
    const Service& service = entry.second;
    return service.status.status() == Status::dead &&
           service.last_heard + settings_.retire_after <= now;
  });
}

void Services::watch_coverage(wire::Platform platform, MonoTime now) {
  Coverage& coverage = coverage_[index(platform)];
  const ServiceTraits& monitor = monitor_of(platform);
  bool known = false;
  bool works = false;
  for (const auto& [key, service] : services_) {
    known = known || service.kind.type == monitor.type;
    works = works || (service.kind.type == monitor.type && service.operational);
  }
  if (works) {
    coverage.lost_at_seen.reset();
  } else if (known && !coverage.lost_at_seen) {
    coverage.lost_at_seen = sight_.seen(now);
  }
  const auto due = coverage_due(platform, now);
  const std::string name(monitor.name);
  if (due && *due <= now) {
    coverage.alerted = true;
    voice_.raise(
        no_market_discovery, name,
        "no " + name + " works: live games get no prices of " + std::string(to_string(platform)),
        EventId{});
  } else if (works && coverage.alerted) {
    coverage.alerted = false;
    voice_.resolve(no_market_discovery, name, EventId{});
  }
}

/// It may take its time until the monitor has looked at itself again; until then its silence is judged only.
std::optional<MonoTime> Services::coverage_due(wire::Platform platform, MonoTime now) const {
  const Coverage& coverage = coverage_[index(platform)];
  if (!coverage.lost_at_seen || coverage.alerted || sight_.blind()) {
    return std::nullopt;
  }
  const Duration patience = settings_.shard_timeout + monitor_of(platform).judges_itself_every;
  return now + (patience - (sight_.seen(now) - *coverage.lost_at_seen));
}

std::optional<MonoTime> Services::deadline(MonoTime now) const {
  std::optional<MonoTime> first;
  const auto consider = [&](std::optional<MonoTime> due) {
    if (due && (!first || *due < *first)) {
      first = due;
    }
  };
  for (const auto& [key, service] : services_) {
    consider(death_due(service, now));
  }
  for (const wire::Platform platform : wire::platforms) {
    consider(coverage_due(platform, now));
  }
  return first;
}

std::optional<MonoTime> Services::death_due(const Service& service, MonoTime now) const {
  if (sight_.blind() || service.status.status() == Status::dead) {
    return std::nullopt;
  }
  const Duration timeout = std::max(settings_.shard_timeout, 3 * service.kind.interval);
  return now + (timeout - (sight_.seen(now) - service.heard_at_seen));
}

}  // namespace arbees
