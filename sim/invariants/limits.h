#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/orchestrator/settings.h"
#include "core/shard/settings.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// A node that runs a game shard.
struct FleetShard {
  std::string node;
  ShardId shard;
  std::uint64_t max_games = 0;
  bool old_wire = false;  ///< it speaks the old wire, at some time: nobody can fence it then
  bool second = false;    ///< another process of a name that is in the list before
};

/// Something after which a fleet needs time until every live game is served.
struct Disturbance {
  enum class Kind : std::uint8_t {
    game_came,       ///< a game became live
    shard_silenced,  ///< a shard's process ended or froze
    shard_returned,  ///< it was started again, or goes on
    links_mended,    ///< a fault of links, a Redis or the orchestrator's freeze is over
    orchestrator_started,
  };
  Kind kind;
  std::uint64_t silent_shards = 0;  ///< shards whose process does not answer from now on
};

/// What judges need to know of a run: who runs where, and the bounds that follow from its settings
/// (ownership.md 6).
struct Limits {
  std::vector<std::string> redis;          ///< nodes
  std::vector<std::string> orchestrators;  ///< nodes
  std::vector<FleetShard> shards;
  /// Games that are live from the beginning, whether or not an orchestrator notices them.
  std::vector<GameId> games;
  /// When games end, whether or not an orchestrator notices: one that has forgotten a game says nothing.
  std::map<GameId, SimTime> game_ends;

  Duration signal_period = seconds{1};
  Duration
      applied_gap{};  ///< the longest until a shard says that it has let go, if it has just said something
  Duration lease_out{};     ///< L_out
  Duration farewell_out{};  ///< L_out of the last grants of an orchestrator that ended in order
  Duration
      shard_timeout{};  ///< T, the longest of the fleet, with the grid on which death is noticed
  Duration silence{};   ///< I17: the shortest timeout of a shard that can be fenced
  Duration heard_within{};         ///< I17: a shard that is whole for so long was heard
  std::uint64_t hold_percent = 0;  ///< of the shards silent at once: HOLD; 0: never
  Duration degraded_max{};  ///< a condition of its own for so long is a reason to leave; 0: never
  Duration tidied{};        ///< I18: nobody is left with a game that is not its own
  Duration warm_up_max{};
  Duration grace{};  ///< 2 hb + R, once per silence, after BLIND or a stall
  Duration hold_max = seconds{60};
  Duration canary_timeout{};
  Duration canary_period{};
  Duration heartbeat{};  ///< the longest interval of the fleet
  Duration resend_cap{};
  Duration round_trip = milliseconds{100};      ///< of the undisturbed network, generously
  std::uint64_t failover_games_per_second = 0;  ///< 0: no failover, so nothing to wait for
  std::uint64_t handoffs_max = 10;              ///< I5: planned moves under way at once
  Duration store_patience = seconds{5};         ///< longest time a commit may take and count
  Duration link_ready = seconds{5};             ///< I15
  Duration reconnect{};                         ///< R: connect deadline + backoff cap
  Duration refused_wait{};        ///< what a refusal by configuration adds to `link_ready`
  Duration resync = seconds{10};  ///< I8
  Duration old_wire_beat{};  ///< how much later than others a shard of old wire says what it did
  /// I1: how long a shard of old wire goes on with a game that is not its own, from when it can be told.
  Duration old_wire_lets_go{};
  Duration command_answer = seconds{30};  ///< I9
  Duration refused =
      seconds{30};  ///< I27: for so long who could not take a game is not asked again
  /// I8, I21: where nothing is disturbed for so long after the leases of what a store has lost, no row of before is in doubt.
  Duration doubt_settled = seconds{300};
  Duration breaker_closes = seconds{150};  ///< I6: cap and trial
  Duration unanswered_repeat{};  ///< I19: of all shards the longest; 0: one does not repeat
  Duration store_out_max = seconds{300};   ///< I21: decisions go on for so long without a store
  Duration tombstone_life = seconds{600};  ///< I23: of all shards the shortest
  std::uint64_t clock_drift_ppm = 0;  ///< how much slower than the truth a node's clock may run

  // I11: what may wait, at most.
  std::uint64_t outbox_messages = 0;  ///< for the link of a program
  std::uint64_t outbox_bytes = 0;
  std::uint64_t program_queue = 2U
                                << 20U;  ///< for the network: 1 MiB, and the message that passed it
  std::uint64_t redis_queue = 48U << 20U;  ///< 32 MiB of a subscriber, and the frame that passed it
  std::uint64_t message_bytes = 1U << 20U;  ///< longer ones are read past

  /// Whether a game has ended, by `game_ends`.
  [[nodiscard]] bool over(const GameId& game, SimTime now) const;
  /// How long after `disturbance` all live games must be served, if nothing else happens: the terms of
  /// ownership.md 6 ("I2 bound") that apply to it.
  [[nodiscard]] Duration recovery(const Disturbance& disturbance, std::uint64_t live_games) const;
  /// A span on a node's clock, as long as it may last in virtual time.
  [[nodiscard]] Duration by_node_clock(Duration span) const;
};

/// One shard of a fleet, as a runner sets it up.
struct ShardOfFleet {
  std::string node;
  ShardSettings settings;
  bool old_wire = false;
};

/// The limits of a fleet with these settings. The games are the caller's to fill in.
[[nodiscard]] Limits limits_of(std::vector<std::string> redis,
                               std::vector<std::string> orchestrators,
                               const OrchestratorSettings& orchestrator,
                               std::span<const ShardOfFleet> shards);

}  // namespace arbees::sim
