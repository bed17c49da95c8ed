// Services that are not ours, as a client of Redis: who writes keys meets what refuses writes.
#include "sim/runner/service.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "sim/world/events.h"
#include "sim/world/world.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;
using Kind = RedisTrouble::Kind;

class Services : public ::testing::Test, protected Observer {
 protected:
  Services() : world_({.seed = 3}) {
    world_.add_observer(*this);
    redis_ = world_.add_redis("redis", 6379);
    world_.start(redis_);
    for (const ServiceKind& kind : service_kinds) {
      world_.start(
          world_.add_node({.name = std::string(kind.name), .factory = [&kind](Ports& ports) {
                             return make_service(ports, kind, {Endpoint::Kind::tcp, "redis", 6379});
                           }}));
    }
  }
  void during(Duration from, Duration to, Kind kind) {
    world_.at(SimTime(from), [this, kind, to] {
      const FaultId fault = world_.faults().trouble(redis_, {.kind = kind});
      world_.at(SimTime(to), [this, fault] { world_.faults().heal(fault); });
    });
  }

  World world_;
  NodeIndex redis_{};
  std::map<std::string, std::size_t> refused_;  ///< by service
  std::map<std::string, std::size_t> felt_;     ///< by fault
  std::string error_;

 private:
  void observe(const SimEnvelope& event) override {
    if (const auto* refused = event.event.get_if<ServiceRefused>()) {
      ++refused_[refused->service];
      error_ = refused->error;
    }
    if (const auto* felt = event.event.get_if<RedisFaultFelt>()) {
      ++felt_[felt->fault];
    }
  }
};

TEST_F(Services, WithoutMemoryTheirKeysAreRefusedAndTheirMessagesAreNot) {
  during(25s, 85s, Kind::out_of_memory);
  world_.run_until(SimTime(120s));
  EXPECT_EQ(refused_.at("kalshi_monitor"), 6U) << "one beat in ten seconds, each refused once";
  EXPECT_EQ(refused_.at("polymarket_monitor"), 6U);
  EXPECT_EQ(refused_.at("market_discovery_rust"), 1U) << "it says nothing after that";
  EXPECT_EQ(felt_.at("redis_oom"), 13U);
  EXPECT_TRUE(error_.starts_with("OOM ")) << error_;
}

TEST_F(Services, AReplicaTakesTheirMessagesAndNotTheirKeys) {
  during(25s, 85s, Kind::read_only);
  world_.run_until(SimTime(120s));
  EXPECT_EQ(refused_.at("kalshi_monitor"), 6U);
  EXPECT_TRUE(error_.starts_with("READONLY ")) << error_;
}

TEST_F(Services, AMonitorIsBackAfterRedisWasAway) {
  world_.at(SimTime(25s), [this] { world_.faults().heal(world_.faults().crash(redis_)); });
  during(45s, 105s, Kind::out_of_memory);
  world_.run_until(SimTime(120s));
  EXPECT_EQ(refused_.at("polymarket_monitor"), 6U);
  EXPECT_FALSE(refused_.contains("market_discovery_rust")) << "its heartbeats ended with the link";
}

}  // namespace
}  // namespace arbees::sim
