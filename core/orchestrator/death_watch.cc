#include "core/orchestrator/death_watch.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/orchestrator/events.h"
#include "core/orchestrator/fleet_health.h"
#include "core/wire/channels.h"
#include "core/wire/notification.h"

namespace arbees {
namespace {

constexpr const char* dark_alert = "FLEET_DARK";
constexpr const char* alert_subject = "fleet";

}  // namespace

void DeathWatch::advance(MonoTime now) {
  if (!hold(now)) {
    for (auto& [id, shard] : desk_.fleet.shards()) {
      judge(shard, now);
    }
  }
  retire_the_forgotten(now);
}

bool DeathWatch::suspect(const Shard& shard, MonoTime now) const {
  // S of ownership.md 6: 2.5 intervals, in time in which it could be heard.
  return desk_.watch.sight().seen(now) - shard.heard_at_seen > shard.interval * 5 / 2;
}

Silence DeathWatch::silence(MonoTime now) const {
  Silence found;
  for (const auto& [id, shard] : desk_.fleet.shards()) {
    const bool judged = shard.left || shard.status.status() == Status::dead;
    if (judged || (!shard.heard && desk_.ownership.ledger().owned_by(id).empty())) {
      continue;
    }
    ++found.watched;
    if (suspect(shard, now)) {
      ++found.silent;
      found.unfenced = found.unfenced || !shard.leased;
    }
  }
  ensure(found.silent <= found.watched, "the silent are among those we look after");
  return found;
}

bool DeathWatch::death_is_due(MonoTime now) const {
  return std::ranges::any_of(desk_.fleet.shards(), [&](const auto& entry) {
    const auto due = desk_.fleet.death_due(entry.second, desk_.watch.sight(), now);
    return due && *due <= now;
  });
}

bool DeathWatch::hold(MonoTime now) {
  const bool due = !mass_.holding() && death_is_due(now);
  if (desk_.watch.sight().blind() || (!due && !mass_.dark())) {
    return mass_.holding();
  }
  const Silence found = silence(now);
  const std::string share =
      std::to_string(found.silent) + " of " + std::to_string(found.watched) + " shards";
  switch (mass_.look(found, due, desk_.watch.sight().seen(now))) {
    case MassSilence::Change::none: break;
    case MassSilence::Change::began:
      for (auto& [id, shard] : desk_.fleet.shards()) {
        shard.death_probe.reset();
      }
      desk_.watch.hold(share + " are silent at once");
      desk_.voice.raise(dark_alert, alert_subject,
                        share +
                            " are silent at once; their games are not moved before it is "
                            "clear that they stay away",
                        EventId{});
      break;
    case MassSilence::Change::recovered:
      // The first to be back says that the others are on their way.
      desk_.watch.be_patient(now);
      [[fallthrough]];
    case MassSilence::Change::confirmed:
      desk_.watch.end_hold();
      desk_.ownership.want_plan(EventId{});
      break;
  }
  if (!mass_.dark()) {
    desk_.voice.resolve(dark_alert, alert_subject, EventId{});
  }
  return mass_.holding();
}

void DeathWatch::judge(Shard& shard, MonoTime now) {
  if (shard.death_probe) {
    if (!desk_.watch.sight().blind() && desk_.watch.canary().returned(*shard.death_probe)) {
      declare_dead(shard, now);
    }
    return;
  }
  const auto due = desk_.fleet.death_due(shard, desk_.watch.sight(), now);
  if (!due || *due > now) {
    return;
  }
  if (desk_.watch.canary().enabled()) {
    shard.death_probe = desk_.watch.probe();
  } else {
    declare_dead(shard, now);
  }
}

std::optional<MonoTime> DeathWatch::deadline(MonoTime now) const {
  if (const auto ends = mass_.ends_at_seen()) {
    const Sight& sight = desk_.watch.sight();
    return sight.blind() ? std::nullopt
                         : std::optional(now + std::max(*ends - sight.seen(now), Duration{0}));
  }
  std::optional<MonoTime> first;
  for (const auto& [id, shard] : desk_.fleet.shards()) {
    if (shard.death_probe) {
      continue;  // Its canary decides.
    }
    const auto due = desk_.fleet.death_due(shard, desk_.watch.sight(), now);
    if (due && (!first || *due < *first)) {
      first = due;
    }
  }
  return first;
}

void DeathWatch::declare_dead(Shard& shard, MonoTime now) {
  shard.death_probe.reset();
  const auto change = shard.status.died(now);
  ensure(change.has_value(), "a shard dies once");
  const EventId changed = desk_.ports.events.record(
      StatusChanged{shard.id, std::string(to_string(change->from)),
                    std::string(to_string(change->to)), "silent", change->lasted},
      EventId{});
  const std::set<GameId>& owned = desk_.ownership.ledger().owned_by(shard.id);
  const std::vector<GameId> games(owned.begin(), owned.end());
  const Duration silent = now - shard.last_heard;
  const EventId died = desk_.ports.events.record(
      ShardDied{shard.id, shard.generation, shard.last_heard, silent, games}, changed);
  shard.resync.reset();
  shard.reported.clear();
  desk_.delivery.abandon_all(shard, "shard_dead", died);

  const WallTime wall = desk_.ports.clock.wall_now();
  desk_.voice.notify(wire::service_health_channel,
                     wire::service_dead(wire::shard_subject(shard.id), wall - silent, games, wall),
                     died);
  desk_.voice.raise(
      "SHARD_DEAD", shard.id.str(),
      shard.id.str() + " is silent; its " + std::to_string(games.size()) + " games move", died);
  if (std::exchange(shard.deaf, false)) {
    desk_.voice.resolve("SHARD_DEAF", shard.id.str(), died);  // Not deaf: dead.
  }
  report_fleet_health(desk_.fleet, desk_.voice, died);
  desk_.ownership.want_plan(died);
}

void DeathWatch::retire_the_forgotten(MonoTime now) {
  std::vector<ShardId> retired;
  for (const auto& [id, shard] : desk_.fleet.shards()) {
    if (shard.status.status() == Status::dead &&
        shard.last_heard + desk_.settings.retire_after <= now &&
        desk_.ownership.ledger().owned_by(id).empty()) {
      retired.push_back(id);
    }
  }
  for (const ShardId& id : retired) {
    const EventId forgotten = desk_.ports.events.record(ShardRetired{id}, EventId{});
    desk_.voice.resolve("SHARD_DEAD", id.str(), forgotten);
    desk_.fleet.forget(id);
    desk_.ownership.forget(id);
  }
  if (!retired.empty()) {
    report_fleet_health(desk_.fleet, desk_.voice, EventId{});
  }
}

}  // namespace arbees
