#include "core/orchestrator/services.h"

#include <string>

#include "core/orchestrator/events.h"
#include "core/wire/channels.h"
#include "core/wire/notification.h"

namespace arbees {
namespace {

wire::Subject subject_of(const wire::ServiceName& service, const wire::ServiceInstance& instance) {
  return {service.str(), instance.str()};
}

}  // namespace

void Services::take(const wire::ServiceHeartbeat& beat, MonoTime heard_at) {
  const MonoTime now = heard_at;
  const Key key{beat.service, beat.instance};
  const auto [found, is_new] =
      services_.try_emplace(key, Service{StatusMachine(now), Conditions(settings_.status_settle),
                                         beat.started_at, now, Duration{0}});
  Service& service = found->second;
  if (is_new) {
    ports_.events.record(ServiceJoined{beat.service, beat.instance}, EventId{});
  }
  note_restart(key, service, beat);
  service.last_heard = now;
  service.heard_at_seen = sight_.seen(now);
  if (beat.status == "stopping") {
    service.conditions.clear();
    if (const auto change = service.status.ended_in_order(now)) {
      note_status(key, *change, "it ended in order");
    }
    return;
  }
  const Findings findings =
      findings_of(kind_of_service(beat.service.str()), beat.status, beat.checks);
  service.conditions.observe(findings, now);
  const Probation probation{settings_.probation(settings_.heartbeat_interval), findings.empty()};
  if (const auto change = service.status.heard(service.conditions.worst(), now, probation)) {
    note_status(key, *change, reason_of(*change, service.conditions));
  }
}

void Services::note_restart(const Key& key, Service& service, const wire::ServiceHeartbeat& beat) {
  if (beat.started_at.empty() || beat.started_at == service.started_at) {
    return;
  }
  if (!service.started_at.empty()) {
    const EventId restarted = ports_.events.record(
        ServiceRestarted{key.first, key.second, service.started_at, beat.started_at}, EventId{});
    voice_.notify(wire::service_health_channel,
                  wire::service_restarted(subject_of(key.first, key.second), "", service.started_at,
                                          beat.started_at, ports_.clock.wall_now()),
                  restarted);
  }
  service.started_at = beat.started_at;
}

void Services::note_status(const Key& key, const StatusChange& change, const std::string& why) {
  const EventId changed = ports_.events.record(
      ServiceStatusChanged{key.first, key.second, std::string(to_string(change.from)),
                           std::string(to_string(change.to)), why, change.lasted},
      EventId{});
  const wire::Subject subject = subject_of(key.first, key.second);
  const WallTime now = ports_.clock.wall_now();
  switch (change.to) {
    case Status::dead:
      voice_.notify(wire::service_health_channel,
                    wire::service_dead(subject, now - settings_.shard_timeout, {}, now), changed);
      break;
    case Status::degraded:
    case Status::unhealthy:
      if (change.probation) {
        break;
      }
      voice_.notify(wire::degradation_channel,
                    wire::service_degraded(subject, why, change.to == Status::unhealthy, now),
                    changed);
      break;
    case Status::healthy:
      if (change.from != Status::starting) {
        voice_.notify(wire::degradation_channel,
                      wire::service_recovered(subject, change.unwell, now), changed);
      }
      break;
    case Status::starting: break;
  }
}

void Services::advance(MonoTime now) {
  for (auto& [key, service] : services_) {
    const auto due = death_due(service, now);
    if (due && *due <= now) {
      service.conditions.clear();
      if (const auto change = service.status.died(now)) {
        note_status(key, *change, "silent");
      }
    }
  }
}

std::optional<MonoTime> Services::deadline(MonoTime now) const {
  std::optional<MonoTime> first;
  for (const auto& [key, service] : services_) {
    const auto due = death_due(service, now);
    if (due && (!first || *due < *first)) {
      first = due;
    }
  }
  return first;
}

std::optional<MonoTime> Services::death_due(const Service& service, MonoTime now) const {
  if (sight_.blind() || service.status.status() == Status::dead) {
    return std::nullopt;
  }
  return now + (settings_.shard_timeout - (sight_.seen(now) - service.heard_at_seen));
}

}  // namespace arbees
