#include "sim/runner/fleet.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "core/base/assert.h"
#include "core/orchestrator/orchestrator.h"
#include "core/shard/game_shard.h"
#include "core/store/memory_store.h"
#include "sim/disk/disk_store.h"
#include "sim/runner/old_wire_shard.h"
#include "sim/runner/ownership_reader.h"
#include "sim/runner/service.h"
#include "sim/runner/stranger.h"
#include "sim/scenario/service_kinds.h"

namespace arbees::sim {
namespace {

constexpr std::uint16_t redis_port = 6379;
constexpr Duration orchestrator_start = seconds{1};
constexpr Duration shard_start = seconds{5};
/// An operator whose order is refused asks again so much later.
constexpr Duration order_retry = seconds{1};

/// The orchestrator with a source of live games, as its host in production is.
class OrchestratorHost final : public Program {
 public:
  OrchestratorHost(Ports& ports, const OrchestratorSettings& settings, const GamePlan& plan,
                   OrderPlan& orders, const World& world)
      : clock_(ports.clock),
        plan_(plan),
        orders_(orders),
        world_(world),
        orchestrator_(make_orchestrator(ports, settings)),
        timer_(ports.clock.make_timer([this] { tell(); })) {}

  void start() override {
    orchestrator_->start();
    tell();
  }
  void terminate() override { orchestrator_->terminate(); }

 private:
  void tell() {
    const SimTime now = world_.now();
    orchestrator_->on_live_games(plan_.live_at(now));
    orders_.give_due(now, *orchestrator_);
    std::optional<SimTime> next = plan_.next_change(now);
    if (const auto order = orders_.next(); order && (!next || *order < *next)) {
      next = *order > now ? *order : now + order_retry;
    }
    if (next) {
      // A slow clock may fire early; the list is then the old one, and the rest is waited for again.
      timer_->arm(clock_.now() + (*next - now) + milliseconds{1});
    }
  }

  Clock& clock_;
  const GamePlan& plan_;
  OrderPlan& orders_;
  const World& world_;
  std::unique_ptr<Orchestrator> orchestrator_;
  std::unique_ptr<Timer> timer_;
};

/// A shard with dependencies that faults break.
class ShardHost final : public Program, private Dependencies {
 public:
  ShardHost(Ports& ports, const std::string& node, const ShardSettings& settings, Wire wire,
            World& world)
      : faults_(world.faults()),
        node_(*world.find(node)),
        shard_(wire == Wire::old ? make_old_wire_shard(ports, settings, *this)
                                 : make_game_shard(ports, settings, this)) {}

  void start() override { shard_->start(); }
  void terminate() override { shard_->terminate(); }

 private:
  [[nodiscard]] std::optional<EventId> failing(std::string_view check) const override {
    return faults_.failing(node_, check);
  }

  Faults& faults_;
  NodeIndex node_;
  std::unique_ptr<Program> shard_;
};

std::unique_ptr<Store> in_memory(const StoreSite& site) {
  constexpr bool durable = true;
  return std::make_unique<MemoryStore>(site.image, site.clock, durable, milliseconds{1});
}

std::unique_ptr<Store> on_disk(const StoreSite& site) {
  return std::make_unique<DiskStore>(site.disk, site.clock, site.events, site.seed);
}

constexpr std::string_view ownership_reader_node = "consumer-feed";

Endpoint redis_endpoint() { return {Endpoint::Kind::tcp, std::string(redis_node), redis_port}; }

/// How the programs find Redis: where there are sentinels, they are asked.
void set_redis(const RedisFleet& fleet, arbees::redis::BusSettings& into) {
  into.endpoint = redis_endpoint();
  into.sentinel = {};
  for (const std::string& sentinel : fleet.sentinel_names()) {
    into.sentinel.sentinels.push_back({Endpoint::Kind::tcp, sentinel, sentinel_port});
    into.sentinel.master = watched_master;
  }
}

}  // namespace

std::vector<LiveGame> GamePlan::live_at(SimTime time) const {
  const Duration at = time.time_since_epoch();
  std::vector<LiveGame> live;
  for (const ScenarioGame& game : games_) {
    if (game.live_at(at)) {
      live.push_back(game.game);
    }
  }
  return live;
}

std::optional<SimTime> GamePlan::next_change(SimTime time) const {
  std::optional<SimTime> next;
  const auto consider = [&](Duration moment) {
    const SimTime at{moment};
    if (at > time && (!next || at < *next)) {
      next = at;
    }
  };
  for (const ScenarioGame& game : games_) {
    consider(game.from);
    consider(game.until.value_or(Duration{}));
    consider(game.again.value_or(Duration{}));
  }
  return next;
}

void OrderPlan::add(SimTime at, OperatorOrder order) {
  orders_.push_back({at, std::move(order)});
  std::ranges::stable_sort(orders_, {}, &Due::at);
}

/// In the order of their times; one that is refused does not keep the others back.
void OrderPlan::give_due(SimTime now, Orchestrator& orchestrator) {
  std::erase_if(orders_, [&](const Due& due) {
    return due.at <= now && orchestrator.obey(due.order).has_value();
  });
}

std::optional<SimTime> OrderPlan::next() const {
  return orders_.empty() ? std::nullopt : std::optional(orders_.front().at);
}

Fleet::Fleet(const Scenario& scenario, const PolicySpec& policy, World& world)
    : world_(world),
      games_(scenario.games),
      redis_(scenario.redis),
      servers_{world.add_redis(std::string(redis_node), redis_port)} {
  for (std::size_t i = 0; i < scenario.orders.size(); ++i) {
    const ScenarioOrder& order = scenario.orders[i];
    Stream& stream = world.streams().get("order:" + std::to_string(i));
    ensure(order.at.parameter.empty(), "orders know no parameters");
    orders_.add(SimTime(stream.between(order.at.range)), order.order);
  }
  programs_.push_back(
      add_orchestrator(std::string(orchestrator_node), policy.orchestrator, scenario.store));
  for (const ShardSettings& shard : policy.shards) {
    const bool old = std::ranges::find(scenario.old_wire, shard.id) != scenario.old_wire.end();
    programs_.push_back(add_shard(shard.id.str(), shard, old ? Wire::old : Wire::ours));
  }
  add_replicas_and_sentinels();
  for (const std::string& service : scenario.services) {
    add_service(service);
  }
  if (std::ranges::any_of(scenario.shards,
                          [&](const ShardId& shard) { return scenario.ever_old_wire(shard); })) {
    add_ownership_reader();
  }
  add_seconds(scenario, policy);
  add_strangers(scenario);
}

/// Programs that faults start.
void Fleet::add_seconds(const Scenario& scenario, const PolicySpec& policy) {
  for (const auto& [first, second] : scenario.second_nodes()) {
    if (first == orchestrator_node) {
      add_orchestrator(second, policy.orchestrator, scenario.store);
    } else {
      const ShardSetup& setup = shards_.at(first);
      add_shard(second, setup.settings, setup.wire);
    }
  }
}

void Fleet::add_replicas_and_sentinels() {
  for (std::string& name : redis_.replica_names()) {
    servers_.push_back(world_.add_redis(std::move(name), {.replica_of = redis_endpoint()}));
  }
  for (std::string& name : redis_.sentinel_names()) {
    servers_.push_back(
        world_.add_sentinel(std::move(name), {.master_name = std::string(watched_master),
                                              .master = redis_endpoint(),
                                              .quorum = redis_.sentinels / 2 + 1,
                                              .down_after = redis_.down_after}));
  }
}

NodeIndex Fleet::add_orchestrator(const std::string& node, const OrchestratorSettings& settings,
                                  StoreKind store) {
  OrchestratorSettings own = settings;
  set_redis(redis_, own.redis);
  return world_.add_node({.name = node,
                          .factory =
                              [this, own = std::move(own)](Ports& ports) {
                                return std::make_unique<OrchestratorHost>(ports, own, games_,
                                                                          orders_, world_);
                              },
                          .store = store == StoreKind::memory ? in_memory : on_disk});
}

NodeIndex Fleet::add_shard(const std::string& node, const ShardSettings& settings, Wire wire) {
  ShardSetup& setup = shards_.emplace(node, ShardSetup{settings, wire}).first->second;
  set_redis(redis_, setup.settings.redis);
  return world_.add_node({.name = node, .factory = [this, &setup, node](Ports& ports) {
                            return std::make_unique<ShardHost>(ports, node, setup.settings,
                                                               setup.wire, world_);
                          }});
}

void Fleet::change(const std::string& node, const ComesBack& new_about_it) {
  const auto found = shards_.find(node);
  if (found != shards_.end()) {
    ShardSetup& setup = found->second;
    setup.wire = new_about_it.wire.value_or(setup.wire);
    setup.settings.max_games = new_about_it.max_games.value_or(setup.settings.max_games);
  }
}

void Fleet::add_ownership_reader() {
  arbees::redis::BusSettings bus;
  set_redis(redis_, bus);
  programs_.push_back(world_.add_node(
      {.name = std::string(ownership_reader_node), .factory = [this, bus](Ports& ports) {
         return make_ownership_reader(
             ports, bus, [this](const GameId& game, const ShardId& shard, Epoch epoch) {
               world_.name_owner(game, shard, epoch);
             });
       }}));
}

void Fleet::add_service(const std::string& name) {
  const ServiceKind* kind = find_service_kind(name);
  ensure(kind != nullptr, "the scenario has been checked");
  programs_.push_back(world_.add_node({.name = name, .factory = [kind](Ports& ports) {
                                         return make_service(ports, *kind, redis_endpoint());
                                       }}));
}

/// Programs that faults start, too.
void Fleet::add_strangers(const Scenario& scenario) {
  std::vector<GameId> games;
  for (const ScenarioGame& game : scenario.games) {
    games.push_back(game.game.id);
  }
  const std::map<std::string, std::string> nodes = scenario.strangers();
  for (const FaultSpec& fault : scenario.faults) {
    const auto found = nodes.find(fault.name);
    if (found == nodes.end()) {
      continue;
    }
    const HostileMessages messages(
        scenario.shards, games,
        ShardId(fault.forged.empty() ? nobodys_name : std::string_view(fault.forged)));
    const Hostility hostility{.kind = fault.hostile, .every = fault.message_every};
    world_.add_node({.name = found->second,
                     .factory = [this, messages, hostility, node = found->second](Ports& ports) {
                       return make_stranger(ports, redis_endpoint(), messages, hostility,
                                            [this, index = *world_.find(node)] {
                                              return world_.faults().stranger_of(index);
                                            });
                     }});
  }
}

void Fleet::start_within(NodeIndex node, Duration longest) {
  Stream& stream = world_.streams().get("start:" + std::string(world_.name(node)));
  const SimTime moment{stream.between({Duration{}, longest})};
  world_.at(moment, [this, node] {
    if (!world_.running(node)) {
      world_.start(node);
    }
  });
}

void Fleet::install() {
  for (const NodeIndex server : servers_) {
    world_.start(server);
  }
  for (const NodeIndex node : programs_) {
    start_within(node, node == programs_.front() ? orchestrator_start : shard_start);
  }
}

Limits Fleet::limits(const Scenario& scenario, const PolicySpec& policy) {
  std::vector<ShardOfFleet> shards;
  for (const ShardSettings& shard : policy.shards) {
    ShardOfFleet& of_fleet =
        shards.emplace_back(shard.id.str(), shard, scenario.ever_old_wire(shard.id));
    of_fleet.settings.max_games =
        std::min(shard.max_games, scenario.least_max_games(shard.id).value_or(shard.max_games));
  }
  std::vector<std::string> orchestrators{std::string(orchestrator_node)};
  for (const auto& [first, second] : scenario.second_nodes()) {
    const auto shard = std::ranges::find(shards, first, &ShardOfFleet::node);
    if (shard == shards.end()) {
      orchestrators.push_back(second);
    } else {
      shards.push_back({second, shard->settings, shard->old_wire});
    }
  }
  // Who cannot reach a sentinel cannot find Redis either.
  std::vector<std::string> redis{std::string(redis_node)};
  std::ranges::copy(scenario.redis.replica_names(), std::back_inserter(redis));
  std::ranges::copy(scenario.redis.sentinel_names(), std::back_inserter(redis));
  Limits limits =
      limits_of(std::move(redis), std::move(orchestrators), policy.orchestrator, shards);
  for (const ScenarioGame& game : scenario.games) {
    if (game.from == Duration{}) {
      limits.games.push_back(game.game.id);
    }
    if (game.until && !game.again) {  // One that goes on is over when the orchestrator says so.
      limits.game_ends.emplace(game.game.id, SimTime(*game.until));
    }
  }
  return limits;
}

}  // namespace arbees::sim
