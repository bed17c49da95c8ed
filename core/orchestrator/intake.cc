#include "core/orchestrator/intake.h"

#include <utility>

#include "core/base/assert.h"
#include "core/orchestrator/comparison.h"
#include "core/orchestrator/events.h"
#include "core/orchestrator/fleet_health.h"
#include "core/wire/channels.h"
#include "core/wire/notification.h"

namespace arbees {
namespace {

/// What a shard takes that does not say (the default of the existing shards, contract.md 3.1).
constexpr std::uint64_t default_max_games = 20;
/// So many fresh beats of a replaced process are no late arrival: it is alive.
constexpr std::uint64_t superseded_beats_max = 2;

std::string word(Status status) { return std::string(to_string(status)); }

}  // namespace

void Intake::ignore(Hearing hearing, const wire::Heartbeat& beat) {
  const bool superseded = hearing == Hearing::superseded;
  const EventId ignored = desk_.ports.events.record(
      HeartbeatIgnored{beat.shard, beat.boot, beat.hb_seq,
                       superseded ? "of a process that was replaced" : "not newer than the last"},
      beat.cause);
  Shard* shard = desk_.fleet.find(beat.shard);
  ensure(shard != nullptr, "only a known shard can repeat itself");
  if (!superseded || ++shard->superseded_beats < superseded_beats_max) {
    return;
  }
  EventId cause = ignored;
  if (shard->superseded_beats == superseded_beats_max) {
    cause = desk_.ports.events.record(
        DuplicateShardHeard{beat.shard, shard->incarnation.boot, beat.boot}, ignored);
  }
  desk_.voice.notice(
      "DUPLICATE_SHARD_ID", beat.shard.str(),
      "two processes call themselves " + beat.shard.str() + "; the one that started last is served",
      cause);
}

void Intake::take(const wire::Heartbeat& beat, Hearing hearing, EventId heard) {
  ensure(hearing == Hearing::first || hearing == Hearing::same || hearing == Hearing::restarted,
         "only beats of the shard's process are taken");
  Shard& shard = desk_.fleet.get_or_add(beat.shard, desk_.ports.clock.now());
  refresh(shard, beat, hearing, heard);
  update_status(shard, beat, heard);
  compare_with_ours(desk_, shard, beat, heard);
  if (beat.status == "stopping") {
    give_up(shard, heard);
    return;
  }
  confirm_grants(shard, beat, heard);
  if (const auto subscribed = beat.checks.find("redis_ok");
      subscribed == beat.checks.end() || subscribed->second) {
    shard.commands.listener_is_back(desk_.ports.clock.now());
  }
  desk_.ownership.reconcile(shard, beat, heard);
  desk_.ownership.grant(shard, heard);
}

void Intake::refresh(Shard& shard, const wire::Heartbeat& beat, Hearing hearing, EventId heard) {
  const MonoTime heard_at = desk_.watch.last_message();
  if (hearing != Hearing::same) {
    adopt_process(shard, beat, hearing, heard);
  }
  const std::uint64_t room_before = shard.max_games;
  shard.heard = true;
  shard.left = false;
  shard.last_heard = heard_at;
  shard.heard_at_seen = desk_.watch.sight().seen(heard_at);
  shard.patience = Duration{0};
  shard.patience_used = false;
  shard.death_probe.reset();
  shard.hb_seq = beat.hb_seq;
  shard.leased = beat.leased && !beat.boot.none();
  shard.interval = beat.interval.value_or(desk_.settings.heartbeat_interval);
  shard.max_games = beat.max_games.value_or(default_max_games);
  for (const auto& [game, epoch] : beat.epochs) {
    desk_.ownership.ledger().skip_epochs_to(epoch);
  }
  if (hearing != Hearing::same || room_before != shard.max_games) {
    desk_.ownership.want_plan(heard);
  }
}

void Intake::adopt_process(Shard& shard, const wire::Heartbeat& beat, Hearing hearing,
                           EventId heard) {
  const Incarnation before = shard.incarnation;
  replace_incarnation(shard, beat.incarnation());
  if (hearing == Hearing::restarted) {
    announce_restart(shard, beat, before, heard);
  }
  desk_.ports.events.record(ShardJoined{shard.id, beat.boot, shard.generation,
                                        beat.max_games.value_or(default_max_games), beat.leased},
                            heard);
  desk_.ownership.remember(shard);
}

void Intake::announce_restart(Shard& shard, const wire::Heartbeat& beat, const Incarnation& before,
                              EventId heard) {
  const MonoTime now = desk_.ports.clock.now();
  const bool overlap_possible = shard.last_heard + desk_.settings.lease_out() > now;
  const EventId restarted = desk_.ports.events.record(
      ShardRestarted{shard.id, shard.generation, before.process_id, beat.process_id,
                     before.started_at, beat.started_at, games_of(shard), overlap_possible},
      heard);
  desk_.delivery.abandon_all(shard, "shard_restarted", restarted);
  desk_.voice.notify(
      wire::service_health_channel,
      wire::service_restarted(wire::shard_subject(shard.id), beat.process_id, before.started_at,
                              beat.started_at, desk_.ports.clock.wall_now()),
      restarted);
  desk_.ownership.schedule_resync(shard, restarted, now);
}

void Intake::update_status(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  const Health health = health_of(beat.status, beat.checks);
  const bool was_dead = shard.status.status() == Status::dead;
  const auto change = shard.status.heard(health.status, desk_.ports.clock.now());
  if (!change) {
    return;
  }
  const WallTime now = desk_.ports.clock.wall_now();
  if (was_dead) {
    const EventId recovered =
        desk_.ports.events.record(ShardRecovered{shard.id, change->lasted}, heard);
    desk_.voice.notify(wire::degradation_channel,
                       wire::service_recovered(wire::shard_subject(shard.id), change->lasted, now),
                       recovered);
  }
  // Also for a shard that an earlier orchestrator declared dead.
  desk_.voice.resolve("SHARD_DEAD", shard.id.str(), heard);
  const EventId changed = record_status(shard, *change, health.why, heard);
  report_fleet_health(desk_.fleet, desk_.voice, changed);
  if (change->to == Status::degraded || change->to == Status::unhealthy) {
    const bool critical = change->to == Status::unhealthy;
    desk_.voice.notify(
        wire::degradation_channel,
        wire::service_degraded(wire::shard_subject(shard.id), health.why, critical, now), changed);
  }
  desk_.ownership.want_plan(changed);
}

void Intake::confirm_grants(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  auto& unconfirmed = shard.unconfirmed_grants;
  while (!unconfirmed.empty() && unconfirmed.front().hb_seq <= beat.last_grant) {
    unconfirmed.pop_front();
  }
  const Duration unanswered =
      unconfirmed.empty()
          ? Duration{0}
          : desk_.watch.sight().seen(desk_.ports.clock.now()) - unconfirmed.front().sent_at_seen;
  const bool deaf = shard.leased && desk_.settings.lease > Duration{0} && !unconfirmed.empty() &&
                    unanswered >= desk_.settings.lease_out();
  if (deaf == shard.deaf) {
    return;
  }
  shard.deaf = deaf;
  desk_.ownership.want_plan(heard);
  if (!deaf) {
    desk_.voice.resolve("SHARD_DEAF", shard.id.str(), heard);
    return;
  }
  const EventId event =
      desk_.ports.events.record(ShardDeaf{shard.id, unanswered, games_of(shard)}, heard);
  desk_.voice.raise("SHARD_DEAF", shard.id.str(),
                    shard.id.str() + " is heard but does not get our grants; its games move",
                    event);
}

void Intake::give_up(Shard& shard, EventId heard) {
  shard.left = true;
  if (const auto change = shard.status.died(desk_.ports.clock.now())) {
    record_status(shard, *change, "it ended in order", heard);
  }
  const EventId left =
      desk_.ports.events.record(ShardLeft{shard.id, shard.generation, games_of(shard)}, heard);
  if (std::exchange(shard.deaf, false)) {
    desk_.voice.resolve("SHARD_DEAF", shard.id.str(), left);
  }
  report_fleet_health(desk_.fleet, desk_.voice, left);
  shard.reported.clear();
  shard.resync.reset();
  desk_.delivery.abandon_all(shard, "shard_left", left);
  desk_.ownership.give_back_all(shard, left);
  desk_.ownership.want_plan(left);
}

EventId Intake::record_status(const Shard& shard, const StatusChange& change, std::string why,
                              EventId cause) {
  return desk_.ports.events.record(
      StatusChanged{shard.id, word(change.from), word(change.to), std::move(why), change.lasted},
      cause);
}

std::vector<GameId> Intake::games_of(const Shard& shard) const {
  const std::set<GameId>& owned = desk_.ownership.ledger().owned_by(shard.id);
  return {owned.begin(), owned.end()};
}

}  // namespace arbees
