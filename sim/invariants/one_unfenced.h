#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// I29: what I1 forbids to be done is not even possible: when a shard is allowed to emit for a game, no other shard that is
/// able to say so is. I1 needs two signals, a period apart; this sees an overlap of a millisecond.
///
/// A process that stands still cannot say that its lease is over, nor one that is slow; two processes of one shard, shards
/// without a lease and those of the existing system are for I1.
///
/// Counter-example: the orchestrator crashes after it gave a game to another shard and before it told the owner. Its
/// successor grants the game to the new owner before the old one has heard of it.
///
/// Exercised by: each game that a shard may emit for and that another one had before.
class OneUnfenced final : public Invariant {
 public:
  static constexpr std::string_view name = "I29";
  static constexpr std::string_view says = "no two shards may emit for one game at one instant";

  OneUnfenced(const Limits& limits, const FleetState& fleet);

 private:
  struct Grantee {
    ShardId shard;
    bool may_emit = false;
    SimTime since{};
  };

  void on_unfenced(const GameUnfenced& event, const SimEnvelope& at);
  void on_fenced(const GameFenced& event, const SimEnvelope& at);
  void on_removed(const GameRemoved& event, const SimEnvelope& at);
  void on_shard_started(const ShardStarted& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);
  void on_exited(const NodeExited& event, const SimEnvelope& at);
  void on_crashed(const NodeCrashed& event, const SimEnvelope& at);
  void on_thawed(const NodeThawed& event, const SimEnvelope& at);

  void ended(std::string_view node);
  /// Its program says at once what changes for it.
  [[nodiscard]] bool speaks(const std::string& node, SimTime now) const;
  [[nodiscard]] bool is_judged(const std::string& node) const;

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<GameId, std::map<std::string, Grantee>> games_;  ///< by node
  std::set<std::string> unleased_;                          ///< nodes whose shard nobody can fence
  std::map<std::string, SimTime> thawed_;
};

}  // namespace arbees::sim
