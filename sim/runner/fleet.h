#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/orchestrator/orchestrator.h"
#include "sim/invariants/limits.h"
#include "sim/scenario/scenario.h"
#include "sim/world/world.h"

namespace arbees::sim {

/// The live games of a scenario at any moment of it.
class GamePlan {
 public:
  /// `games` must outlive the plan.
  explicit GamePlan(std::span<const ScenarioGame> games) : games_(games) {}

  [[nodiscard]] std::vector<LiveGame> live_at(SimTime time) const;
  /// The first moment after `time` at which the list changes, if there is one.
  [[nodiscard]] std::optional<SimTime> next_change(SimTime time) const;

 private:
  std::span<const ScenarioGame> games_;
};

/// What operators will ask for. Survives the orchestrator: who finds it away, or is refused, asks again.
class OrderPlan {
 public:
  void add(SimTime at, OperatorOrder order);
  void give_due(SimTime now, Orchestrator& orchestrator);
  [[nodiscard]] std::optional<SimTime> next() const;

 private:
  struct Due {
    SimTime at;
    OperatorOrder order;
  };
  std::deque<Due> orders_;
};

/// The fleet of a scenario under one policy: what runs where, and with which settings.
class Fleet {
 public:
  /// All of them must outlive the fleet and the run.
  Fleet(const Scenario& scenario, const PolicySpec& policy, World& world);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Puts the first start of every node on the world's calendar: Redis at once, the others at drawn
  /// moments of the first seconds, as the processes of a real fleet never start in step.
  void install();
  /// From its next start on, the shard on that node is different so. Other nodes never are.
  void change(const std::string& node, const ComesBack& new_about_it);
  /// What judges must know of it.
  [[nodiscard]] static Limits limits(const Scenario& scenario, const PolicySpec& policy);

 private:
  NodeIndex add_orchestrator(const std::string& node, const OrchestratorSettings& settings,
                             StoreKind store);
  void add_replicas_and_sentinels();
  NodeIndex add_shard(const std::string& node, const ShardSettings& settings, Wire wire);
  void add_seconds(const Scenario& scenario, const PolicySpec& policy);
  void add_ownership_reader();
  void add_strangers(const Scenario& scenario);
  void add_service(const std::string& name);
  void start_within(NodeIndex node, Duration longest);

  struct ShardSetup {
    ShardSettings settings;
    Wire wire;
  };

  World& world_;
  std::map<std::string, ShardSetup> shards_;  ///< by node; read at each start
  GamePlan games_;
  OrderPlan orders_;
  RedisFleet redis_;
  std::vector<NodeIndex> servers_;   ///< Redis first, its replicas, its sentinels
  std::vector<NodeIndex> programs_;  ///< those that are started
};

}  // namespace arbees::sim
