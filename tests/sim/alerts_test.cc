#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/alerts/events.h"
#include "core/assignment/events.h"
#include "core/orchestrator/orchestrator.h"
#include "core/shard/game_shard.h"
#include "core/store/memory_store.h"
#include "sim/world/world.h"
#include "tests/sim/support/redis_endpoint.h"

// Alerts whose conditions no fault of a scenario brings about: settings, clocks, second processes.

namespace arbees::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::vector<LiveGame> three_games{
    {GameId("g1"), "nba", "", ""}, {GameId("g2"), "nba", "", ""}, {GameId("g3"), "nba", "", ""}};

/// Writes alerts, but for those of the second orchestrator, as "+CLOCK_SKEW shard-1" and "-CLOCK_SKEW shard-1".
class Alerts final : public Observer {
 public:
  void observe(const SimEnvelope& event) override {
    if (event.node == "second") {
      return;
    }
    if (const auto* raised = event.event.get_if<AlertRaised>()) {
      lines.push_back("+" + raised->type + " " + raised->subject);
    } else if (const auto* resolved = event.event.get_if<AlertResolved>()) {
      lines.push_back("-" + resolved->type + " " + resolved->subject);
    } else if (event.event.get_if<GameAssigned>() != nullptr) {
      ++assigned;
    }
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
  std::size_t assigned = 0;
};

class AlertsInTheWorld : public ::testing::Test {
 protected:
  void SetUp() override {
    redis_ = world_.add_redis("redis", 6379);
    world_.add_observer(alerts_);
    world_.start(redis_);
    orchestrator_ = add_orchestrator("orchestrator");
    world_.start(orchestrator_);
  }

  NodeIndex add_orchestrator(const char* name) {
    return world_.add_node(
        {.name = name,
         .factory = [this](Ports& ports) -> std::unique_ptr<Program> {
           OrchestratorSettings settings;
           settings.redis.endpoint = redis_endpoint;
           settings.new_fleet = true;
           auto program = make_orchestrator(ports, settings);
           world_.at(world_.now() + seconds{5},
                     [listener = program.get()] { listener->on_live_games(three_games); });
           return program;
         },
         .store =
             [](const StoreSite& site) {
               return std::make_unique<MemoryStore>(site.image, site.clock, true);
             }});
  }
  NodeIndex start_shard(const char* node, const ShardSettings& given = {}) {
    ShardSettings settings = given;
    settings.redis.endpoint = redis_endpoint;
    settings.id = ShardId(node);
    const NodeIndex shard = world_.add_node({.name = node, .factory = [settings](Ports& ports) {
                                               return make_game_shard(ports, settings);
                                             }});
    world_.start(shard);
    return shard;
  }
  /// What happened to alerts up to then.
  std::vector<std::string> until(Duration time) {
    world_.run_until(SimTime(time));
    return alerts_.take();
  }

  static std::ptrdiff_t count(const std::vector<std::string>& lines, std::string_view begin) {
    return std::ranges::count_if(
        lines, [begin](const std::string& line) { return line.starts_with(begin); });
  }

  World world_{{.seed = 5}};
  Alerts alerts_;
  NodeIndex redis_{};
  NodeIndex orchestrator_{};
};

TEST_F(AlertsInTheWorld, AFleetThatIsWellAlertsNobody) {
  start_shard("shard-1");
  start_shard("shard-2");
  EXPECT_THAT(until(seconds{600}), IsEmpty());
  EXPECT_EQ(alerts_.assigned, 3U);
}

TEST_F(AlertsInTheWorld, WallClocksThatJumpOrDifferAreAlertsAndMoveNoGame) {
  const NodeIndex shard = start_shard("shard-1");
  start_shard("shard-2");
  until(seconds{60});
  world_.set_wall_skew(shard, minutes{-10});
  EXPECT_THAT(until(seconds{120}), ElementsAre("+CLOCK_SKEW shard-1"));
  world_.set_wall_skew(shard, Duration{0});
  EXPECT_THAT(until(seconds{240}), ElementsAre("-CLOCK_SKEW shard-1"));

  world_.set_wall_skew(orchestrator_, std::chrono::hours{-24});
  EXPECT_THAT(until(seconds{243}), ElementsAre("+CLOCK_JUMP orchestrator"));
  EXPECT_THAT(until(seconds{300}),
              UnorderedElementsAre("+CLOCK_SKEW shard-1", "+CLOCK_SKEW shard-2"));
  EXPECT_EQ(alerts_.assigned, 3U);
}

TEST_F(AlertsInTheWorld, SettingsThatDoNotFitTogetherAreAnAlertPerShard) {
  start_shard("shard-1");
  ShardSettings unfenced;
  unfenced.lease_mode = LeaseMode::off;
  start_shard("shard-2", unfenced);
  ShardSettings slow;
  slow.heartbeat_interval = seconds{15};
  start_shard("shard-3", slow);
  EXPECT_THAT(until(seconds{60}),
              UnorderedElementsAre("+CONFIG_MISMATCH shard-2", "+CONFIG_MISMATCH shard-3"));
  EXPECT_THAT(until(seconds{300}), IsEmpty()) << "once each";
}

TEST_F(AlertsInTheWorld, ModesThatComeAndGoAreAnAlertUntilTheyDoNot) {
  start_shard("shard-1");
  std::vector<std::string> lines;
  // Blind at the start, then three more times, each shorter than a lease.
  for (int i = 1; i <= 2; ++i) {
    until(seconds{60 * i});
    const auto outage = world_.faults().crash(redis_);
    until(seconds{60 * i + 20});
    world_.faults().heal(outage);
    lines = until(seconds{60 * i + 50});
    EXPECT_EQ(count(lines, "+BLIND_FLAPPING"), 0) << i;
  }
  until(seconds{180});
  const auto outage = world_.faults().crash(redis_);
  EXPECT_EQ(count(until(seconds{200}), "+BLIND_FLAPPING BLIND"), 1);
  world_.faults().heal(outage);
  EXPECT_EQ(count(until(seconds{600}), "-BLIND_FLAPPING BLIND"), 0);
  EXPECT_EQ(count(until(seconds{670}), "-BLIND_FLAPPING BLIND"), 1);
}

// Two stores, one Redis: the shards end up with one of them, and the other says so as it ends.
TEST_F(AlertsInTheWorld, ASecondOrchestratorIsOneAlertAndTheOneThatLosesSaysSo) {
  start_shard("shard-1");
  until(seconds{60});
  world_.start(add_orchestrator("second"));
  const auto lines = until(seconds{120});
  EXPECT_EQ(count(lines, "+DUPLICATE_ORCHESTRATOR"), 1) << "however often it is heard";
  EXPECT_EQ(count(lines, "+LEADER_LOST"), 1);
  EXPECT_FALSE(world_.running(orchestrator_));
}

}  // namespace
}  // namespace arbees::sim
