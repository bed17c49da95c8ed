#include "core/orchestrator/health_reports.h"

#include <utility>

#include "core/health/events.h"
#include "core/orchestrator/service_types.h"
#include "core/wire/channels.h"
#include "core/wire/notification.h"

namespace arbees {
namespace {

constexpr const char* open_long = "BREAKER_OPEN_LONG";
constexpr const char* flapping = "SHARD_FLAPPING";
constexpr const char* dependency_down = "EXTERNAL_DEPENDENCY_DOWN";

}  // namespace

// --- what happens to a shard ------------------------------------------------------------------

void HealthReports::joined(Shard& shard, bool restarted, EventId cause) {
  const MonoTime now = ports_.clock.now();
  if (restarted) {
    if (shard.breaker.state() != BreakerState::closed) {
      breaker_closed(shard, "restarted", shard.breaker.not_closed(now), cause);
    }
    shard.breaker = Breaker(settings_.breaker(), now);
    if (shard.status.status() != Status::dead) {
      flapped(shard, cause);  // One that died has paid already.
    }
  }
  shard.stability.started(now);
  if (shard.stability.unstable(now) && !shard.unstable_since) {
    shard.unstable_since = now;
    timed_.insert(shard.id);
    ports_.events.record(ShardUnstable{shard.id, Stability::incarnations, Stability::window},
                         cause);
    touched_[shard.id] = cause;
  }
}

std::optional<StatusChange> HealthReports::heard(Shard& shard, const wire::Heartbeat& beat,
                                                 EventId heard) {
  const MonoTime now = ports_.clock.now();
  const Findings findings = judge(beat).findings;
  if (shard.conditions.observe(findings, now)) {
    conditions_changed_ = heard;
  }
  if (!findings.empty() || shard.leaving || shard.unstable_since) {
    touched_[shard.id] = heard;
  }
  const auto change = shard.status.heard(shard.conditions.worst(), now,
                                         {settings_.probation(shard.interval), findings.empty()});
  if (change && change->from == Status::healthy) {
    flapped(shard, heard);
  }
  return change;
}

void HealthReports::died(Shard& shard, EventId cause) {
  left(shard);
  flapped(shard, cause);
}

void HealthReports::left(Shard& shard) {
  shard.conditions.clear();
  shard.leaving.reset();
  conditions_changed_ = conditions_changed_.value_or(EventId{});
}

void HealthReports::forgotten(const Shard& shard) {
  if (const Duration not_closed = shard.breaker.not_closed(ports_.clock.now());
      not_closed > Duration{0}) {
    ports_.events.record(BreakerClosed{shard.id, "forgotten", not_closed}, EventId{});
  }
  voice_.resolve(open_long, shard.id.str(), EventId{});
  voice_.resolve(flapping, shard.id.str(), EventId{});
}

void HealthReports::flapped(Shard& shard, EventId cause) {
  const MonoTime now = ports_.clock.now();
  if (!shard.flaps.flapped(now)) {
    return;
  }
  timed_.insert(shard.id);
  const EventId event =
      ports_.events.record(ShardFlapping{shard.id, shard.flaps.penalty(now)}, cause);
  voice_.raise(flapping, shard.id.str(),
               shard.id.str() + " gets worse again and again; games go to others first", event);
  plan_changes(event);
}

// --- the breaker ------------------------------------------------------------------------------

void HealthReports::command_failed(Shard& shard, const std::string& why, EventId cause) {
  tell_breaker(shard, shard.breaker.failed(ports_.clock.now()), why, cause);
}

void HealthReports::game_served(Shard& shard, EventId cause) {
  tell_breaker(shard, shard.breaker.served(ports_.clock.now()), "answered", cause);
}

void HealthReports::answered(Shard& shard, MonoTime asked, EventId cause) {
  tell_breaker(shard, shard.breaker.answered(asked, ports_.clock.now()), "answered", cause);
}

void HealthReports::tell_breaker(Shard& shard, const std::optional<BreakerChange>& change,
                                 const std::string& why, EventId cause) {
  if (!change) {
    return;
  }
  const MonoTime now = ports_.clock.now();
  timed_.insert(shard.id);
  switch (change->to) {
    case BreakerState::open: {
      const bool relapse = change->from == BreakerState::half_open;
      const EventId event = ports_.events.record(
          BreakerOpened{shard.id, why, change->failures, *shard.breaker.deadline() - now, relapse},
          cause);
      voice_.notify(wire::circuit_breaker_channel,
                    wire::circuit_breaker_opened(shard.subject(), why, change->failures,
                                                 ports_.clock.wall_now()),
                    event);
      break;
    }
    case BreakerState::half_open:
      plan_changes(ports_.events.record(BreakerHalfOpened{shard.id, change->lasted}, cause));
      break;
    case BreakerState::closed: breaker_closed(shard, why, change->not_closed, cause); break;
  }
}

void HealthReports::breaker_closed(Shard& shard, const std::string& why, Duration not_closed,
                                   EventId cause) {
  const EventId event = ports_.events.record(BreakerClosed{shard.id, why, not_closed}, cause);
  voice_.notify(wire::circuit_breaker_channel,
                wire::circuit_breaker_closed(shard.subject(), not_closed, ports_.clock.wall_now()),
                event);
  voice_.resolve(open_long, shard.id.str(), event);
  shard.breaker_alerted = false;
  plan_changes(event);
}

void HealthReports::alert_open_breaker(Shard& shard, MonoTime now) {
  if (shard.breaker_alerted || shard.breaker.state() == BreakerState::closed ||
      shard.breaker.not_closed(now) < settings_.circuit_open_max) {
    return;
  }
  shard.breaker_alerted = true;
  voice_.raise(open_long, shard.id.str(),
               shard.id.str() +
                   " has not done what it was told since it was last trusted; it gets "
                   "no games",
               EventId{});
}

// --- time -------------------------------------------------------------------------------------

std::optional<EventId> HealthReports::advance(Fleet& fleet, MonoTime now) {
  for (auto entry = timed_.begin(); entry != timed_.end();) {
    Shard* shard = fleet.find(*entry);
    entry = shard != nullptr && pass_time(*shard, now) ? std::next(entry) : timed_.erase(entry);
  }
  if (conditions_changed_) {
    look_for_shared_faults(fleet, now);
    for (const auto& [id, shard] : fleet.shards()) {
      if (shard.leaving || shard.conditions.worst() != Status::healthy) {
        touched_.try_emplace(id, *conditions_changed_);
      }
    }
    conditions_changed_.reset();
  }
  for (const auto& [id, cause] : std::exchange(touched_, {})) {
    if (Shard* shard = fleet.find(id)) {
      tell_leaving(*shard, cause, now);
    }
  }
  return std::exchange(plan_changed_, std::nullopt);
}

bool HealthReports::pass_time(Shard& shard, MonoTime now) {
  tell_breaker(shard, shard.breaker.advance(now), "time", EventId{});
  alert_open_breaker(shard, now);
  if (const auto since = shard.flaps.flapping_since(); since && shard.flaps.advance(now)) {
    const EventId ended =
        ports_.events.record(ShardFlappingEnded{shard.id, now - *since}, EventId{});
    voice_.resolve(flapping, shard.id.str(), ended);
    plan_changes(ended);
  }
  if (shard.unstable_since && !shard.stability.unstable(now)) {
    const Duration lasted = now - *std::exchange(shard.unstable_since, std::nullopt);
    plan_changes(ports_.events.record(ShardUnstableEnded{shard.id, lasted}, EventId{}));
    touched_.try_emplace(shard.id, EventId{});
  }
  return next(shard, now).has_value();
}

std::optional<MonoTime> HealthReports::next(const Shard& shard, MonoTime now) const {
  std::optional<MonoTime> first = shard.breaker.deadline();
  const auto consider = [&](std::optional<MonoTime> due) {
    if (due && (!first || *due < *first)) {
      first = due;
    }
  };
  if (shard.breaker.state() != BreakerState::closed && !shard.breaker_alerted) {
    consider(now + (settings_.circuit_open_max - shard.breaker.not_closed(now)));
  }
  consider(shard.flaps.deadline());
  consider(shard.stability.unstable_until(now));
  return first;
}

std::optional<MonoTime> HealthReports::deadline(Fleet& fleet, MonoTime now) const {
  std::optional<MonoTime> first;
  for (const ShardId& id : timed_) {
    const Shard* shard = fleet.find(id);
    const auto due = shard == nullptr ? std::nullopt : next(*shard, now);
    if (due && (!first || *due < *first)) {
      first = due;
    }
  }
  return first;
}

// --- faults of more than one shard ------------------------------------------------------------

void HealthReports::look_for_shared_faults(const Fleet& fleet, MonoTime now) {
  std::vector<const Conditions*> living;
  for (const auto& [id, shard] : fleet.shards()) {
    if (shard.alive() && !shard.left) {
      living.push_back(&shard.conditions);
    }
  }
  const auto before = std::exchange(shared_, shared_faults(living));
  for (const auto& [check, spread] : shared_) {
    if (!shared_since_.try_emplace(check, now).second) {
      continue;
    }
    const EventId began = ports_.events.record(
        SharedFaultBegan{check, spread.sufferers, spread.living}, *conditions_changed_);
    voice_.raise(dependency_down, check,
                 check + " fails on " + std::to_string(spread.sufferers) + " of " +
                     std::to_string(spread.living) +
                     " shards: its cause is outside of them, and no game moves because of it",
                 began);
  }
  for (const auto& [check, spread] : before) {
    if (!shared_.contains(check)) {
      const auto since = shared_since_.extract(check);
      shared_until_.insert_or_assign(check, now);
      const EventId ended =
          ports_.events.record(SharedFaultEnded{check, now - since.mapped()}, *conditions_changed_);
      voice_.resolve(dependency_down, check, ended);
    }
  }
}

std::optional<LeaveReason> HealthReports::reason_to_leave(const Shard& shard, MonoTime now) const {
  if (!shard.alive() || shard.left) {
    return std::nullopt;
  }
  return arbees::reason_to_leave(shard.conditions, shard.stability.unstable(now), shared_,
                                 settings_.degraded_max, shared_until_);
}

void HealthReports::tell_leaving(Shard& shard, EventId cause, MonoTime now) {
  const auto reason = reason_to_leave(shard, now);
  if (reason == shard.leaving) {
    return;
  }
  shard.leaving = reason;
  if (reason) {
    plan_changes(ports_.events.record(ShardWantsToLeave{shard.id, std::string(to_string(*reason)),
                                                        names_of(shard.conditions.established())},
                                      cause));
  }
}

}  // namespace arbees
