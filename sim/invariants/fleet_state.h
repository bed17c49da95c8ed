#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/orchestrator/events.h"
#include "core/redis/events.h"
#include "core/shard/events.h"
#include "sim/invariants/limits.h"
#include "sim/invariants/listener.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// Everything by which a fleet is broken or mended.
using FleetEvents = EventList<NodeStarted, NodeExited, NodeCrashed, NodeFrozen, NodeThawed,
                              FaultStarted, FaultHealed, OperatorAsked, ShardMarked>;

/// What an all-seeing observer knows of the nodes and of what is broken now: what a bound that runs
/// "while links are up" or "from healing" is measured by. Add it to a dispatcher before those who ask it.
///
/// A process that crashed, exited or froze is known by its node's own events; a few faults are of disks, or of what shards
/// work with beside Redis;
/// any other fault is a fault of links from FaultStarted to FaultHealed. Its target is a node ("redis": all links of it) or two
/// sides ("a,b->redis": the links between them).
class FleetState final : public Listener {
 public:
  /// `limits` must outlive it.
  explicit FleetState(const Limits& limits);

  /// The node's program runs and takes steps.
  [[nodiscard]] bool answers(std::string_view node) const;
  /// The node answers, every Redis answers, and no fault is on the way between them.
  [[nodiscard]] bool link_clear(std::string_view node) const;
  /// Since when `link_clear` is what it is.
  [[nodiscard]] SimTime link_clear_since(std::string_view node) const;
  /// Both links of the node's program are ready, by its own word.
  [[nodiscard]] bool links_ready(std::string_view node) const;

  /// Both links are clear and ready, and are the ones that they seem to be: made since they were last disturbed, or so long
  /// after it that a connection that died in silence would have been noticed.
  [[nodiscard]] bool links_whole(std::string_view node, SimTime now) const;

  /// Redis refused a link of the node by configuration, which is asked again after a wait of its own, and the link
  /// is not ready since, or not for `span`.
  [[nodiscard]] bool refused_within(std::string_view node, Duration span, SimTime now) const;

  /// The node's program is overloaded: it does everything, later than it would.
  [[nodiscard]] bool slow(std::string_view node) const;

  /// No fault of a disk is active: what is decided can be committed.
  [[nodiscard]] bool stores_work() const { return store_faults_.empty(); }

  /// Every Redis and an orchestrator answer and reach each other, no fault of disks is active, none of links but those
  /// that cut shards off, and no operator holds moves back.
  [[nodiscard]] bool healed() const;
  /// Nothing passes from the node to Redis, or back: it might as well not run.
  [[nodiscard]] bool cut_off(std::string_view node) const;
  [[nodiscard]] bool is_shard(std::string_view node) const;
  [[nodiscard]] bool is_orchestrator(std::string_view node) const;
  /// A process of that name answers, and is not cut off.
  [[nodiscard]] bool any_answers(const ShardId& shard) const;
  /// How many games the shards take together that answer and are neither cordoned nor drained.
  [[nodiscard]] std::uint64_t capacity() const;
  /// An operator has said that it will be restarted.
  [[nodiscard]] bool under_maintenance(const ShardId& shard) const {
    return maintenance_.contains(shard);
  }
  /// Whether a shard may be given games from now on, as far as its marks go.
  [[nodiscard]] static bool gets_games(const ShardMarked& event);
  /// Whether a fault of this kind shows in node events, so that it breaks no links by itself.
  [[nodiscard]] static bool is_of_process(std::string_view fault);
  /// Whether a fault of this kind breaks something that shards work with beside Redis, and no links.
  [[nodiscard]] static bool is_of_dependency(std::string_view fault);
  /// Whether a fault of this kind changes a clock, and no links.
  [[nodiscard]] static bool is_of_clock(std::string_view fault);
  /// Whether a fault of this kind breaks a disk, and no links.
  [[nodiscard]] static bool is_of_disk(std::string_view fault);

 private:
  struct Node {
    bool running = false;
    bool frozen = false;
    bool clear = false;
    SimTime clear_since{};
    std::array<bool, 2> link_ready{};  ///< by role
    std::array<SimTime, 2> ready_since{};
    std::array<bool, 2> refused{};         ///< by configuration, and not ready since
    std::optional<SimTime> refused_until;  ///< when the last of these links was ready
  };
  struct Fault {
    std::vector<std::string> left;
    std::vector<std::string> right;  ///< empty: all links of `left`
    bool cuts = false;               ///< nothing passes, in one direction at least
  };

  void on_started(const NodeStarted& event, const SimEnvelope& at);
  void on_exited(const NodeExited& event, const SimEnvelope& at);
  void on_crashed(const NodeCrashed& event, const SimEnvelope& at);
  void on_frozen(const NodeFrozen& event, const SimEnvelope& at);
  void on_thawed(const NodeThawed& event, const SimEnvelope& at);
  void on_fault(const FaultStarted& event, const SimEnvelope& at);
  void on_healed(const FaultHealed& event, const SimEnvelope& at);
  void on_asked(const OperatorAsked& event, const SimEnvelope& at);
  /// A store that was restored may have a pause that was ended since.
  void on_mode_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_marked(const ShardMarked& event, const SimEnvelope& at);
  void on_shard_started(const ShardStarted& event, const SimEnvelope& at);
  void on_link_ready(const arbees::redis::LinkReady& event, const SimEnvelope& at);
  void on_link_lost(const arbees::redis::LinkLost& event, const SimEnvelope& at);

  void on_misconfigured(const arbees::redis::LinkMisconfigured& event, const SimEnvelope& at);

  /// The next orchestrator knows no more than was written down.
  void forget_unwritten(const NodeName& node);
  void set(const NodeName& node, bool running, bool frozen, SimTime now);
  void update(SimTime now);
  [[nodiscard]] bool redis_answers() const;
  [[nodiscard]] bool obstructs(const Fault& fault, std::string_view node) const;
  /// The fault only cuts off shards, of which the others need nothing.
  [[nodiscard]] bool is_survived(const Fault& fault) const;
  [[nodiscard]] bool touches_redis(const std::vector<std::string>& side) const;
  [[nodiscard]] const Node* find(std::string_view node) const;

  const Limits& limits_;
  std::map<std::string, Node, std::less<>> nodes_;
  std::map<EventId, Fault> faults_;
  bool paused_ = false;
  std::set<EventId> store_faults_;
  std::map<EventId, std::vector<std::string>> slow_;  ///< nodes, by fault
  std::map<ShardId, std::uint64_t> rooms_;  ///< as its newest process says; else as it is set up
  std::set<ShardId> marked_;                ///< by an operator: they get no games
  std::set<ShardId>
      unwritten_;  ///< the end of their mark, by an orchestrator whose store is in trouble
  std::set<ShardId> ever_marked_;  ///< a store that was restored may have it marked again
  std::set<ShardId> maintenance_;  ///< their silence alarms nobody
  std::set<ShardId> unwritten_maintenance_;
  std::set<ShardId> ever_maintenance_;
};

}  // namespace arbees::sim
