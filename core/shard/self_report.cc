#include "core/shard/self_report.h"

#include <array>
#include <optional>
#include <string_view>

#include "core/shard/events.h"
#include "core/wire/timestamp.h"

namespace arbees {
namespace {

/// What a shard works with beside Redis, by the names of the existing system.
constexpr std::array<std::string_view, 2> dependency_checks{"espn_api_ok", "zmq_ok"};

}  // namespace

EventId SelfReport::look_at_dependencies(EventId cause) {
  const ShardId& shard = subject_.settings.id;
  for (const std::string_view check : dependency_checks) {
    const std::optional<EventId> why =
        dependencies_ == nullptr ? std::nullopt : dependencies_->failing(check);
    if (why && failing_.emplace(check).second) {
      cause = ports_.events.record(DependencyFailed{shard, std::string(check)}, *why);
    } else if (!why && failing_.erase(std::string(check)) > 0) {
      cause = ports_.events.record(DependencyRecovered{shard, std::string(check)}, cause);
    }
  }
  return cause;
}

wire::Heartbeat SelfReport::heartbeat(const Moment& moment, EventId cause) {
  wire::Heartbeat beat;
  beat.hb_seq = moment.hb_seq;
  beat.cause = cause;
  tell_identity(beat);
  tell_health(moment, beat);
  tell_obedience(beat);
  tell_games(beat);
  promise(beat);
  return beat;
}

void SelfReport::tell_identity(wire::Heartbeat& beat) const {
  const ShardSettings& settings = subject_.settings;
  beat.shard = settings.id;
  beat.shard_type = settings.type;
  beat.max_games = settings.max_games;
  beat.timestamp = wire::to_rfc3339(ports_.clock.wall_now());
  beat.started_at = subject_.identity.started_at;
  beat.process_id = subject_.identity.process_id;
  beat.version = settings.version;
  beat.boot = subject_.identity.boot;
  beat.generation = subject_.allegiance.generation();
  beat.interval = settings.heartbeat_interval;
  beat.leased = settings.lease_mode != LeaseMode::off;
}

void SelfReport::tell_health(const Moment& moment, wire::Heartbeat& beat) const {
  beat.status = moment.stopping ? "stopping" : failing_.empty() ? "healthy" : "degraded";
  beat.checks.emplace("redis_ok", moment.subscribed);
  for (const std::string_view check : dependency_checks) {
    beat.checks.emplace(check, !failing_.contains(std::string(check)));
  }
}

void SelfReport::tell_obedience(wire::Heartbeat& beat) const {
  beat.seen_term = subject_.allegiance.office().term;
  beat.seen_instance = subject_.allegiance.office().instance;
  beat.asked_by = subject_.allegiance.asked_by();
  beat.seen_epoch = subject_.allegiance.seen_epoch();
  if (subject_.allegiance.sworn()) {
    beat.applied = subject_.applied.report();
  }
}

void SelfReport::tell_games(wire::Heartbeat& beat) const {
  for (const auto& [id, game] : subject_.games.games()) {
    beat.games.push_back(id);
    beat.epochs.emplace(id, game.epoch);
  }
  beat.refused = subject_.games.refused();
  beat.fenced = subject_.emission.fenced();
}

void SelfReport::promise(wire::Heartbeat& beat) {
  subject_.emission.give_up_late_grants(beat.hb_seq);
  beat.last_grant = subject_.emission.lease().newest();
  beat.void_upto = subject_.emission.lease().given_up();
}

}  // namespace arbees
