#include "core/orchestrator/intake.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/orchestrator/comparison.h"
#include "core/orchestrator/events.h"
#include "core/orchestrator/fleet_health.h"
#include "core/wire/channels.h"
#include "core/wire/notification.h"

namespace arbees {
namespace {

/// What a shard takes that does not say (the default of the existing shards; docs/wire.md).
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
  if (!shard.takes_games()) {
    return;
  }
  confirm_grants(shard, beat, heard);
  if (const auto subscribed = beat.checks.find("redis_ok");
      subscribed == beat.checks.end() || subscribed->second) {
    shard.commands.listener_is_back(desk_.ports.clock.now());
  }
  desk_.ownership.reconcile(shard, beat, heard);
  desk_.delivery.judge_unanswered(shard, heard);
  note_no_op(shard, heard);
  desk_.ownership.grant(shard, heard);
}

/// One that gets no grants has nothing else to acknowledge: a beat that says what it should is enough.
void Intake::note_no_op(Shard& shard, EventId heard) {
  if ((shard.leased && desk_.settings.lease > Duration{0}) || !shard.commands.empty()) {
    return;
  }
  const auto& owned = desk_.ownership.ledger().owned_by(shard.id);
  if (std::ranges::all_of(
          owned, [&](const auto& entry) { return shard.reported.contains(entry.first); })) {
    desk_.health.answered(shard, desk_.ports.clock.now(), heard);
  }
}

void Intake::refresh(Shard& shard, const wire::Heartbeat& beat, Hearing hearing, EventId heard) {
  const MonoTime heard_at = desk_.watch.last_message();
  shard.type = type_of_shard(beat);
  if (hearing != Hearing::same) {
    adopt_process(shard, beat, hearing, heard);
  } else if (beat.generation > shard.generation && is_believed(beat.generation, shard.generation)) {
    shard.generation = beat.generation;
    desk_.ownership.remember(shard.id);
  }
  const std::uint64_t room_before = shard.max_games;
  const Duration interval = beat.interval.value_or(desk_.settings.heartbeat_interval);
  if (hearing != Hearing::same || interval != shard.interval ||
      shard.status.status() == Status::dead) {
    desk_.fleet.looks().at(shard.id, desk_.ports.clock.now());
  }
  shard.heard = true;
  shard.left = false;
  note_life(shard, heard_at);
  shard.patience = Duration{0};
  shard.patience_used = false;
  shard.death_probe.reset();
  shard.hb_seq = beat.hb_seq;
  shard.leased = beat.leased && !beat.boot.none();
  shard.interval = interval;
  shard.max_games = beat.max_games.value_or(default_max_games);
  hear_epochs(beat, heard);
  if (hearing != Hearing::same || room_before != shard.max_games) {
    desk_.ownership.want_plan(heard);
  }
}

void Intake::note_life(Shard& shard, MonoTime heard_at) const {
  shard.last_heard = heard_at;
  shard.heard_at_seen = desk_.watch.sight().seen(heard_at);
}

void Intake::hear_alone(const wire::Heartbeat& beat) const {
  if (Shard* shard = desk_.fleet.find(beat.shard)) {
    note_life(*shard, desk_.watch.last_message());
  }
}

void Intake::hear_epochs(const wire::Heartbeat& beat, EventId heard) {
  const Epoch newest = beat.newest_epoch();
  Ledger& ledger = desk_.ownership.ledger();
  const bool of_no_term = ledger.hear_epoch(newest);
  if (!ledger.hear_decided(newest) && !of_no_term) {
    return;
  }
  desk_.ownership.doubt_store();
  const EventId rolled = desk_.ports.events.record(
      StoreRolledBack{beat.shard, beat.seen_term, newest, desk_.voice.office().term}, heard);
  desk_.voice.notice("STORE_ROLLBACK", "store",
                     "shards have seen epoch " + std::to_string(newest.value()) +
                         ", of which the store knows nothing: it lost commits or was not durable",
                     rolled);
}

void Intake::adopt_process(Shard& shard, const wire::Heartbeat& beat, Hearing hearing,
                           EventId heard) {
  const Incarnation before = shard.incarnation;
  if (std::exchange(shard.deaf, false)) {
    desk_.voice.resolve("SHARD_DEAF", shard.id.str(), heard);
  }
  replace_incarnation(shard, beat.incarnation(), beat.generation);
  if (hearing == Hearing::restarted) {
    if (!beat.seen_term.none() && beat.seen_term < desk_.voice.office().term) {
      desk_.ownership.doubt_rows_unless_all_heard();
    }
    announce_restart(shard, beat, before, heard);
    shard.marks.maintenance = false;  // What was planned has happened.
  }
  desk_.ports.events.record(ShardJoined{shard.id, beat.boot, shard.generation,
                                        beat.max_games.value_or(default_max_games), beat.leased},
                            heard);
  desk_.health.joined(shard, hearing == Hearing::restarted, heard);
  desk_.ownership.remember(shard.id);
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
  desk_.voice.notify(wire::service_health_channel,
                     wire::service_restarted(shard.subject(), beat.process_id, before.started_at,
                                             beat.started_at, desk_.ports.clock.wall_now()),
                     restarted);
  desk_.ownership.schedule_resync(shard, restarted, now);
}

void Intake::update_status(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  const auto change = desk_.health.heard(shard, beat, heard);
  if (!change) {
    return;
  }
  const WallTime now = desk_.ports.clock.wall_now();
  const wire::Subject subject = shard.subject();
  if (change->from == Status::dead) {
    const EventId recovered =
        desk_.ports.events.record(ShardRecovered{shard.id, change->lasted}, heard);
    desk_.voice.notify(wire::degradation_channel,
                       wire::service_recovered(subject, change->lasted, now), recovered);
  }
  // Also for a shard that an earlier orchestrator declared dead.
  desk_.voice.resolve("SHARD_DEAD", shard.id.str(), heard);
  const EventId changed =
      record_status(shard, *change, reason_of(*change, shard.conditions), heard);
  report_fleet_health(desk_.fleet, desk_.voice, changed);
  if (change->to == Status::unhealthy || (change->to == Status::degraded && !change->probation)) {
    // The status gets there in steps; people hear of it once.
    const bool critical = shard.conditions.worst() == Status::unhealthy;
    if (change->to == Status::degraded || !shard.told_critical) {
      const std::string faults = names_of(shard.conditions.established());
      desk_.voice.notify(wire::degradation_channel,
                         wire::service_degraded(subject, faults, critical, now), changed);
    }
    shard.told_critical = critical;
  } else if (change->to == Status::healthy && change->unwell > Duration{0} &&
             change->from != Status::dead && !change->probation) {
    desk_.voice.notify(wire::degradation_channel,
                       wire::service_recovered(subject, change->unwell, now), changed);
  }
  desk_.ownership.want_plan(changed);
}

void Intake::confirm_grants(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  auto& unconfirmed = shard.unconfirmed_grants;
  std::optional<MonoTime> acknowledged;
  while (!unconfirmed.empty() && unconfirmed.front().hb_seq <= beat.last_grant) {
    acknowledged = unconfirmed.front().sent;
    unconfirmed.pop_front();
  }
  if (acknowledged) {
    desk_.health.answered(shard, *acknowledged, heard);
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
  if (const auto change = shard.status.ended_in_order(desk_.ports.clock.now())) {
    record_status(shard, *change, "it ended in order", heard);
  }
  desk_.health.left(shard);
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
  return desk_.ownership.ledger().games_of(shard.id);
}

}  // namespace arbees
