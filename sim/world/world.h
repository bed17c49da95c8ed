#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/ports/ports.h"
#include "sim/engine/digest.h"
#include "sim/engine/node_index.h"
#include "sim/engine/recorder.h"
#include "sim/engine/stream.h"
#include "sim/engine/time.h"
#include "sim/net/config.h"
#include "sim/node/setup.h"
#include "sim/world/faults.h"
#include "sim/world/redis_setup.h"

namespace arbees::sim {

struct WorldConfig {
  std::uint64_t seed = 1;
  NetworkConfig network = {};
  ClockConfig clocks = {};
  DigestConfig digest = {};
  TapeConfig tape = {};
};

/// One seeded world: nodes, a network, Redis, a consumer of signals, faults, and the time in which it
/// all happens. Same config and same calls give the same digest, everywhere. Worlds share nothing:
/// any number may live in one process.
///
///   World world({.seed = 7});
///   const NodeIndex redis = world.add_redis("redis", 6379);
///   const NodeIndex shard = world.add_node({.name = "shard-1", .factory = make_shard});
///   world.start(redis), world.start(shard);
///   world.at(SimTime(seconds{30}), [&] { world.faults().crash(shard); });
///   world.run_until(SimTime(seconds{180}));
class World {
 public:
  explicit World(const WorldConfig& config);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// A node that runs a program of the core; off until started. Programs reach it under its name.
  NodeIndex add_node(NodeSetup setup);
  /// A node that runs the model of a Redis server; off until started. Restarting it loses its state.
  /// Down is `faults().crash`, frozen is `faults().freeze`.
  NodeIndex add_redis(std::string name, std::uint16_t port);
  /// The same, perhaps as a replica of another one.
  NodeIndex add_redis(std::string name, const RedisSetup& setup);
  /// A node that runs the model of a Redis Sentinel; off until started.
  NodeIndex add_sentinel(std::string name, const SentinelSetup& setup);
  /// Told of every event from now on, in the order of adding; must outlive the world.
  void add_observer(Observer& observer);

  /// Starts a node that is off. `cause` shows in NodeStarted.
  void start(NodeIndex node, EventId cause = {});
  /// SIGTERM to a running program, as its next step.
  void terminate(NodeIndex node);

  /// Runs `action` at `time`, between steps; actions of the same time in the order of the calls.
  void at(SimTime time, std::function<void()> action);
  /// Lets everything happen that is due up to and including `time`, which is then the present.
  void run_until(SimTime time);
  [[nodiscard]] SimTime now() const;

  [[nodiscard]] Faults& faults();
  [[nodiscard]] Streams& streams();
  [[nodiscard]] std::string_view name(NodeIndex node) const;
  /// The node of that name, if there is one.
  [[nodiscard]] std::optional<NodeIndex> find(std::string_view name) const;
  [[nodiscard]] bool running(NodeIndex node) const;
  /// The disk of a node that runs a program of the core.
  [[nodiscard]] Disk& disk(NodeIndex node);
  /// The consumer of signals has heard from the ownership feed who owns a game.
  void name_owner(const GameId& game, const ShardId& shard, Epoch epoch);
  /// Moves a node's wall clock against true time.
  void set_wall_skew(NodeIndex node, Duration skew);
  /// Local seconds per true second of a node's monotonic clock, as parts per billion above one.
  void set_drift(NodeIndex node, std::int64_t ppb);
  /// The node's own monotonic time, for tests and reports.
  [[nodiscard]] MonoTime local_time(NodeIndex node) const;

  /// Records an event in the name of the world (operators, scenario remarks).
  EventId record(EventView event, EventId cause = {});
  [[nodiscard]] const Digest& digest() const;
  [[nodiscard]] std::uint64_t events() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace arbees::sim
