#pragma once

#include <cstdint>
#include <optional>

#include "core/alerts/settings.h"
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
  Duration retire_after =
      seconds{3'600};  ///< a shard without games, silent this long, is forgotten

  /// The operator's word that no shard holds a lease of an earlier orchestrator, so that games may be
  /// placed at once although the store cannot prove it (a store that is not durable).
  bool new_fleet = false;

  /// L_out: when a grant sent at t is certainly over, t + lease_out() (ownership.md 4.2).
  [[nodiscard]] Duration lease_out() const;
};

}  // namespace arbees
