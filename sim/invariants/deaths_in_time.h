#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// I31: who is silent is declared dead in time: after its timeout, one time of patience and a canary, in time in which
/// the orchestrator could hear it (ownership.md 4.10). The end of a blindness or of a stall gives no more than that one.
///
/// Time in which it could hear is what lies between its own words on that (`mode_left`, `mode_entered` BLIND, `stall_noticed`),
/// less what it may have missed before it noticed. A silence during which deaths were held back (HOLD), the
/// orchestrator warmed up, or was slow, is not judged, nor a shard in whose name a stranger speaks.
///
/// Counter-example: Redis comes and goes every 20 s, each time the silent are given 24 s more, and a shard that is dead
/// is never called so.
///
/// Exercised by: each silent shard that was declared dead, or was not in time.
class DeathsInTime final : public Invariant {
 public:
  static constexpr std::string_view name = "I31";
  static constexpr std::string_view says =
      "a silent shard is declared dead in time, however often the orchestrator could not see";

  DeathsInTime(const Limits& limits, const FleetState& fleet);

 private:
  struct Silence {
    Duration heard_at{};  ///< on the office's count of time in which it could hear
    bool judged = true;
    EventId event;
  };
  struct Office {
    bool in_office = false;
    bool blind = false;
    bool frozen = false;
    std::set<std::string> restrictions;  ///< modes in which nobody dies, or later
    Duration seen{};                     ///< time in which it could hear, at least
    SimTime since{};                     ///< that it sees
    std::map<ShardId, Silence> silent;   ///< shards that are not dead, since they were heard
  };

  void on_started(const OrchestratorStarted& event, const SimEnvelope& at);
  void on_exited(const NodeExited& event, const SimEnvelope& at);
  void on_crashed(const NodeCrashed& event, const SimEnvelope& at);
  void on_frozen(const NodeFrozen& event, const SimEnvelope& at);
  void on_thawed(const NodeThawed& event, const SimEnvelope& at);
  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_stepped_down(const SteppedDown& event, const SimEnvelope& at);
  void on_mode_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_mode_left(const ModeLeft& event, const SimEnvelope& at);
  void on_stall(const StallNoticed& event, const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_left(const ShardLeft& event, const SimEnvelope& at);
  void on_retired(const ShardRetired& event, const SimEnvelope& at);
  void on_fault(const FaultStarted& event, const SimEnvelope& at);
  void on_hostile(const HostileMessageHeard& event, const SimEnvelope& at);
  void expired(SimTime moment) override;

  void end(std::string_view node);
  /// Counts what it has seen until now; `lost`: less so much, as it may have been blind before it noticed.
  void count(Office& office, SimTime now, Duration lost = {});
  void excuse_all(Office& office);
  void look(Office& office, SimTime now);
  [[nodiscard]] Duration bound() const;

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<std::string, Office, std::less<>> offices_;  ///< by node
  std::set<ShardId> forged_;                            ///< in whose name a stranger has spoken
};

}  // namespace arbees::sim
