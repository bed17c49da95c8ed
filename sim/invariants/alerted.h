#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "core/alerts/events.h"
#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I7, judged for every alert whose condition shows in other events of the process that raises it. While
/// the condition holds, from a second after it began, the alert is open; at most one of a (type, subject);
/// after the condition ended it is resolved within what its type keeps it open and a second; it is not
/// raised unless its condition was seen. Of some conditions only the beginning is an event: for them the
/// alert must be open once within the second.
///
/// What a process knew ends with it; an alert that the next one restored is open from then on, and may stay so while that
/// one is in WARM_UP: it has not seen enough to end it. The time a
/// process is frozen does not count. What the type waits for (a second at most) is within the second.
///
/// A SHARD_DEAD that was open when an orchestrator ended, that people were told of, and that had time to be written down, is open again a second after
/// the next one took office.
///
/// Counter-example: all shards die, each death is an event, and nobody says that no game is watched.
///
/// Exercised by: each condition whose alert was open in time or not, each end, each alert raised.
class Alerted final : public Invariant {
 public:
  static constexpr std::string_view name = "I7";
  static constexpr std::string_view says =
      "each critical condition raises its alert within a second, one per key, resolved after "
      "healing, and none without its condition";

  Alerted(const Limits& limits, const FleetState& fleet);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  ///< node, type, subject
  struct Condition {
    bool holds = false;   ///< it began, and its end is an event that has not come
    SimTime due{never};   ///< by then the alert must be open
    SimTime over{never};  ///< by then it must not
    EventId event;        ///< the last one that began or ended it
  };
  /// What an orchestrator's process has seen of a shard; not of those only its store remembers.
  enum class Seen : std::uint8_t { unknown, alive, dead };
  struct Orchestrator {
    std::map<ShardId, Seen> shards;
    std::set<GameId> unplaced;
    bool warms_up = false;
  };

  void on_raised(const AlertRaised& event, const SimEnvelope& at);
  void on_inhibited(const AlertInhibited& event, const SimEnvelope& at);
  void on_restored(const AlertRestored& event, const SimEnvelope& at);
  void on_resolved(const AlertResolved& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_status(const StatusChanged& event, const SimEnvelope& at);
  void on_left(const ShardLeft& event, const SimEnvelope& at);
  void on_retired(const ShardRetired& event, const SimEnvelope& at);
  void on_deaf(const ShardDeaf& event, const SimEnvelope& at);
  void on_duplicate(const DuplicateShardHeard& event, const SimEnvelope& at);
  void on_superseded(const ShardSuperseded& event, const SimEnvelope& at);
  void on_mode_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_mode_left(const ModeLeft& event, const SimEnvelope& at);
  void on_rolled_back(const StoreRolledBack& event, const SimEnvelope& at);
  void on_jumped(const WallClockJumped& event, const SimEnvelope& at);
  void on_unplaced(const GameUnplaced& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_game_ended(const GameEnded& event, const SimEnvelope& at);
  void on_fenced(const GameFenced& event, const SimEnvelope& at);
  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_fault(const FaultStarted& event, const SimEnvelope& at);
  void on_healed(const FaultHealed& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);
  void on_exited(const NodeExited& event, const SimEnvelope& at);
  void on_crashed(const NodeCrashed& event, const SimEnvelope& at);
  void on_thawed(const NodeThawed& event, const SimEnvelope& at);
  void expired(SimTime moment) override;

  /// A condition of which only the beginning shows.
  void saw(std::string_view type, std::string_view subject, const SimEnvelope& at);
  void begins(std::string_view type, std::string_view subject, const SimEnvelope& at,
              Duration patience = {});
  void ends(std::string_view type, std::string_view subject, const SimEnvelope& at);
  void placed(const GameId& game, const SimEnvelope& at);
  void set(const ShardId& shard, Seen seen, const SimEnvelope& at);
  void drop(const NodeName& node, SimTime now);
  void judge_left_open(SimTime moment);
  void judge(const Key& key, Condition& condition, SimTime moment);
  [[nodiscard]] Duration second() const { return limits_.by_node_clock(seconds{1}); }

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<Key, Condition> conditions_;
  std::set<Key> open_;
  std::set<Key> restored_;            ///< of them, by a process that is in WARM_UP
  std::map<Key, SimTime> raised_;     ///< when those that are open were
  std::map<Key, SimTime> left_open_;  ///< by a process that ended; when they must be open again
  SimTime store_troubled_{};          ///< the last time that a disk was faulty
  std::map<std::string, Orchestrator> orchestrators_;  ///< by node
};

}  // namespace arbees::sim
