// A price monitor of the existing system beside our orchestrator and a shard: whatever restarts, it follows every
// game again.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/orchestrator/orchestrator.h"
#include "core/shard/game_shard.h"
#include "core/store/memory_store.h"
#include "tests/sim/support/python_monitor.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

constexpr int early_games = 10;

LiveGame game(int number) {
  const std::string id = std::to_string(401'810'500 + number);
  return {GameId(id), "nba", "KX-" + id, ""};
}

/// Ten games from the start and an eleventh at a moment of the test's choice.
class HostOfGames final : public Program {
 public:
  HostOfGames(Ports& ports, const OrchestratorSettings& settings, const World& world,
              const SimTime& late)
      : orchestrator_(make_orchestrator(ports, settings)),
        clock_(ports.clock),
        world_(world),
        late_(late),
        timer_(ports.clock.make_timer([this] { tell(); })) {}
  void start() override {
    orchestrator_->start();
    tell();
  }
  void terminate() override { orchestrator_->terminate(); }

 private:
  void tell() {
    std::vector<LiveGame> games;
    for (int i = 0; i < early_games; ++i) {
      games.push_back(game(i));
    }
    if (world_.now() >= late_) {
      games.push_back(game(early_games));
    }
    orchestrator_->on_live_games(std::move(games));
    timer_->arm(clock_.now() + 1s);
  }

  std::unique_ptr<Orchestrator> orchestrator_;
  Clock& clock_;
  const World& world_;
  const SimTime& late_;
  std::unique_ptr<Timer> timer_;
};

class MonitorWorld {
 public:
  explicit MonitorWorld(std::uint64_t seed) : world({.seed = seed}) {
    world.add_observer(log);
    redis = world.add_redis("redis", 6379);
    const Endpoint endpoint{Endpoint::Kind::tcp, "redis", 6379};
    OrchestratorSettings orchestrator_settings;
    orchestrator_settings.redis.endpoint = endpoint;
    orchestrator_settings.new_fleet = true;
    orchestrator = world.add_node(
        {.name = "orchestrator",
         .factory =
             [this, orchestrator_settings](Ports& ports) {
               return std::make_unique<HostOfGames>(ports, orchestrator_settings, world, late);
             },
         .store =
             [](const StoreSite& site) {
               return std::make_unique<MemoryStore>(site.image, site.clock, true, 1ms);
             }});
    ShardSettings shard_settings;
    shard_settings.id = ShardId("shard-1");
    shard_settings.redis.endpoint = endpoint;
    const NodeIndex shard =
        world.add_node({.name = "shard-1", .factory = [shard_settings](Ports& ports) {
                          return make_game_shard(ports, shard_settings);
                        }});
    arbees::redis::BusSettings bus;
    bus.endpoint = endpoint;
    monitor = world.add_node({.name = "monitor", .factory = [bus](Ports& ports) {
                                return std::make_unique<PythonMonitor>(ports, bus);
                              }});
    for (const NodeIndex node : {redis, orchestrator, shard, monitor}) {
      world.start(node);
    }
  }

  /// Which of the markets the monitor has said to follow since then.
  [[nodiscard]] std::size_t followed_since(SimTime since) const {
    std::set<std::string> markets;
    for (const Log::Line& line : log.lines) {
      if (line.time >= since && line.node == "monitor" && line.what.starts_with("follows ")) {
        markets.insert(line.what);
      }
    }
    return markets.size();
  }

  void crash(NodeIndex node, Duration from, Duration length) {
    world.at(SimTime(from), [this, node] { down[node] = world.faults().crash(node); });
    world.at(SimTime(from + length), [this, node] { world.faults().heal(down.at(node)); });
  }

  SimTime late = SimTime(24h);
  Log log;
  World world;
  NodeIndex redis{};
  NodeIndex orchestrator{};
  NodeIndex monitor{};
  std::map<NodeIndex, FaultId> down;
};

class EverySeed : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Monitors, EverySeed, ::testing::Range<std::uint64_t>(1, 21));

TEST_P(EverySeed, AMonitorFollowsEveryGameSoonAfterItsStart) {
  MonitorWorld fleet(GetParam());
  fleet.world.run_until(SimTime(60s));
  EXPECT_EQ(fleet.followed_since(SimTime{}), 10U);
}

TEST_P(EverySeed, ARestartedMonitorIsAnsweredAtOnce) {
  MonitorWorld fleet(GetParam());
  fleet.crash(fleet.monitor, 60s, 3s);
  fleet.world.run_until(SimTime(65s));
  EXPECT_GE(fleet.log.of("said", "answered").size(), 2U);
  fleet.world.run_until(SimTime(80s));
  EXPECT_EQ(fleet.followed_since(SimTime(63s)), 10U);
  EXPECT_EQ(fleet.log.count("service_restarted"), 1U);
}

// Its request is lost; it gives up after 19 s and listens.
TEST_P(EverySeed, AMonitorThatStartsWhileNobodyAnswersIsToldWhenTheOrchestratorIsBack) {
  MonitorWorld fleet(GetParam());
  fleet.crash(fleet.orchestrator, 55s, 25s);
  fleet.crash(fleet.monitor, 56s, 1s);
  fleet.world.run_until(SimTime(110s));
  EXPECT_EQ(fleet.log.count("said", "gave up asking"), 1U);
  EXPECT_EQ(fleet.followed_since(SimTime(57s)), 10U);
}

// A game that begins while the monitor still works through its answer is announced into the void.
TEST_P(EverySeed, AGameThatBeginsWhileAMonitorIsDeafIsFollowedWithinTwoMinutes) {
  MonitorWorld fleet(GetParam());
  fleet.late = SimTime(64s);
  fleet.crash(fleet.monitor, 60s, 3s);
  fleet.world.run_until(SimTime(180s));
  EXPECT_EQ(fleet.followed_since(SimTime(63s)), 11U);
}

TEST_P(EverySeed, AGameThatBeginsWhileRedisIsDownIsFollowedAfterwards) {
  MonitorWorld fleet(GetParam());
  fleet.late = SimTime(65s);
  fleet.crash(fleet.redis, 60s, 20s);
  fleet.world.run_until(SimTime(180s));
  EXPECT_EQ(fleet.followed_since(SimTime(60s)), 1U);
}

}  // namespace
}  // namespace arbees::sim
