#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/processes.h"

namespace arbees::sim {

/// I22. A process whose shard id another one has taken ends by itself (ownership.md 3.3): within a second of
/// when a grant for the other one, of a higher generation, was published while the links of both programs
/// were whole. And it is the process that started last that has the name (M): who had beaten before another one was
/// started does not take its place, where nothing but programs was disturbed since that beat: its first one, or the first that was
/// sent after what was disturbed was whole again.
///
/// Judged where nothing happens to the fleet meanwhile, and for processes that have taken a grant: one that
/// never did knows of no generation of its own.
///
/// Counter-example: a rolling deployment forgets the old process, and two go on polling every game.
///
/// Exercised by: each process that was replaced and could hear so, each that joined and could have come before another.
class ReplacedEnds final : public Invariant {
 public:
  static constexpr std::string_view name = "I22";
  static constexpr std::string_view says =
      "a process whose shard id another one has taken ends when it can hear so, and the one that "
      "started last has it";

  ReplacedEnds(const Limits& limits, const FleetState& fleet);

 private:
  struct Process {
    ShardId shard;
    Boot boot;
    SimTime started{};
    SimTime first_beat = never;
    SimTime undisturbed_beat = never;  ///< the first since beats may have been lost or overtaken
    bool granted = false;
    SimTime due = never;  ///< it has been told by then
    EventId told;
  };

  void on_started(const ShardStarted& event, const SimEnvelope& at);
  void on_retired(const ShardRetired& event, const SimEnvelope& at);
  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_rolled_back(const StoreRolledBack& event, const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_beat(const HeartbeatSent& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_received(const GrantReceived& event, const SimEnvelope& at);
  void on_granted(const GrantSent& event, const SimEnvelope& at);
  void on_superseded(const ShardSuperseded& event, const SimEnvelope& at);
  void on_link_ready(const arbees::redis::LinkReady& event, const SimEnvelope& at);
  void on_link_lost(const arbees::redis::LinkLost& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  void judge_order(const ShardJoined& event, const SimEnvelope& at);
  void disturbed(const SimEnvelope& at);
  void disturb(SimTime now);
  /// A beat that the node sends now is heard before what is said later.
  [[nodiscard]] bool is_heard_in_order(std::string_view node, SimTime now) const;
  [[nodiscard]] Generation generation_of(const ShardId& shard, Boot boot) const;
  [[nodiscard]] bool reachable(std::string_view node, SimTime now) const;

  const Limits& limits_;
  const FleetState& fleet_;
  Processes<Process> processes_;
  std::map<std::pair<ShardId, Boot>, Generation> generations_;
  std::set<EventId> faults_;  ///< that are no program's alone, and go on
  SimTime disturbed_{};       ///< when beats last may have been lost or overtaken
  bool between_terms_ =
      false;  ///< an orchestrator has left its term for a higher one, and hears nobody
};

}  // namespace arbees::sim
