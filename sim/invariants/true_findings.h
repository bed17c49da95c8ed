#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/assignment/events.h"
#include "core/health/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// I17, per orchestrator: what it finds out about a shard is so.
///
///   1. Who is declared dead was not heard by it for the timeout, and was not whole for all of the time in which it
///      should have been heard (`Limits::heard_within`). Who cannot hear judges nobody.
///   2. Several deaths at once, of most of those it has heard, come after a HOLD, and a HOLD only when so many shards
///      of those it looks after can be
///      silent: it looks after those it has heard and those that own games.
///   3. A shard restarts no more often than processes of that name were started.
///   4. A shard to which nothing has happened for long, nor to its orchestrator, which left no mode since, has no zombie, is not deaf, opens no
///      breaker, and is no target of a planned move that comes too late.
///   5. An office is lost once, to one other term.
///   6. No shard becomes healthy that has been degraded, and says so, for longer than it takes to hear it.
///   7. No shard has a reason of its own to leave where what fails fails on most shards that answer, or did until
///      lately.
///
/// A shard is whole while its process answers and nothing is in the way between it and Redis. Where two processes of a
/// name are possible, or a stranger speaks in its name, or the shard is of the existing system at some time, 1 (its second half) and 4 are not judged.
///
/// Counter-example: an orchestrator is stopped for a minute and declares all shards dead before it has read what they
/// said meanwhile.
///
/// Exercised by: each such finding.
class TrueFindings final : public Invariant {
 public:
  static constexpr std::string_view name = "I17";
  static constexpr std::string_view says =
      "who is declared dead, deaf, restarted, at fault or among many silent ones is so";

  TrueFindings(const Limits& limits, const FleetState& fleet);

 private:
  struct Heard {
    MonoTime at{};
    bool leased = true;
    bool dead = false;
    bool known = false;
    std::uint64_t restarts = 0;
  };
  struct Freeze {
    SimTime from{};
    SimTime until{};
  };
  struct Office {
    std::map<ShardId, Heard> shards;
    std::deque<SimTime> deaths;  ///< of lately
    SimTime held{};              ///< when it was in HOLD last
    bool holds = false;
    bool ever_held = false;
    bool stepped_down = false;
    SimTime mode_left{};  ///< until then a mode held something back
  };
  struct Watched {
    std::uint64_t all = 0;
    std::uint64_t silent = 0;  ///< of them, those that are not whole for long
  };
  /// How long a check has failed on most shards that answer.
  struct Shared {
    std::map<ShardId, SimTime> sufferers;
    bool most = false;
    SimTime since{};    ///< that it is, or is not, most of them
    Duration lasted{};  ///< of the last time that it was
  };

  void on_started(const OrchestratorStarted& event, const SimEnvelope& at);
  void on_node_started(const NodeStarted& event, const SimEnvelope& at);
  void on_frozen(const NodeFrozen& event, const SimEnvelope& at);
  void on_thawed(const NodeThawed& event, const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_restarted(const ShardRestarted& event, const SimEnvelope& at);
  void on_mode_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_mode_left(const ModeLeft& event, const SimEnvelope& at);
  void on_zombie(const ZombieFound& event, const SimEnvelope& at);
  void on_deaf(const ShardDeaf& event, const SimEnvelope& at);
  void on_opened(const BreakerOpened& event, const SimEnvelope& at);
  void on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at);
  void on_status(const StatusChanged& event, const SimEnvelope& at);
  void on_stepped_down(const SteppedDown& event, const SimEnvelope& at);
  void on_leaving(const ShardWantsToLeave& event, const SimEnvelope& at);
  void on_failed(const DependencyFailed& event, const SimEnvelope& at);
  void on_hostile(const HostileMessageHeard& event, const SimEnvelope& at);
  void on_recovered(const DependencyRecovered& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);

  [[nodiscard]] Watched watched_by(const Office& office, SimTime now) const;
  void judge_silence(const Heard& heard, const ShardDied& event, const SimEnvelope& at);
  void judge_mass(Office& office, const ShardDied& event, const SimEnvelope& at);
  /// The one node of a shard of ours; empty where there may be two, or it is of the existing system at some time.
  [[nodiscard]] std::string only_node_of(const ShardId& shard, bool old_wire_too = false) const;
  /// Whole for so long, at least.
  /// From when on a node could hear of what changed: from then, or when it could go on if it stood still meanwhile.
  [[nodiscard]] SimTime could_learn(std::string_view node, SimTime changed) const;
  [[nodiscard]] bool whole_for(const std::string& node, Duration span, SimTime now) const;
  /// Nothing has happened to the shard, nor to who speaks, for as long as what happened before may show.
  [[nodiscard]] bool quiet(const std::string& node, const SimEnvelope& at) const;
  void judge_quiet(const ShardId& shard, const std::string& what, const SimEnvelope& at);
  void update_shared(SimTime now);

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<std::string, Office, std::less<>> offices_;  ///< by node
  std::map<std::string, Freeze, std::less<>> frozen_;   ///< the last time, by node
  std::map<ShardId, std::uint64_t> starts_;             ///< of processes
  std::map<std::string, Shared, std::less<>> shared_;   ///< by check
  SimTime stores_work_since_{};
  std::map<GameId, ShardId> owners_;
  std::set<ShardId> forged_;  ///< in whose name a stranger has spoken
};

}  // namespace arbees::sim
