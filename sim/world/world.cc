#include "sim/world/world.h"

#include <utility>
#include <vector>

#include "core/base/assert.h"
#include "sim/engine/event_queue.h"
#include "sim/net/network.h"
#include "sim/node/node.h"
#include "sim/world/redis_node.h"
#include "sim/world/sentinel_node.h"
#include "sim/world/signals.h"

namespace arbees::sim {
namespace {

/// So many steps at one instant mean that somebody goes round in circles.
constexpr std::uint64_t steps_per_instant_max = 10'000'000;

}  // namespace

struct World::Parts {
  /// Actions of the scenario, between the steps of the nodes.
  class Agenda final : private Receiver {
   public:
    explicit Agenda(EventQueue<SimTime>& queue) : queue_(queue) {}

    void add(SimTime time, std::function<void()> action) {
      const AlarmId alarm = queue_.add(*this, actions_.size());
      actions_.push_back({alarm, std::move(action)});
      queue_.arm(alarm, time);
    }

   private:
    struct Entry {
      AlarmId alarm;
      std::function<void()> action;
    };

    void on_due(std::uint64_t tag) override {
      const std::function<void()> action = std::exchange(actions_[tag].action, nullptr);
      queue_.remove(actions_[tag].alarm);
      action();
    }

    EventQueue<SimTime>& queue_;
    std::vector<Entry> actions_;
  };

  explicit Parts(const WorldConfig& config)
      : clocks(config.clocks),
        streams(config.seed, config.tape),
        recorder(streams, config.digest),
        network(queue, now, streams.get("network"), recorder, config.network),
        agenda(queue),
        signals(recorder, now),
        faults(network, machines, recorder, now) {
    // The places of the world itself and of the consumer of signals.
    machines.resize(recorder.node_count());
  }

  [[nodiscard]] Machine& machine(NodeIndex node) {
    ensure(value(node) < machines.size() && machines[value(node)] != nullptr,
           "the node was added to this world");
    return *machines[value(node)];
  }

  [[nodiscard]] Node& program_node(NodeIndex node) {
    Node* found = dynamic_cast<Node*>(&machine(node));
    ensure(found != nullptr, "the node runs a program of the core");
    return *found;
  }

  [[nodiscard]] NodeContext context() {
    return {.queue = queue,
            .now = now,
            .streams = streams,
            .recorder = recorder,
            .network = network,
            .signals = signals};
  }

  ClockConfig clocks;
  SimTime now{};
  EventQueue<SimTime> queue;
  Streams streams;
  Recorder recorder;
  Network network;
  Agenda agenda;
  SignalConsumer signals;
  WritesByHistory writes;
  Machines machines;  ///< by NodeIndex; destroyed before what they talk to
  Faults faults;
};

World::World(const WorldConfig& config) : parts_(std::make_unique<Parts>(config)) {}

World::~World() = default;

NodeIndex World::add_node(NodeSetup setup) {
  const NodeIndex index = parts_->recorder.add_node(setup.name);
  parts_->machines.push_back(
      std::make_unique<Node>(index, std::move(setup), parts_->context(), parts_->clocks));
  return index;
}

NodeIndex World::add_redis(std::string name, std::uint16_t port) {
  return add_redis(std::move(name), RedisSetup{.port = port, .replica_of = {}});
}

NodeIndex World::add_redis(std::string name, const RedisSetup& setup) {
  Parts& parts = *parts_;
  const std::uint64_t seed = parts.streams.get("redis:" + name).next();
  const NodeIndex index = parts.recorder.add_node(std::move(name));
  parts.machines.push_back(
      std::make_unique<RedisNode>(index, setup,
                                  RedisNode::Context{.queue = parts.queue,
                                                     .streams = parts.streams,
                                                     .now = parts.now,
                                                     .recorder = parts.recorder,
                                                     .network = parts.network,
                                                     .writes = parts.writes,
                                                     .wall_epoch = parts.clocks.wall_epoch,
                                                     .seed = seed}));
  return index;
}

NodeIndex World::add_sentinel(std::string name, const SentinelSetup& setup) {
  Parts& parts = *parts_;
  Stream& draws = parts.streams.get("sentinel:" + name);
  const NodeIndex index = parts.recorder.add_node(std::move(name));
  parts.machines.push_back(std::make_unique<SentinelNode>(index, setup, parts.queue, parts.network,
                                                          parts.recorder, parts.now, draws));
  return index;
}

void World::add_observer(Observer& observer) { parts_->recorder.add_observer(observer); }

void World::start(NodeIndex node, EventId cause) { parts_->machine(node).start(cause); }

void World::terminate(NodeIndex node) { parts_->machine(node).terminate(); }

void World::at(SimTime time, std::function<void()> action) {
  ensure(time >= parts_->now, "actions lie in the future");
  parts_->agenda.add(time, std::move(action));
}

void World::run_until(SimTime time) {
  SimTime instant = parts_->now;
  std::uint64_t steps = 0;
  while (parts_->queue.run_next(time, parts_->now)) {
    steps = parts_->now == instant ? steps + 1 : 0;
    instant = parts_->now;
    ensure(steps < steps_per_instant_max,
           "time goes on: a program does not arm timers in the past for ever");
  }
  parts_->now = time;
}

SimTime World::now() const { return parts_->now; }

Faults& World::faults() { return parts_->faults; }

Streams& World::streams() { return parts_->streams; }

std::string_view World::name(NodeIndex node) const { return parts_->recorder.name(node); }

std::optional<NodeIndex> World::find(std::string_view name) const {
  for (std::uint32_t i = 0; i < parts_->recorder.node_count(); ++i) {
    if (parts_->recorder.name(NodeIndex{i}) == name) {
      return NodeIndex{i};
    }
  }
  return std::nullopt;
}

bool World::running(NodeIndex node) const {
  return parts_->machine(node).state() == Machine::State::running;
}

Disk& World::disk(NodeIndex node) { return parts_->program_node(node).disk(); }

void World::name_owner(const GameId& game, const ShardId& shard, Epoch epoch) {
  parts_->signals.owner_named(game, shard, epoch);
}

void World::set_wall_skew(NodeIndex node, Duration skew) {
  if (auto* redis = dynamic_cast<RedisNode*>(&parts_->machine(node))) {
    redis->set_wall_skew(skew);
    return;
  }
  parts_->program_node(node).clock().set_wall_skew(skew);
}

void World::set_drift(NodeIndex node, std::int64_t ppb) {
  parts_->program_node(node).clock().set_drift(ppb);
}

MonoTime World::local_time(NodeIndex node) const {
  return parts_->program_node(node).clock().now();
}

EventId World::record(EventView event, EventId cause) {
  return parts_->recorder.record(parts_->now, world_node, MonoTime(parts_->now.time_since_epoch()),
                                 event, cause);
}

const Digest& World::digest() const { return parts_->recorder.digest(); }

std::uint64_t World::events() const { return parts_->recorder.events(); }

}  // namespace arbees::sim
