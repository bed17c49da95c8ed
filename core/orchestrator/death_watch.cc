#include "core/orchestrator/death_watch.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/orchestrator/events.h"
#include "core/wire/channels.h"
#include "core/wire/notification.h"

namespace arbees {

void DeathWatch::advance(MonoTime now) {
  for (auto& [id, shard] : desk_.fleet.shards()) {
    judge(shard, now);
  }
  retire_the_forgotten(now);
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
  const bool anyone = std::ranges::any_of(desk_.fleet.shards(), [](const auto& entry) {
    return entry.second.alive() && !entry.second.left;
  });
  if (!anyone) {
    desk_.voice.raise("NO_HEALTHY_SHARDS", "fleet", "no shard is alive: no live game is watched",
                      died);
  }
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
    desk_.fleet.forget(id);
    desk_.ownership.forget(id);
  }
}

}  // namespace arbees
