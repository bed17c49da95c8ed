#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "core/orchestrator/events.h"
#include "core/redis/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I20. An orchestrator that can speak and hear again does not wait: it asks every shard to beat when its
/// blindness ends (the roll call of ownership.md 2), so that one whose links are whole is heard within a
/// second; and as soon as both its links are ready it says again every command that is not answered, for
/// what a lost link had taken may have arrived nowhere.
///
/// Judged where nothing happens to the fleet meanwhile. Shards of the old wire answer no roll call; a name
/// with two processes is not judged. An orchestrator that has found its store gone back in time holds no term until the
/// next one is durable: nobody answers it, and it hears nobody.
///
/// Counter-example: Redis is back, the shards are heard when their regular beat comes, 10 s later.
///
/// Exercised by: each shard that was heard after blindness, each command that was said again or not.
class AskedAgain final : public Invariant {
 public:
  static constexpr std::string_view name = "I20";
  static constexpr std::string_view says =
      "an orchestrator whose links are back hears every shard within a second, and says again at "
      "once what is not answered";

  AskedAgain(const Limits& limits, const FleetState& fleet);

 private:
  using Command = std::tuple<std::string, ShardId, CommandSeq>;  ///< with the orchestrator's node
  struct Wait {
    std::string orchestrator;
    SimTime since{};
    SimTime due{};
    EventId event;
  };

  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_ignored(const HeartbeatIgnored& event, const SimEnvelope& at);
  void on_mode_left(const ModeLeft& event, const SimEnvelope& at);
  void on_mode_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_sent(const CommandSent& event, const SimEnvelope& at);
  void on_ended(const CommandEnded& event, const SimEnvelope& at);
  void on_link_ready(const arbees::redis::LinkReady& event, const SimEnvelope& at);
  void on_link_lost(const arbees::redis::LinkLost& event, const SimEnvelope& at);
  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_rolled_back(const StoreRolledBack& event, const SimEnvelope& at);
  void on_stepped_down(const SteppedDown& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  [[nodiscard]] bool speaks_alone(std::string_view orchestrator, SimTime now) const;
  [[nodiscard]] bool hears_at_once(const ShardId& shard) const;
  void answered(const ShardId& shard);
  void drop_waits(std::string_view node);
  void forget(std::string_view orchestrator);
  [[nodiscard]] bool reachable(std::string_view node, SimTime now) const;

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<std::string, std::set<ShardId>, std::less<>> known_;  ///< heard by this process, by node
  std::map<std::string, Term, std::less<>> terms_;               ///< the newest of each node
  std::set<std::string, std::less<>> between_terms_;  ///< nodes that have left one for a higher one
  std::set<Command> pending_;
  std::map<ShardId, Wait> calls_;
  std::map<Command, Wait> repeats_;
};

}  // namespace arbees::sim
