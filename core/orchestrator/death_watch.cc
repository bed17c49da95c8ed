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
constexpr Duration retire_retry = seconds{60};

}  // namespace

void DeathWatch::advance(MonoTime now) {
  if (desk_.watch.sight().blind()) {
    return;  // Looks that are due wait: silence proves nothing now.
  }
  std::vector<ShardId> silent = look(now);
  const bool was_dark = mass_.dark();
  if (!hold(now, !silent.empty())) {
    if (was_dark) {
      silent = look(now);  // The end of HOLD gave them patience.
    }
    for (const ShardId& id : silent) {
      if (Shard* shard = desk_.fleet.find(id)) {
        judge(*shard, now);
      }
    }
    bury_the_proven(now);
  }
}

/// Those whose death is due now; the others are looked at again when it may be.
std::vector<ShardId> DeathWatch::look(MonoTime now) {
  std::vector<ShardId> silent;
  for (const ShardId& id : desk_.fleet.looks().due(now)) {
    const Shard& shard = *desk_.fleet.find(id);
    if (shard.status.status() == Status::dead) {
      look_at_dead(shard, now);
      continue;
    }
    const auto due = desk_.fleet.death_due(shard, desk_.watch.sight(), now);
    if (!due) {
      desk_.fleet.looks().forget(id);  // It never said who it is: there is nothing to wait for.
    } else if (*due > now) {
      desk_.fleet.looks().at(id, *due);
    } else {
      silent.push_back(id);
    }
  }
  return silent;
}

bool DeathWatch::suspect(const Shard& shard, MonoTime now) const {
  // S of ownership.md 6: 2.5 intervals, in time in which it could be heard.
  return desk_.watch.sight().seen(now) - shard.heard_at_seen > shard.interval * 5 / 2;
}

Silence DeathWatch::silence(MonoTime now) const {
  Silence found;
  for (const auto& [id, shard] : desk_.fleet.shards()) {
    const bool judged = shard.left || shard.status.status() == Status::dead;
    if (judged || shard.marks.maintenance ||
        (!shard.heard && desk_.ownership.ledger().owned_by(id).empty())) {
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

bool DeathWatch::hold(MonoTime now, bool death_due) {
  const bool due = !mass_.holding() && death_due;
  if (!due && !mass_.dark()) {
    return false;
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
      probed_.clear();
      desk_.watch.hold(share + " are silent at once");
      desk_.voice.raise(dark_alert, fleet_subject,
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
    desk_.voice.resolve(dark_alert, fleet_subject, EventId{});
  }
  return mass_.holding();
}

void DeathWatch::judge(Shard& shard, MonoTime now) {
  if (shard.death_probe) {
    return;  // Its canary decides.
  }
  if (desk_.watch.canary().enabled()) {
    shard.death_probe = desk_.watch.probe();
    probed_.insert(shard.id);
  } else {
    declare_dead(shard, now);
  }
}

void DeathWatch::bury_the_proven(MonoTime now) {
  const std::vector<ShardId> probed(probed_.begin(), probed_.end());
  for (const ShardId& id : probed) {
    Shard* shard = desk_.fleet.find(id);
    if (shard == nullptr || !shard->death_probe) {
      probed_.erase(id);  // It was heard meanwhile, or we were blind.
    } else if (desk_.watch.canary().returned(*shard->death_probe)) {
      probed_.erase(id);
      declare_dead(*shard, now);
    }
  }
}

std::optional<MonoTime> DeathWatch::deadline(MonoTime now) const {
  if (const auto ends = mass_.ends_at_seen()) {
    const Sight& sight = desk_.watch.sight();
    return sight.blind() ? std::nullopt
                         : std::optional(now + std::max(*ends - sight.seen(now), Duration{0}));
  }
  // While blind nothing is due; those whose canary is on its way wait for that.
  return desk_.watch.sight().blind() ? std::nullopt : desk_.fleet.looks().next_after(now);
}

void DeathWatch::declare_dead(Shard& shard, MonoTime now) {
  shard.death_probe.reset();
  const auto change = shard.status.died(now);
  ensure(change.has_value(), "a shard dies once");
  const EventId changed = desk_.ports.events.record(
      StatusChanged{shard.id, std::string(to_string(change->from)),
                    std::string(to_string(change->to)), "silent", change->lasted},
      EventId{});
  desk_.fleet.looks().at(shard.id, now);
  const std::vector<GameId> games = desk_.ownership.ledger().games_of(shard.id);
  const Duration silent = now - shard.last_heard;
  const EventId died = desk_.ports.events.record(
      ShardDied{shard.id, shard.generation, shard.last_heard, silent, games}, changed);
  shard.resync.reset();
  shard.reported.clear();
  desk_.delivery.abandon_all(shard, "shard_dead", died);
  desk_.health.died(shard, died);

  const WallTime wall = desk_.ports.clock.wall_now();
  desk_.voice.notify(wire::service_health_channel,
                     wire::service_dead(shard.subject(), wall - silent, games, wall), died);
  if (!shard.marks.maintenance) {
    desk_.voice.raise(
        "SHARD_DEAD", shard.id.str(),
        shard.id.str() + " is silent; its " + std::to_string(games.size()) + " games move", died);
  }
  if (std::exchange(shard.deaf, false)) {
    desk_.voice.resolve("SHARD_DEAF", shard.id.str(), died);  // Not deaf: dead.
  }
  report_fleet_health(desk_.fleet, desk_.voice, died);
  desk_.ownership.want_plan(died);
}

void DeathWatch::look_at_dead(const Shard& shard, MonoTime now) {
  const MonoTime retires = shard.last_heard + desk_.settings.retire_after;
  if (retires > now) {
    desk_.fleet.looks().at(shard.id, retires);
  } else if (!desk_.ownership.ledger().owned_by(shard.id).empty()) {
    desk_.fleet.looks().at(shard.id, now + retire_retry);  // Nobody can take its games yet.
  } else {
    const ShardId retired = shard.id;
    const EventId forgotten = desk_.ports.events.record(ShardRetired{retired}, EventId{});
    desk_.voice.resolve("SHARD_DEAD", retired.str(), forgotten);
    desk_.health.forgotten(shard);
    desk_.fleet.forget(retired);
    desk_.ownership.remember(retired);
    report_fleet_health(desk_.fleet, desk_.voice, forgotten);
  }
}

}  // namespace arbees
