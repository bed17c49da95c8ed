#pragma once

#include <cstdint>
#include <optional>

#include "core/alerts/settings.h"
#include "core/health/breaker.h"
#include "core/redis/bus.h"

namespace arbees {

/// What the orchestrator can be told. Times, defaults and the relations between them are those of
/// ownership.md 6; core/settings reads them from the environment and checks the relations.
struct OrchestratorSettings {
  redis::BusSettings redis;
  AlertSettings alerts;
  Duration shard_timeout = seconds{60};       ///< T: silence after which a shard is dead
  Duration death_check_grid{};                ///< deaths are noticed on multiples of it; 0: at once
  Duration heartbeat_interval = seconds{10};  ///< assumed of a shard that does not say its own
  Duration lease = seconds{45};               ///< L: how long a grant lasts; 0: no grants are sent
  std::uint64_t clock_drift_ppm = 5'000;      ///< rho: how far two monotonic clocks may run apart
  Duration lease_margin = seconds{2};         ///< m in L_out = L·(1+rho)/(1−rho)+m
  Duration canary_period = seconds{2};        ///< 0: no canary, so never BLIND
  Duration canary_timeout = seconds{5};
  Duration warm_up_min = seconds{2};  ///< with warm_up_max = 0: no WARM_UP at all
  Duration warm_up_max = seconds{60};
  std::uint64_t hold_enter_percent = 55;  ///< of the shards silent at once: HOLD; 0: never
  std::uint64_t hold_leave_percent = 40;
  Duration hold_max = seconds{60};  ///< then the silent are confirmed dead; x 5 if one is unfenced
  Duration stall = seconds{2};      ///< an own timer later than this: nothing was heard meanwhile
  Duration resend_first = milliseconds{500};
  Duration resend_cap = seconds{8};
  std::optional<std::uint64_t>
      resend_limit;  ///< none: until it is settled; 0: a command is sent once
  Duration command_alert = seconds{30};
  Duration resync_debounce = seconds{5};
  std::uint64_t resync_batch = 5;                 ///< games resent at once,
  Duration resync_pause = milliseconds{100};      ///< and the pause before the next batch
  std::uint64_t failover_games_per_second = 100;  ///< 0: the games of a dead shard stay with it
  Duration prepare_timeout = seconds{30};  ///< a successor that is not ready by then is given up
  std::uint64_t handoffs_max = 10;         ///< planned moves under way at once; 0: none are made
  std::uint64_t rebalance_trigger_percent = 125;  ///< of the mean fullness; 0: never
  std::uint64_t rebalance_share_percent = 10;     ///< of the games, moved in one round
  Duration rebalance_cool_down = seconds{60};     ///< between two rounds
  Duration store_patience = seconds{5};    ///< a commit unanswered for so long: the store is out
  Duration store_out_max = seconds{300};   ///< then nothing is decided before it is back
  Duration paused_alert = seconds{1'800};  ///< an operator's pause this long alerts
  Duration farewell_lease =
      seconds{180};  ///< of the last grants of an orchestrator that ends; 0: none
  Duration retire_after =
      seconds{3'600};  ///< a shard without games, silent this long, is forgotten

  std::uint64_t circuit_failures = 3;   ///< failed commands in a row that open a shard's breaker
  std::uint64_t circuit_successes = 2;  ///< that close it, half-open
  Duration circuit_open = seconds{30};  ///< until it is half-open; doubled with each relapse,
  Duration circuit_open_max = seconds{120};  ///< up to this; not closed for so long: an alert
  Duration status_settle = seconds{5};       ///< what comes and goes within it changes no status
  std::uint64_t recovery_beats = 3;          ///< good ones in a row before who was dead is healthy
  Duration degraded_max = seconds{60};     ///< degraded alone for so long: games move; 0: they stay
  Duration flap_half_life = seconds{300};  ///< of the penalty for getting worse; 0: none is counted
  std::uint64_t flap_limit = 3;            ///< penalties at once that make a shard flapping

  /// The operator's word that no shard holds a lease of an earlier orchestrator, so that games may be
  /// placed at once although the store cannot prove it (a store that is not durable).
  bool new_fleet = false;

  /// L_out: when a grant sent at t is certainly over, t + lease_out() (ownership.md 4.2).
  [[nodiscard]] Duration lease_out() const { return lease_out(lease); }
  /// The same for a grant of another length.
  [[nodiscard]] Duration lease_out(Duration granted) const;
  /// In so long each shard that can say what it runs has done so: a beat and a reconnect.
  [[nodiscard]] Duration listening() const { return heartbeat_interval + redis.reconnect_time(); }

  [[nodiscard]] BreakerLimits breaker() const {
    return {circuit_failures, circuit_successes, circuit_open, circuit_open_max};
  }
  /// How long every beat of one that was dead, and beats so often, must be good before it is healthy: up
  /// to half an interval before the last of the beats is due, so that none has to be early.
  [[nodiscard]] Duration probation(Duration beat_interval) const {
    const auto beats = static_cast<Duration::rep>(recovery_beats);
    return beats < 2 ? Duration{0} : beat_interval * (2 * beats - 3) / 2;
  }
};

}  // namespace arbees
