#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/orchestrator/orchestrator.h"
#include "core/shard/events.h"
#include "core/shard/game_shard.h"
#include "core/store/memory_store.h"
#include "sim/world/events.h"
#include "sim/world/world.h"
#include "tests/sim/support/redis_endpoint.h"

namespace arbees::sim {
namespace {

const std::vector<LiveGame> four_games{{GameId("g1"), "nba", "", ""},
                                       {GameId("g2"), "nba", "", ""},
                                       {GameId("g3"), "nba", "", ""},
                                       {GameId("g4"), "nba", "", ""}};

class Seen final : public Observer {
 public:
  void observe(const SimEnvelope& event) override {
    if (event.event.get_if<SignalAccepted>() != nullptr) {
      ++accepted;
    } else if (event.event.get_if<SignalRefused>() != nullptr) {
      ++refused;
    } else if (event.event.get_if<GameRemoved>() != nullptr) {
      ++removed;
    } else if (event.event.get_if<StoreRolledBack>() != nullptr) {
      ++rolled_back;
    } else if (const auto* taken = event.event.get_if<TermTaken>()) {
      known_games = taken->known_games;
    } else if (const auto* assigned = event.event.get_if<GameAssigned>()) {
      reasons.insert(assigned->reason);
      first_placed = first_placed == SimTime{} ? event.time : first_placed;
    }
  }
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t removed = 0;
  std::uint64_t rolled_back = 0;
  std::uint64_t known_games = 0;
  SimTime first_placed{};
  std::set<std::string> reasons;
};

/// An orchestrator as production has it for now: what it knows ends with its process.
class LostStore : public ::testing::Test {
 protected:
  void SetUp() override {
    const NodeIndex redis = world_.add_redis("redis", 6379);
    orchestrator_ = world_.add_node(
        {.name = "orchestrator",
         .factory = [this](Ports& ports) -> std::unique_ptr<Program> {
           OrchestratorSettings settings;
           settings.redis.endpoint = redis_endpoint;
           auto program = make_orchestrator(ports, settings);
           world_.at(world_.now() + milliseconds{10},
                     [listener = program.get()] { listener->on_live_games(four_games); });
           return program;
         },
         .store =
             [](const StoreSite& site) {
               constexpr bool durable = false;
               return std::make_unique<MemoryStore>(site.image, site.clock, durable);
             },
         .disk_survives = false});
    world_.add_observer(seen_);
    world_.start(redis);
    world_.start(orchestrator_);
    for (const char* name : {"shard-1", "shard-2"}) {
      world_.start(world_.add_node({.name = name, .factory = [name](Ports& ports) {
                                      ShardSettings settings;
                                      settings.redis.endpoint = redis_endpoint;
                                      settings.id = ShardId(name);
                                      return make_game_shard(ports, settings);
                                    }}));
    }
  }

  World world_{{.seed = 5}};
  Seen seen_;
  NodeIndex orchestrator_{};
};

TEST_F(LostStore, GamesWaitUntilALeaseNobodyRemembersIsOver) {
  world_.run_until(SimTime(seconds{120}));
  // L_out at the defaults: 45·1.005/0.995 + 2 s.
  EXPECT_GE(seen_.first_placed, SimTime(seconds{47}));
  EXPECT_LE(seen_.first_placed, SimTime(seconds{49}));
  EXPECT_EQ(seen_.reasons, std::set<std::string>{"first"});
}

TEST_F(LostStore, AnOrchestratorThatForgotEverythingLearnsItFromTheShards) {
  world_.run_until(SimTime(seconds{120}));
  const std::uint64_t before = seen_.accepted;
  const auto fault = world_.faults().crash(orchestrator_);
  world_.run_until(SimTime(seconds{125}));
  world_.faults().heal(fault);
  world_.run_until(SimTime(seconds{240}));

  EXPECT_EQ(seen_.known_games, 0U) << "its store was empty";
  EXPECT_EQ(seen_.rolled_back, 1U) << "the shards had followed an earlier term";
  EXPECT_TRUE(seen_.reasons.contains("adopted"));
  EXPECT_EQ(seen_.removed, 0U) << "no rightful owner is told to let go";
  EXPECT_EQ(seen_.refused, 0U);
  // Four games, 120 s, a signal a second each; a round trip may cost one signal of each game.
  EXPECT_GE(seen_.accepted - before, 4U * 120U - 8U);
}

}  // namespace
}  // namespace arbees::sim
