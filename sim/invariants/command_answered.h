#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "core/alerts/events.h"
#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I9. A command begins with its first CommandSent and ends with a CommandEnded of the same orchestrator,
/// shard and number. 30 s after its beginning it has ended, or an alert COMMAND_UNACKED is open or was
/// raised since whose subject is the shard, or names it and the game.
///
/// The time an orchestrator is frozen does not count; when its process ends or steps down, its commands
/// end with it (the next one plans from state). The shard's death, restart or leaving end its commands
/// only through the CommandEnded that must follow.
///
/// Counter-example: resends are off, the one message is lost, and nobody ever says so.
///
/// Exercised by: each command that ended, or whose time was up.
class CommandAnswered final : public Invariant {
 public:
  static constexpr std::string_view name = "I9";
  static constexpr std::string_view says =
      "each command ends acknowledged, refused, superseded, or its shard dead, restarted or left, "
      "or is "
      "alerted within 30 s";

  CommandAnswered(const Limits& limits, const FleetState& fleet);

 private:
  using Key = std::tuple<std::string, ShardId, CommandSeq>;  ///< with the orchestrator's node
  struct Pending {
    std::string type;
    GameId game;
    SimTime sent{};
    SimTime due{};
    EventId event;
  };
  struct Alert {
    SimTime raised{};
    bool open = false;
  };

  void on_sent(const CommandSent& event, const SimEnvelope& at);
  void on_ended(const CommandEnded& event, const SimEnvelope& at);
  void on_raised(const AlertRaised& event, const SimEnvelope& at);
  void on_restored(const AlertRestored& event, const SimEnvelope& at);
  void on_resolved(const AlertResolved& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);
  void on_exited(const NodeExited& event, const SimEnvelope& at);
  void on_crashed(const NodeCrashed& event, const SimEnvelope& at);
  void on_stepped_down(const SteppedDown& event, const SimEnvelope& at);
  void on_thawed(const NodeThawed& event, const SimEnvelope& at);
  void expired(SimTime moment) override;

  void drop(std::string_view orchestrator);
  [[nodiscard]] bool alerted(std::string_view orchestrator, const ShardId& shard,
                             const Pending& command) const;

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<Key, Pending> pending_;
  std::map<std::pair<std::string, std::string>, Alert> alerts_;  ///< by node and subject
};

}  // namespace arbees::sim
