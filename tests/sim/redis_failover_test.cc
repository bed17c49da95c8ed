// A master, two replicas and three sentinels on the simulated network, with clients that talk RESP.

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/world/events.h"
#include "sim/world/world.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

/// Keeps what Redis servers and sentinels did.
class RedisLog final : public Observer {
 public:
  struct Said {
    SimTime time;
    std::string node;
    std::string what;
    std::string detail;
  };

  void observe(const SimEnvelope& e) override {
    if (const auto* said = e.event.get_if<SentinelSaid>()) {
      said_.push_back({e.time, std::string(e.node), said->what, said->detail});
    } else if (const auto* promoted = e.event.get_if<RedisPromoted>()) {
      promotions.emplace_back(std::string(e.node), *promoted);
    } else if (const auto* synced = e.event.get_if<RedisSynced>()) {
      syncs.emplace_back(std::string(e.node), *synced);
    }
  }

  [[nodiscard]] std::vector<Said> said(std::string_view what) const {
    std::vector<Said> found;
    for (const Said& one : said_) {
      if (one.what == what) {
        found.push_back(one);
      }
    }
    return found;
  }
  [[nodiscard]] std::string all() const {
    std::string text;
    for (const Said& one : said_) {
      text += std::to_string(one.time.time_since_epoch() / 1ms) + " " + one.node + " " + one.what +
              " " + one.detail + "\n";
    }
    return text;
  }

  std::vector<std::pair<std::string, RedisPromoted>> promotions;
  std::vector<std::pair<std::string, RedisSynced>> syncs;

 private:
  std::vector<Said> said_;
};

/// A client that says what it is told to, and keeps what it hears.
class Talker final : public Program, private ConnectionHandler {
 public:
  struct Desk {
    std::string heard;
    bool connected = false;
    Talker* talker = nullptr;

    /// One line, as typed by hand; not heard until the world goes on.
    void say(std::string_view line) const {
      talker->connection_->write(std::string(line) + "\r\n");
    }
    std::string take() { return std::exchange(heard, {}); }
  };

  Talker(Ports& ports, Endpoint server, Desk& desk)
      : ports_(ports), server_(std::move(server)), desk_(desk) {}
  ~Talker() override { desk_.talker = nullptr; }
  void start() override {
    desk_.talker = this;
    connection_ = ports_.transport.connect(server_, *this);
  }
  void terminate() override { ports_.process.exit(ExitCode::ok, "asked to"); }

 private:
  void on_connected() override { desk_.connected = true; }
  void on_data(std::string_view bytes) override { desk_.heard += bytes; }
  void on_drained() override {}
  void on_closed(CloseReason, std::string_view, EventId) override { desk_.connected = false; }

  Ports& ports_;
  Endpoint server_;
  Desk& desk_;
  std::unique_ptr<Connection> connection_;
};

class RedisFailover : public ::testing::Test {
 protected:
  explicit RedisFailover(std::uint64_t seed = 1) : world({.seed = seed}) {
    world.add_observer(log);
    const Endpoint first{Endpoint::Kind::tcp, "redis", 6379};
    servers[0] = world.add_redis("redis", RedisSetup{});
    servers[1] = world.add_redis("redis-2", {.replica_of = first});
    servers[2] = world.add_redis("redis-3", {.replica_of = first});
    for (std::size_t i = 0; i < sentinels.size(); ++i) {
      sentinels[i] =
          world.add_sentinel("sentinel-" + std::to_string(i + 1), {.master_name = "arbees",
                                                                   .master = first,
                                                                   .quorum = 2,
                                                                   .down_after = 1s,
                                                                   .failover_timeout = 10s});
    }
    for (const NodeIndex node : servers) {
      world.start(node);
    }
    for (const NodeIndex node : sentinels) {
      world.start(node);
    }
    run_for(15s);  // replicas and sentinels have found each other
  }

  void run_for(Duration span) { world.run_until(world.now() + span); }

  Talker::Desk& connect(const std::string& host, std::uint16_t port = 6379) {
    auto& desk = desks_.emplace_back(std::make_unique<Talker::Desk>());
    const NodeIndex node = world.add_node(
        {.name = "talker-" + std::to_string(desks_.size()),
         .factory = [&desk = *desk, host, port](Ports& ports) -> std::unique_ptr<Program> {
           return std::make_unique<Talker>(ports, Endpoint{Endpoint::Kind::tcp, host, port}, desk);
         }});
    world.start(node);
    run_for(20ms);
    return *desk;
  }
  /// What a server answers to one line.
  std::string ask(const std::string& host, std::string_view line, std::uint16_t port = 6379) {
    Talker::Desk& desk = connect(host, port);
    desk.say(line);
    run_for(20ms);
    return desk.take();
  }
  std::string master_by(const std::string& sentinel) {
    return ask(sentinel, "SENTINEL get-master-addr-by-name arbees", sentinel_port);
  }

 private:
  std::vector<std::unique_ptr<Talker::Desk>> desks_;

 protected:
  RedisLog log;
  World world;
  std::array<NodeIndex, 3> servers{};
  std::array<NodeIndex, 3> sentinels{};
};

constexpr const char* first_is_master = "*2\r\n$5\r\nredis\r\n$4\r\n6379\r\n";
constexpr const char* readonly = "-READONLY You can't write against a read only replica.\r\n";

TEST_F(RedisFailover, AMessageAtTheMasterReachesTheSubscribersOfItsReplicas) {
  Talker::Desk& listener = connect("redis-2");
  listener.say("SUBSCRIBE news");
  run_for(20ms);
  listener.take();
  EXPECT_EQ(ask("redis", "PUBLISH news hello"), ":0\r\n");
  EXPECT_EQ(listener.take(), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
}

TEST_F(RedisFailover, AMessageAtAReplicaStaysThere) {
  Talker::Desk& at_master = connect("redis");
  Talker::Desk& at_replica = connect("redis-2");
  for (Talker::Desk* desk : {&at_master, &at_replica}) {
    desk->say("SUBSCRIBE news");
  }
  run_for(20ms);
  at_master.take(), at_replica.take();
  EXPECT_EQ(ask("redis-2", "PUBLISH news hello"), ":1\r\n");
  run_for(1s);
  EXPECT_EQ(at_master.take(), "");
  EXPECT_EQ(at_replica.take(), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
}

TEST_F(RedisFailover, AReplicaHasWhatItsMasterWroteAndTakesNoWritesItself) {
  EXPECT_EQ(ask("redis", "SET a 1"), "+OK\r\n");
  EXPECT_EQ(ask("redis-2", "GET a"), "$1\r\n1\r\n");
  EXPECT_EQ(ask("redis-2", "SET a 2"), readonly);
  EXPECT_EQ(ask("redis-2", "GET a"), "$1\r\n1\r\n");
}

TEST_F(RedisFailover, AReplicaThatComesLateGetsEverything) {
  EXPECT_EQ(ask("redis", "SET a 1"), "+OK\r\n");
  EXPECT_EQ(ask("redis", "SET soon 2 PX 400"), "+OK\r\n");
  world.faults().heal(world.faults().crash(servers[2]));
  run_for(200ms);
  EXPECT_EQ(ask("redis-3", "GET a"), "$1\r\n1\r\n");
  run_for(1s);
  EXPECT_EQ(ask("redis-3", "GET soon"), "$-1\r\n") << "the master said that it ended";
  EXPECT_EQ(ask("redis-3", "GET a"), "$1\r\n1\r\n");
}

TEST_F(RedisFailover, EverybodySaysWhatTheyAre) {
  const std::string master = ask("redis", "ROLE");
  EXPECT_TRUE(master.starts_with("*3\r\n$6\r\nmaster\r\n:")) << master;
  for (const char* name : {"redis-2", "redis-3"}) {
    const std::string place = "*3\r\n$7\r\n" + std::string(name) + "\r\n$4\r\n6379\r\n$";
    EXPECT_NE(master.find(place), std::string::npos) << master;
  }
  const std::string replica = ask("redis-2", "ROLE");
  EXPECT_TRUE(
      replica.starts_with("*5\r\n$5\r\nslave\r\n$5\r\nredis\r\n:6379\r\n$9\r\nconnected\r\n:"))
      << replica;
  EXPECT_EQ(ask("sentinel-1", "ROLE", sentinel_port),
            "*2\r\n$8\r\nsentinel\r\n*1\r\n$6\r\narbees\r\n");
  EXPECT_EQ(master_by("sentinel-2"), first_is_master);
  const std::string others = ask("sentinel-3", "SENTINEL sentinels arbees", sentinel_port);
  EXPECT_TRUE(others.starts_with("*2\r\n*28\r\n")) << others;
  const std::string replicas = ask("sentinel-3", "SENTINEL replicas arbees", sentinel_port);
  EXPECT_TRUE(replicas.starts_with("*2\r\n*42\r\n")) << replicas;
}

TEST_F(RedisFailover, SentinelsPromoteAReplicaOfADeadMasterAndTellEverybody) {
  Talker::Desk& listener = connect("sentinel-1", sentinel_port);
  listener.say("SUBSCRIBE +switch-master");
  Talker::Desk& client = connect("redis-2");
  Talker::Desk& other_client = connect("redis-3");
  ASSERT_TRUE(client.connected && other_client.connected);
  const SimTime killed = world.now();
  world.faults().crash(servers[0]);
  run_for(12s);
  ASSERT_EQ(log.promotions.size(), 1U) << log.all();
  const std::string chosen = log.promotions[0].first;
  const auto switched = log.said("+switch-master");
  ASSERT_EQ(switched.size(), 3U) << log.all();
  for (const auto& said : switched) {
    EXPECT_EQ(said.detail, "arbees redis 6379 " + chosen + " 6379");
    EXPECT_LT(said.time - killed, 8s) << log.all();
  }
  EXPECT_NE(listener.take().find("arbees redis 6379 " + chosen + " 6379"), std::string::npos);
  EXPECT_FALSE(client.connected && other_client.connected)
      << "who was promoted sent its clients away";
  EXPECT_EQ(ask(chosen, "SET a 1"), "+OK\r\n");
  const std::string rest = chosen == "redis-2" ? "redis-3" : "redis-2";
  EXPECT_EQ(ask(rest, "GET a"), "$1\r\n1\r\n") << "the other replica follows the new master";
}

TEST_F(RedisFailover, OneSentinelAloneNeverPromotes) {
  world.faults().crash(sentinels[1]);
  world.faults().crash(sentinels[2]);
  world.faults().crash(servers[0]);
  run_for(60s);
  EXPECT_FALSE(log.said("+sdown").empty());
  EXPECT_TRUE(log.said("+odown").empty());
  EXPECT_TRUE(log.promotions.empty());
}

TEST_F(RedisFailover, ACutOffSentinelStillNamesTheOldMaster) {
  const std::array<NodeIndex, 1> alone{sentinels[0]};
  const std::array<NodeIndex, 5> rest{servers[0], servers[1], servers[2], sentinels[1],
                                      sentinels[2]};
  const FaultId cut = world.faults().partition(alone, rest, Cut::both_ways);
  run_for(1s);
  world.faults().crash(servers[0]);
  run_for(12s);
  ASSERT_EQ(log.promotions.size(), 1U) << log.all();
  EXPECT_EQ(master_by("sentinel-1"), first_is_master);
  EXPECT_NE(master_by("sentinel-2"), first_is_master);
  world.faults().heal(cut);
  run_for(30s);
  EXPECT_EQ(master_by("sentinel-1"), master_by("sentinel-2"));
}

TEST_F(RedisFailover, AcknowledgedWritesThatNoReplicaHeardAreLostAndCounted) {
  for (int i = 0; i < 3; ++i) {
    ask("redis", "SET kept" + std::to_string(i) + " 1");
  }
  run_for(1s);
  const std::array<NodeIndex, 1> master{servers[0]};
  const std::array<NodeIndex, 2> replicas{servers[1], servers[2]};
  world.faults().partition(master, replicas, Cut::both_ways);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ask("redis", "SET lost" + std::to_string(i) + " 1"), "+OK\r\n") << "acknowledged";
  }
  const FaultId down = world.faults().crash(servers[0]);
  run_for(12s);
  ASSERT_EQ(log.promotions.size(), 1U) << log.all();
  const auto& [chosen, promoted] = log.promotions[0];
  EXPECT_EQ(promoted.writes, 3U);
  EXPECT_EQ(promoted.writes_lost, 5U);
  EXPECT_EQ(ask(chosen, "GET kept2"), "$1\r\n1\r\n");
  EXPECT_EQ(ask(chosen, "GET lost0"), "$-1\r\n");
  world.faults().heal(down);
}

TEST_F(RedisFailover, AMasterThatComesBackIsMadeAReplicaAndGivesUpItsOwnWrites) {
  const std::array<NodeIndex, 1> master{servers[0]};
  const std::array<NodeIndex, 5> rest{servers[1], servers[2], sentinels[0], sentinels[1],
                                      sentinels[2]};
  ask("redis", "SET before 1");
  run_for(1s);
  const FaultId cut = world.faults().partition(master, rest, Cut::both_ways);
  run_for(12s);
  ASSERT_EQ(log.promotions.size(), 1U) << log.all();
  const std::string chosen = log.promotions[0].first;
  EXPECT_EQ(ask("redis", "SET stale 1"), "+OK\r\n") << "it does not know that it is over";
  EXPECT_EQ(ask(chosen, "SET after 1"), "+OK\r\n");
  world.faults().heal(cut);
  run_for(40s);
  EXPECT_EQ(ask("redis", "SET stale 2"), readonly) << log.all();
  EXPECT_EQ(ask("redis", "GET stale"), "$-1\r\n");
  EXPECT_EQ(ask("redis", "GET after"), "$1\r\n1\r\n");
  ASSERT_FALSE(log.syncs.empty());
  EXPECT_EQ(log.syncs.back().first, "redis");
  EXPECT_EQ(log.syncs.back().second.writes_discarded, 1U);
}

TEST_F(RedisFailover, AFrozenMasterIsReplacedAndNoticesWhenItGoesOn) {
  const FaultId frozen = world.faults().freeze(servers[0]);
  run_for(12s);
  ASSERT_EQ(log.promotions.size(), 1U) << log.all();
  world.faults().heal(frozen);
  run_for(40s);
  EXPECT_EQ(ask("redis", "SET a 1"), readonly) << log.all();
}

TEST(RedisFailoverSeeds, EverySeedEndsWithOneMasterThatAllAgreeOn) {
  class Seeded final : public RedisFailover {
   public:
    explicit Seeded(std::uint64_t seed) : RedisFailover(seed) {}
    void TestBody() override {}
    std::size_t promoted_after_two_failures() {
      const FaultId first = world.faults().crash(servers[0]);
      run_for(30s);
      world.faults().heal(first);
      run_for(40s);
      std::string all;
      for (const NodeIndex sentinel : sentinels) {
        all += master_by(std::string(world.name(sentinel)));
      }
      const std::string one = all.substr(0, all.size() / 3);
      EXPECT_EQ(all, one + one + one) << log.all();
      EXPECT_EQ(ask("redis", "SET a 1"), readonly) << log.all();
      return log.promotions.size();
    }
  };
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    EXPECT_EQ(Seeded(seed).promoted_after_two_failures(), 1U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace arbees::sim
