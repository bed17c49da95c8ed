#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I22. A process whose shard id another one has taken ends by itself (ownership.md 3.3): within a second of
/// when a grant for the other one, of a higher generation, was published while the links of both programs
/// were whole.
///
/// Judged where nothing happens to the fleet meanwhile, and for processes that have taken a grant: one that
/// never did knows of no generation of its own.
///
/// Counter-example: a rolling deployment forgets the old process, and two go on polling every game.
///
/// Exercised by: each process that was replaced and could hear so.
class ReplacedEnds final : public Invariant {
 public:
  static constexpr std::string_view name = "I22";
  static constexpr std::string_view says =
      "a process whose shard id another one has taken ends when it can hear so";

  ReplacedEnds(const Limits& limits, const FleetState& fleet);

 private:
  struct Process {
    ShardId shard;
    Boot boot;
    bool granted = false;
    SimTime due = never;  ///< it has been told by then
    EventId told;
  };

  void on_started(const ShardStarted& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_received(const GrantReceived& event, const SimEnvelope& at);
  void on_granted(const GrantSent& event, const SimEnvelope& at);
  void on_superseded(const ShardSuperseded& event, const SimEnvelope& at);
  void on_link_lost(const redis::LinkLost& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  [[nodiscard]] Generation generation_of(const ShardId& shard, Boot boot) const;
  [[nodiscard]] bool reachable(std::string_view node, SimTime now) const;

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<std::string, Process, std::less<>> processes_;  ///< by node
  std::map<std::pair<ShardId, Boot>, Generation> generations_;
};

}  // namespace arbees::sim
