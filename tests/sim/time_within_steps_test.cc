#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "core/orchestrator/events.h"
#include "core/orchestrator/orchestrator.h"
#include "core/shard/game_shard.h"
#include "core/store/memory_store.h"
#include "sim/world/events.h"
#include "sim/world/world.h"
#include "tests/sim/support/redis_endpoint.h"

namespace arbees::sim {
namespace {

/// A clock on which time passes while the program computes, as on a real machine: each reading is a
/// little later than the one before.
class TickingClock final : public Clock {
 public:
  explicit TickingClock(Clock& clock) : clock_(clock) {}
  void pass(Duration span) { passed_ += span; }
  [[nodiscard]] MonoTime now() const override {
    return clock_.now() + passed_ + Duration{++readings_};
  }
  [[nodiscard]] WallTime wall_now() const override { return clock_.wall_now(); }
  [[nodiscard]] std::unique_ptr<Timer> make_timer(std::function<void()> fire) override {
    return clock_.make_timer(std::move(fire));
  }

 private:
  Clock& clock_;
  Duration passed_{};
  mutable std::int64_t readings_ = 0;
};

/// A log on a disk that is slow whenever a heartbeat is written.
class SlowLog final : public EventSink {
 public:
  SlowLog(EventSink& events, TickingClock& clock) : events_(events), clock_(clock) {}
  EventId record(EventView event, EventId cause) override {
    if (event.get_if<HeartbeatHeard>() != nullptr) {
      clock_.pass(milliseconds{3});
    }
    return events_.record(event, cause);
  }

 private:
  EventSink& events_;
  TickingClock& clock_;
};

class TickingOrchestrator final : public Program {
 public:
  explicit TickingOrchestrator(Ports& ports)
      : clock_(ports.clock),
        log_(ports.events, clock_),
        ports_{clock_, ports.transport, ports.store, ports.entropy, ports.signals,
               log_,   ports.process},
        orchestrator_(make_orchestrator(ports_, settings())) {}

  void start() override {
    orchestrator_->start();
    orchestrator_->on_live_games({{GameId("g"), "nba", "", ""}});
  }
  void terminate() override { orchestrator_->terminate(); }

 private:
  static OrchestratorSettings settings() {
    OrchestratorSettings settings;
    settings.redis.endpoint = redis_endpoint;
    return settings;
  }
  TickingClock clock_;
  SlowLog log_;
  Ports ports_;
  std::unique_ptr<Orchestrator> orchestrator_;
};

struct Signals final : Observer {
  void observe(const SimEnvelope& event) override {
    accepted += event.event.get_if<SignalAccepted>() != nullptr ? 1U : 0U;
  }
  std::uint64_t accepted = 0;
};

// A beat noted with a later reading of the clock than its own arrival lay beyond the moment from which
// blindness then counted, and seeing time ran backwards: the orchestrator ended itself.
TEST(TimeWithinSteps, BlindnessRightAfterAHeartbeatIsBlindnessAndNoMore) {
  World world({.seed = 3});
  Signals signals;
  const NodeIndex redis = world.add_redis("redis", 6379);
  const NodeIndex orchestrator = world.add_node(
      {.name = "orchestrator",
       .factory = [](Ports& ports) { return std::make_unique<TickingOrchestrator>(ports); },
       .store =
           [](const StoreSite& site) {
             return std::make_unique<MemoryStore>(site.image, site.clock, true);
           }});
  const NodeIndex shard = world.add_node({.name = "shard-1", .factory = [](Ports& ports) {
                                            ShardSettings settings;
                                            settings.redis.endpoint = redis_endpoint;
                                            settings.id = ShardId("shard-1");
                                            return make_game_shard(ports, settings);
                                          }});
  world.add_observer(signals);
  for (const NodeIndex node : {redis, orchestrator, shard}) {
    world.start(node);
  }
  for (int outage = 0; outage < 40; ++outage) {
    // Both sides are back within 100 ms: the beat of the shard is then often the last thing heard before
    // the next outage, the next canary being due only after 2 s.
    world.run_until(world.now() + milliseconds{700});
    const auto fault = world.faults().crash(redis);
    world.run_until(world.now() + milliseconds{20});
    world.faults().heal(fault);
  }
  world.run_until(world.now() + seconds{20});
  EXPECT_TRUE(world.running(orchestrator));
  EXPECT_GE(signals.accepted, 40U) << "a signal a second for 49 s but for the first seconds";
}

}  // namespace
}  // namespace arbees::sim
