#include "sim/invariants/limits.h"

#include <algorithm>
#include <utility>

namespace arbees::sim {
namespace {

constexpr Duration ceil_div(Duration span, std::uint64_t parts) {
  return Duration{(span.count() + static_cast<Duration::rep>(parts) - 1) /
                  static_cast<Duration::rep>(parts)};
}

/// Relation 7 of ownership.md 6: up to 190 games a shard this is at most 10 s.
Duration resync_bound(const OrchestratorSettings& settings, std::uint64_t max_games,
                      Duration round_trip) {
  const std::uint64_t batch = std::max<std::uint64_t>(settings.resync_batch, 1);
  const auto batches = static_cast<Duration::rep>((max_games + batch - 1) / batch);
  const Duration sum = settings.resync_debounce + batches * settings.resync_pause +
                       2 * settings.resend_first + 2 * round_trip;
  return std::max<Duration>(seconds{10}, sum);
}

}  // namespace

Duration Limits::recovery(const Disturbance& disturbance, std::uint64_t live_games) const {
  // "Already silent" is time in which the orchestrator could hear, which an observer does not know: the
  // whole timeout is allowed where a process is silent, the whole lease where only links were.
  const bool silent = disturbance.silent_shards > 0;
  const auto names =
      static_cast<std::uint64_t>(std::ranges::count(shards, false, &FleetShard::second));
  const bool mass = hold_percent > 0 && disturbance.silent_shards > 2 &&
                    disturbance.silent_shards * 100 >= names * hold_percent;
  const Duration taken_over =
      std::max(silent ? shard_timeout : Duration{}, lease_out) + (mass ? hold_max : Duration{});

  Duration bound = canary_timeout + resend_cap + 2 * round_trip;
  if (failover_games_per_second > 0) {
    bound +=
        ceil_div(seconds{1} * static_cast<Duration::rep>(live_games), failover_games_per_second);
  }
  switch (disturbance.kind) {
    case Disturbance::Kind::game_came: break;
    case Disturbance::Kind::shard_silenced: bound += taken_over; break;
    case Disturbance::Kind::shard_returned: bound += reconnect + resync + old_wire_beat; break;
    case Disturbance::Kind::links_mended: bound += reconnect + grace + taken_over; break;
    case Disturbance::Kind::orchestrator_started:
      bound += reconnect + (silent ? grace : Duration{}) + std::max(warm_up_max, taken_over);
      break;
  }
  return by_node_clock(bound);
}

bool Limits::over(const GameId& game, SimTime now) const {
  const auto ends = game_ends.find(game);
  return ends != game_ends.end() && ends->second <= now;
}

Duration Limits::by_node_clock(Duration span) const {
  constexpr std::int64_t million = 1'000'000;
  const auto slower = static_cast<std::int64_t>(clock_drift_ppm);
  // In parts, so that a span of days times the drift stays within 64 bits.
  return span + span / million * slower + (span % million) * slower / million +
         Duration{slower > 0 ? 1 : 0};
}

Limits limits_of(std::vector<std::string> redis, std::vector<std::string> orchestrators,
                 const OrchestratorSettings& orchestrator, std::span<const ShardOfFleet> shards) {
  Limits limits;
  limits.redis = std::move(redis);
  limits.orchestrators = std::move(orchestrators);
  limits.lease_out = orchestrator.lease_out();
  limits.farewell_out = orchestrator.lease_out(orchestrator.farewell_lease);
  limits.shard_timeout = orchestrator.shard_timeout + orchestrator.death_check_grid;
  limits.silence = orchestrator.shard_timeout;
  limits.hold_percent = orchestrator.hold_enter_percent;
  limits.degraded_max = orchestrator.degraded_max;
  limits.warm_up_max = orchestrator.warm_up_max;
  limits.hold_max = orchestrator.hold_enter_percent > 0 ? orchestrator.hold_max : Duration{};
  limits.canary_timeout = orchestrator.canary_timeout;
  limits.canary_period = orchestrator.canary_period;
  limits.resend_cap = orchestrator.resend_cap;
  limits.failover_games_per_second = orchestrator.failover_games_per_second;
  limits.command_answer = std::max(limits.command_answer, orchestrator.command_alert);
  limits.refused = std::max(limits.refused, orchestrator.prepare_timeout);
  limits.handoffs_max = orchestrator.handoffs_max;
  limits.store_patience = orchestrator.store_patience;
  limits.store_out_max = orchestrator.store_out_max;
  limits.clock_drift_ppm = orchestrator.clock_drift_ppm;
  limits.reconnect = orchestrator.redis.reconnect_time();
  // An attempt is on its way, or waits; and the one after it.
  limits.link_ready = std::max<Duration>(limits.link_ready, limits.reconnect + seconds{1});
  limits.refused_wait = orchestrator.redis.refused_wait;
  limits.outbox_messages = orchestrator.redis.outbox_messages;
  limits.outbox_bytes = orchestrator.redis.outbox_bytes;

  Duration heartbeat = orchestrator.heartbeat_interval;
  Duration signal{};
  std::uint64_t max_games = 0;
  bool all_repeat = true;
  for (const ShardOfFleet& shard : shards) {
    limits.shards.push_back(
        {.node = shard.node,
         .shard = shard.settings.id,
         .max_games = shard.settings.max_games,
         .old_wire = shard.old_wire,
         .second = std::ranges::find(limits.shards, shard.settings.id, &FleetShard::shard) !=
                   limits.shards.end()});
    heartbeat = std::max(heartbeat, shard.settings.heartbeat_interval);
    if (shard.old_wire) {
      limits.old_wire_beat = std::max(limits.old_wire_beat, shard.settings.heartbeat_interval);
    }
    limits.applied_gap = std::max(limits.applied_gap, shard.settings.applied_gap);
    all_repeat = all_repeat && shard.settings.unanswered_repeat > Duration{};
    limits.unanswered_repeat = std::max(limits.unanswered_repeat, shard.settings.unanswered_repeat);
    limits.tombstone_life = std::min(limits.tombstone_life, shard.settings.tombstone_life);
    signal = std::max(signal, shard.settings.signal_period);
    max_games = std::max(max_games, shard.settings.max_games);
    limits.outbox_messages =
        std::max<std::uint64_t>(limits.outbox_messages, shard.settings.redis.outbox_messages);
    limits.outbox_bytes =
        std::max<std::uint64_t>(limits.outbox_bytes, shard.settings.redis.outbox_bytes);
  }
  if (!all_repeat) {
    limits.unanswered_repeat = {};
  }
  if (signal > Duration{}) {
    limits.signal_period = signal;
  }
  limits.shard_timeout =
      std::max(limits.shard_timeout, 3 * heartbeat + orchestrator.death_check_grid);
  limits.heartbeat = heartbeat;
  limits.grace = 2 * heartbeat + limits.reconnect;
  limits.tidied = limits.grace + limits.reconnect + limits.warm_up_max + limits.lease_out +
                  limits.command_answer + 3 * heartbeat;
  limits.heard_within = limits.grace + limits.reconnect;
  if (limits.old_wire_beat > Duration{}) {
    limits.hold_max = 5 * limits.hold_max;  // Who cannot be fenced is waited for longer.
    if (orchestrator.lease > Duration{}) {
      limits.shard_timeout = 2 * limits.shard_timeout;  // its grace
    }
    // A beat that says what it runs, the removal, and one more if that was lost.
    limits.old_wire_lets_go =
        limits.reconnect + 2 * limits.old_wire_beat + limits.resend_cap + 2 * limits.round_trip;
  }
  // What a fault left behind may fail until its command is as old as it has to be and two more beats are
  // heard; then the longest wait, and a trial in which each beat acknowledges one grant, after the first.
  const auto trial = static_cast<Duration::rep>(orchestrator.circuit_successes + 1);
  limits.breaker_closes = limits.reconnect + orchestrator.command_alert + 3 * heartbeat +
                          std::max(orchestrator.circuit_open, orchestrator.circuit_open_max) +
                          trial * heartbeat + limits.round_trip;
  limits.resync = resync_bound(orchestrator, max_games, limits.round_trip);
  // Whoever is silent is dead by then, who is back has its games anew.
  limits.doubt_settled = std::max(
      limits.tidied, limits.shard_timeout + limits.grace + limits.hold_max + limits.resync);
  return limits;
}

}  // namespace arbees::sim
