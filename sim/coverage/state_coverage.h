#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/engine/recorder.h"

namespace arbees::sim {

/// Which faults met the fleet in which state: pairs of (abstract state, kind of fault), the measure of what a
/// search has tried. A fault counts with the role of its target (a shard, Redis), not its name. The state is what the orchestrator believes and does: its modes, how many shards it calls
/// dead, whether games move, whether it runs at all.
class StateCoverage final : public Observer {
 public:
  void observe(const SimEnvelope& event) override;
  /// "BLIND dead=1 moving × crash shard", each once, ordered.
  [[nodiscard]] const std::set<std::string>& pairs() const { return pairs_; }
  /// The state now, in words.
  [[nodiscard]] const std::string& state() const { return state_; }

 private:
  bool follow(const SimEnvelope& event);
  void update();

  std::map<EventId, std::string> faults_;  ///< going on, by what started them
  std::set<std::string> modes_;
  std::set<ShardId> known_;
  std::set<ShardId> dead_;
  std::set<GameId> moving_;
  bool orchestrator_runs_ = false;
  std::string state_ = "no orchestrator";
  std::set<std::string> pairs_;
};

}  // namespace arbees::sim
