#include "core/orchestrator/fleet.h"

#include <algorithm>

#include "core/base/assert.h"

namespace arbees {
namespace {

constexpr std::size_t superseded_kept = 8;

/// The next multiple of `grid` counted from the clock's origin; `moment` itself without a grid.
MonoTime round_up(MonoTime moment, Duration grid) {
  if (grid <= Duration{0}) {
    return moment;
  }
  const Duration rest = moment.time_since_epoch() % grid;
  return rest == Duration{0} ? moment : moment + (grid - rest);
}

/// Old wire says process id and start time at best; what is not said cannot differ (docs/wire.md).
bool same_process(const Incarnation& known, const wire::Heartbeat& heard) {
  if (!known.boot.none() || !heard.boot.none()) {
    return known.boot == heard.boot;
  }
  const auto differ = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a != b;
  };
  return !differ(known.process_id, heard.process_id) && !differ(known.started_at, heard.started_at);
}

/// Whether a replaced process says `heard`. One that never said who it was is not recognised.
bool is_of(const Incarnation& replaced, const wire::Heartbeat& heard) {
  if (!replaced.boot.none() || !heard.boot.none()) {
    return replaced.boot == heard.boot;
  }
  return !replaced.process_id.empty() && replaced.process_id == heard.process_id &&
         replaced.started_at == heard.started_at;
}

}  // namespace

std::string_view Shard::excluded() const {
  if (left) {
    return "ended in order";
  }
  if (status.status() == Status::dead) {
    return "dead";
  }
  if (!heard) {
    return "not heard in this term";
  }
  if (!takes_games()) {
    return "takes no games of this kind";
  }
  if (deaf) {
    return "does not hear us";
  }
  if (breaker.state() == BreakerState::open) {
    return "its breaker is open";
  }
  if (marks.draining) {
    return "draining";
  }
  return marks.cordoned ? "cordoned" : "";
}

void Fleet::load(const StoreImage& image, MonoTime now, Duration seen) {
  for (const auto& [id, row] : image.shards) {
    Shard& shard = get_or_add(id, now);
    shard.incarnation = row.incarnation;
    shard.generation = row.generation;
    shard.marks = row.marks;
    shard.last_heard = now;
    shard.heard_at_seen = seen;
  }
}

Hearing Fleet::classify(const wire::Heartbeat& beat) const {
  const auto found = shards_.find(beat.shard);
  if (found == shards_.end() || found->second.generation.none()) {
    return Hearing::first;
  }
  const Shard& shard = found->second;
  if (same_process(shard.incarnation, beat)) {
    const bool newer = beat.hb_seq.none() || beat.hb_seq > shard.hb_seq;
    return newer ? Hearing::same : Hearing::repeated;
  }
  const bool replaced = std::ranges::any_of(
      shard.superseded, [&](const Incarnation& process) { return is_of(process, beat); });
  // Replaced in an earlier term: who is there now was told a higher one. Where that one is not there, the store may be
  // of other processes, and whoever is heard is taken.
  const bool older = shard.heard && !beat.generation.none() && beat.generation < shard.generation;
  return replaced || older ? Hearing::superseded : Hearing::restarted;
}

Shard& Fleet::get_or_add(const ShardId& id, MonoTime now) {
  const auto [found, is_new] = shards_.try_emplace(id, id, settings_, now);
  if (is_new) {
    looks_.at(id, now);
  }
  return found->second;
}

Shard* Fleet::find(const ShardId& id) {
  const auto found = shards_.find(id);
  return found == shards_.end() ? nullptr : &found->second;
}

const Shard* Fleet::find(const ShardId& id) const {
  const auto found = shards_.find(id);
  return found == shards_.end() ? nullptr : &found->second;
}

Duration Fleet::timeout_of(const Shard& shard) const {
  const Duration timeout = std::max(settings_.shard_timeout, 3 * shard.interval);
  // An old shard that comes back when its games have moved doubles them, and it may be a minute on its way
  // back to Redis: where leases make sure of the others, it gets that minute.
  const bool unfenced = shard.old_wire() && shard.takes_games() && settings_.lease > Duration{0};
  return unfenced ? 2 * timeout : timeout;
}

std::optional<MonoTime> Fleet::death_due(const Shard& shard, const Sight& sight,
                                         MonoTime now) const {
  if (sight.blind() || shard.status.status() == Status::dead || shard.generation.none()) {
    return std::nullopt;
  }
  const Duration silent_seen = sight.seen(now) - shard.heard_at_seen;
  ensure(silent_seen >= Duration{0}, "seeing time does not run backwards");
  const Duration left = timeout_of(shard) + shard.patience - silent_seen;
  return round_up(now + left, settings_.death_check_grid);
}

void replace_incarnation(Shard& shard, const Incarnation& next, Generation told) {
  if (!shard.generation.none()) {
    shard.superseded.push_back(shard.incarnation);
    if (shard.superseded.size() > superseded_kept) {
      shard.superseded.pop_front();
    }
  }
  // The whole identity is replaced: keeping "the old or the new" value of each part made every later
  // beat look like another restart (M1).
  shard.incarnation = next;
  const Generation next_one = shard.generation.next();
  shard.generation = is_believed(told, next_one) ? std::max(next_one, told) : next_one;
  shard.superseded_beats = 0;
  shard.hb_seq = HeartbeatSeq{};
  shard.reported.clear();
  shard.unconfirmed_grants.clear();
  shard.left = false;
  shard.asked_at.reset();
  shard.awaits_epoch_until.reset();
  shard.follows = false;
}

}  // namespace arbees
