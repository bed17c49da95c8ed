#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/orchestrator/events.h"
#include "core/orchestrator/orchestrator.h"
#include "core/redis/command.h"
#include "core/redis/events.h"
#include "core/shard/events.h"
#include "core/shard/game_shard.h"
#include "core/store/memory_store.h"
#include "core/wire/events.h"
#include "sim/world/events.h"
#include "sim/world/world.h"
#include "tests/sim/support/redis_endpoint.h"

namespace arbees::sim {
namespace {

/// Publishes one message a second, whatever it is: a peer nobody should trust.
class Intruder final : public Program, private ConnectionHandler {
 public:
  using Messages = std::vector<std::pair<std::string, std::string>>;

  Intruder(Ports& ports, Messages messages)
      : ports_(ports),
        messages_(std::move(messages)),
        timer_(ports.clock.make_timer([this] { publish_next(); })) {}

  void start() override { connection_ = ports_.transport.connect(redis_endpoint, *this); }
  void terminate() override { ports_.process.exit(ExitCode::ok, "asked to"); }

 private:
  void publish_next() {
    if (next_ == messages_.size()) {
      return;
    }
    const auto& [channel, payload] = messages_[next_++];
    std::string command;
    redis::append_command(command, {"PUBLISH", channel, payload});
    connection_->write(command);
    timer_->arm(ports_.clock.now() + seconds{1});
  }
  void on_connected() override { timer_->arm(ports_.clock.now() + seconds{5}); }
  void on_data(std::string_view) override {}
  void on_drained() override {}
  void on_closed(CloseReason, std::string_view, EventId) override {}

  Ports& ports_;
  Messages messages_;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<Connection> connection_;
  std::size_t next_ = 0;
};

class Rejections final : public Observer {
 public:
  void observe(const SimEnvelope& event) override {
    if (const auto* rejected = event.event.get_if<wire::MessageRejected>()) {
      at[std::string(event.node)].push_back(rejected->why);
    } else if (event.event.get_if<arbees::redis::MessageRefused>() != nullptr) {
      at[std::string(event.node)].emplace_back("too large for the link");
    } else if (event.event.get_if<SignalAccepted>() != nullptr) {
      ++signals;
    } else if (event.event.get_if<arbees::redis::LinkLost>() != nullptr) {
      ++links_lost;
    } else if (event.event.get_if<NodeExited>() != nullptr) {
      ++exits;
    }
  }
  std::map<std::string, std::vector<std::string>> at;
  int signals = 0;
  int links_lost = 0;
  int exits = 0;
};

/// One orchestrator, one shard with one game, and the intruder.
class HostileMessages : public ::testing::Test {
 protected:
  void run(Intruder::Messages messages) {
    const NodeIndex redis = world_.add_redis("redis", 6379);
    const NodeIndex orchestrator =
        world_.add_node({.name = "orchestrator",
                         .factory = [this](Ports& ports) -> std::unique_ptr<Program> {
                           OrchestratorSettings settings;
                           settings.redis.endpoint = redis_endpoint;
                           auto program = make_orchestrator(ports, settings);
                           world_.at(SimTime(seconds{1}), [listener = program.get()] {
                             listener->on_live_games({{GameId("g"), "nba", "", ""}});
                           });
                           return program;
                         },
                         .store =
                             [](const StoreSite& site) {
                               return std::make_unique<MemoryStore>(site.image, site.clock, true);
                             }});
    const NodeIndex shard = world_.add_node({.name = "shard-1", .factory = [](Ports& ports) {
                                               ShardSettings settings;
                                               settings.redis.endpoint = redis_endpoint;
                                               settings.id = ShardId("shard-1");
                                               return make_game_shard(ports, settings);
                                             }});
    const Duration length = seconds{30} + seconds{1} * static_cast<int>(messages.size());
    const NodeIndex intruder =
        world_.add_node({.name = "intruder", .factory = [messages](Ports& ports) {
                           return std::make_unique<Intruder>(ports, messages);
                         }});
    world_.add_observer(seen_);
    world_.start(redis);
    world_.start(orchestrator);
    // A beat before the orchestrator listens would be lost, and the next one comes ten seconds later.
    world_.at(SimTime(milliseconds{100}), [this, shard, intruder] {
      world_.start(shard);
      world_.start(intruder);
    });
    world_.run_until(SimTime(length));
    // The game was served all the time but for the first seconds, before it was placed.
    EXPECT_GE(seen_.signals, length / seconds{1} - 6);
    EXPECT_EQ(seen_.links_lost, 0);
    EXPECT_EQ(seen_.exits, 0);
  }

  World world_{{.seed = 11}};
  Rejections seen_;
};

TEST_F(HostileMessages, OnTheHeartbeatChannelAreNamedAndNothingStops) {
  const std::string channel = "shard:shard-9:heartbeat";
  const Intruder::Messages messages{
      {channel, ""},
      {channel, "not json"},
      {channel, R"({"shard_id":5})"},
      {channel, R"({"shard_id":"shard-9","games":"all of them"})"},
      {channel, "{\"shard_id\":\"\xc3\x28\"}"},
      {channel, std::string(200'000, '[')},
      {channel, R"({"shard_id":"shard-1"})"},  // another shard's channel
      {channel, std::string(900'000, 'x')},
      {"shard:_canary-orch-0:heartbeat", "[]"},
      {"health:heartbeats", R"({"service":"s"})"},
      {"orchestrator:startup_state_request", "\x81\xacmonitor_type\xa6kalshi"},  // as msgpack
      {"orchestrator:startup_state_request", R"({"monitor_type":"betfair","timestamp":1.5})"},
      {channel, std::string(10U << 20U, 'x')},
  };
  run(messages);
  EXPECT_EQ(seen_.at["orchestrator"].size(), messages.size());
  EXPECT_EQ(seen_.at["orchestrator"].back(), "too large for the link");
  EXPECT_TRUE(seen_.at["shard-1"].empty());
}

TEST_F(HostileMessages, OnTheCommandChannelAreNamedAndNothingStops) {
  const std::string channel = "shard:shard-1:command";
  const Intruder::Messages messages{
      {channel, ""},
      {channel, "{}"},
      {channel, R"({"type":"grant","grants":[1]})"},
      {channel, R"({"type":"add_game"})"},
      {channel, R"({"type":"add_game","game_id":"g","sport":"nba","seq":-1})"},
      {channel, R"({"type":"remove_game","game_id":"g","term":18446744073709551615})"},
      {channel, std::string(10U << 20U, 'x')},
  };
  run(messages);
  EXPECT_EQ(seen_.at["shard-1"].size(), messages.size());
}

TEST_F(HostileMessages, OfAnOldOrchestratorAreNotFollowedByAShardThatHasSeenATerm) {
  run({{"shard:shard-1:command", R"({"type":"remove_game","game_id":"g"})"}});
}

TEST_F(HostileMessages, WithAForgedShardIdDoNotTakeTheGameAway) {
  run({{"shard:shard-9:heartbeat", R"({"shard_id":"shard-9","max_games":0,"games":["g"]})"}});
}

}  // namespace
}  // namespace arbees::sim
