#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "sim/engine/stream.h"
#include "sim/node/local_time.h"
#include "tests/sim/support/small_world.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

TEST(LocalTime, RunsAtItsOwnRateInIntegers) {
  const LocalTime fast(MonoTime(1h), 50'000);
  EXPECT_EQ(fast.at(SimTime(0s)), MonoTime(1h));
  EXPECT_EQ(fast.at(SimTime(1s)), MonoTime(1h + 1s + 50us));
  const LocalTime slow(MonoTime(0s), -50'000);
  EXPECT_EQ(slow.at(SimTime(1s)), MonoTime(1s - 50us));
}

TEST(LocalTime, FindsTheFirstInstantAtWhichADeadlineIsReached) {
  Streams streams(1);
  Stream& draws = streams.get("local time");
  for (int i = 0; i < 2'000; ++i) {
    LocalTime local(MonoTime(Duration(draws.between(0, 1'000'000))),
                    draws.between(-500'000'000, 500'000'000));
    SimTime now{};
    for (int piece = 0; piece < 3; ++piece) {
      const MonoTime due = local.at(now) + Duration(draws.between(1, 10'000'000'000));
      const SimTime reached = local.when(due);
      ASSERT_GE(local.at(reached), due);
      ASSERT_LT(local.at(reached - 1ns), due);
      now += Duration(draws.between(1, 1'000'000'000));
      const MonoTime before = local.at(now);
      local.set_drift(now, draws.between(-500'000'000, 500'000'000));
      ASSERT_EQ(local.at(now), before) << "a change of rate is no jump";
    }
  }
}

TEST(LocalTime, JumpsForwardOnly) {
  LocalTime local(MonoTime(0s), 0);
  local.jump(SimTime(10s), 5s);
  EXPECT_EQ(local.at(SimTime(11s)), MonoTime(16s));
  EXPECT_EQ(local.when(MonoTime(16s)), SimTime(11s));
}

/// A world with one node whose program is `start`.
class OneNode {
 public:
  explicit OneNode(Sketch::Step start, Sketch::Step terminate = {}, WorldConfig config = {},
                   std::optional<Duration> restart = {})
      : world(config) {
    world.add_observer(log);
    node = world.add_node({.name = "node",
                           .factory = [start, terminate](Ports& ports) -> std::unique_ptr<Program> {
                             return std::make_unique<Sketch>(ports, start, terminate);
                           },
                           .store = {},
                           .restart_after_exit = restart});
  }

  Log log;
  World world;
  NodeIndex node{};
};

/// Timers that outlive the function that made them, and die with the program's ports.
struct Timers {
  std::vector<std::unique_ptr<Timer>> kept;
  Timer& make(Ports& ports, std::function<void()> fire) {
    kept.push_back(ports.clock.make_timer(std::move(fire)));
    return *kept.back();
  }
};

void say(Ports& ports, std::string what) { ports.events.record(Said{.what = std::move(what)}, {}); }

TEST(Node, TimersFireInTheOrderOfTheirDeadlinesAndThenOfArming) {
  Timers timers;
  OneNode one([&](Ports& ports) {
    const MonoTime now = ports.clock.now();
    timers.make(ports, [&] { say(ports, "third"); }).arm(now + 2s);
    timers.make(ports, [&] { say(ports, "first"); }).arm(now + 1s);
    timers.make(ports, [&] { say(ports, "second"); }).arm(now + 1s);
    timers.make(ports, [&] { say(ports, "never"); }).arm(now + 1s);
    timers.kept.back()->disarm();
    timers.make(ports, [&] { say(ports, "at once"); }).arm(now - 5s);
    say(ports, "started");
  });
  one.world.start(one.node);
  one.world.run_until(SimTime(10s));
  std::vector<std::string> said;
  for (const Log::Line& line : one.log.of("said")) {
    said.push_back(line.what);
  }
  EXPECT_EQ(said, (std::vector<std::string>{"started", "at once", "first", "second", "third"}));
  timers.kept.clear();
}

TEST(Node, ATimerMayBeArmedAgainAndDestroyedByItsOwnCall) {
  Timers timers;
  int fired = 0;
  OneNode one([&](Ports& ports) {
    timers
        .make(ports,
              [&] {
                if (++fired < 3) {
                  timers.kept[0]->arm(ports.clock.now() + 1s);
                } else {
                  timers.kept.clear();
                }
              })
        .arm(ports.clock.now());
  });
  one.world.start(one.node);
  one.world.run_until(SimTime(10s));
  EXPECT_EQ(fired, 3);
}

TEST(Node, AFastClockFiresEarlyInTrueTimeAndExactlyInItsOwn) {
  Timers timers;
  MonoTime due{};
  MonoTime fired{};
  OneNode one([&](Ports& ports) {
    due = ports.clock.now() + 1000s;
    timers.make(ports, [&] { fired = ports.clock.now(), say(ports, "fired"); }).arm(due);
  });
  one.world.start(one.node);
  one.world.set_drift(one.node, 1'000'000);
  one.world.run_until(SimTime(998s));
  EXPECT_EQ(one.log.count("said"), 0U);
  one.world.run_until(SimTime(1000s));
  EXPECT_GE(fired, due);
  EXPECT_LE(fired, due + 2ns);
  EXPECT_NEAR(static_cast<double>(one.log.of("said").at(0).time.time_since_epoch().count()),
              999.001e9, 1e6);
  timers.kept.clear();
}

TEST(Node, ADriftThatChangesMovesTimersThatWait) {
  Timers timers;
  OneNode one(
      [&](Ports& ports) {
        timers.make(ports, [&] { say(ports, "fired"); }).arm(ports.clock.now() + 100s);
      },
      {}, {.clocks = {.drift_ppb_max = 0}});
  one.world.start(one.node);
  one.world.run_until(SimTime(50s));
  one.world.set_drift(one.node, -500'000'000);
  one.world.run_until(SimTime(200s));
  EXPECT_EQ(one.log.of("said").at(0).time, SimTime(150s));
  timers.kept.clear();
}

TEST(Node, ClocksDifferBetweenNodesWithinTheirBounds) {
  World world({.seed = 3, .clocks = {.drift_ppb_max = 100, .wall_skew_max = 5ms}});
  std::vector<WallTime> walls;
  std::vector<MonoTime> monos;
  for (const char* name : {"a", "b", "c"}) {
    world.start(
        world.add_node({.name = name, .factory = [&](Ports& ports) -> std::unique_ptr<Program> {
                          walls.push_back(ports.clock.wall_now());
                          monos.push_back(ports.clock.now());
                          return std::make_unique<Sketch>(ports, [](Ports&) {});
                        }}));
  }
  EXPECT_NE(walls[0], walls[1]);
  EXPECT_NE(monos[0], monos[1]);
  for (const WallTime wall : walls) {
    EXPECT_LE(std::chrono::abs(wall - ClockConfig{}.wall_epoch), 5ms);
  }
}

TEST(Node, LostTimersNeverFireAfterACrash) {
  int fired = 0;
  // Owned by the program, as everything of it is.
  class Ticker final : public Program {
   public:
    Ticker(Ports& ports, int& fired)
        : ports_(ports), timer_(ports.clock.make_timer([&fired] { ++fired; })) {}
    ~Ticker() override { ports_.events.record(Said{.what = "a destructor talks"}, {}); }
    void start() override { timer_->arm(ports_.clock.now() + 10s); }
    void terminate() override {}

   private:
    Ports& ports_;
    std::unique_ptr<Timer> timer_;
  };
  Log log;
  World world({.seed = 1});
  world.add_observer(log);
  const NodeIndex node =
      world.add_node({.name = "node", .factory = [&](Ports& ports) -> std::unique_ptr<Program> {
                        return std::make_unique<Ticker>(ports, fired);
                      }});
  world.start(node);
  world.run_until(SimTime(5s));
  const FaultId crash = world.faults().crash(node);
  world.run_until(SimTime(8s));
  world.faults().heal(crash);
  world.run_until(SimTime(15s));
  EXPECT_EQ(fired, 0) << "the second life's timer is due at 18 s";
  world.run_until(SimTime(20s));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(log.count("said"), 0U);
}

TEST(Node, ExitEndsTheProgramAfterTheStepAndASupervisorStartsItAgain) {
  Timers timers;
  int starts = 0;
  OneNode one(
      [&](Ports& ports) {
        timers.kept.clear();
        ++starts;
        timers.make(ports, [&] { say(ports, "never"); }).arm(ports.clock.now() + 1s);
        timers
            .make(ports,
                  [&] {
                    ports.process.exit(ExitCode::superseded, "replaced");
                    say(ports, "end of the step");
                  })
            .arm(ports.clock.now() + 1s - 1ns);
      },
      {}, {}, 3s);
  one.world.start(one.node);
  one.world.run_until(SimTime(2s));
  EXPECT_EQ(one.log.count("said", "end of the step"), 1U);
  EXPECT_EQ(one.log.count("node_exited", "node 75 replaced"), 1U);
  EXPECT_FALSE(one.world.running(one.node));
  one.world.run_until(SimTime(4500ms));
  EXPECT_EQ(starts, 2);
  EXPECT_EQ(one.log.count("said", "never"), 0U);
  timers.kept.clear();
}

TEST(Node, TerminateIsAStepOfItsOwnAndWaitsForAFrozenProgram) {
  OneNode one([](Ports&) {}, [](Ports& ports) { ports.process.exit(ExitCode::ok, "asked to"); });
  one.world.start(one.node);
  const FaultId freeze = one.world.faults().freeze(one.node);
  one.world.terminate(one.node);
  one.world.run_until(SimTime(5s));
  EXPECT_EQ(one.log.count("node_exited"), 0U);
  one.world.faults().heal(freeze);
  one.world.run_until(SimTime(6s));
  EXPECT_EQ(one.log.count("node_exited", "node 0 asked to"), 1U);
}

TEST(Node, AFrozenProgramCatchesUpInOrderAfterAThaw) {
  Timers timers;
  OneNode one(
      [&](Ports& ports) {
        const MonoTime now = ports.clock.now();
        timers.make(ports, [&] { say(ports, "second"); }).arm(now + 20s);
        timers.make(ports, [&] { say(ports, "first"); }).arm(now + 10s);
        timers.make(ports, [&] { say(ports, "later"); }).arm(now + 40s);
      },
      {}, {.clocks = {.drift_ppb_max = 0}});
  one.world.start(one.node);
  one.world.run_until(SimTime(5s));
  const FaultId freeze = one.world.faults().freeze(one.node);
  one.world.at(SimTime(30s), [&] { one.world.faults().heal(freeze); });
  one.world.run_until(SimTime(35s));
  const auto said = one.log.of("said");
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0].what, "first");
  EXPECT_EQ(said[1].what, "second");
  EXPECT_EQ(said[0].time, SimTime(30s)) << "monotonic time counts the pause";
  one.world.run_until(SimTime(40s));
  EXPECT_EQ(one.log.count("said", "later"), 1U);
  timers.kept.clear();
}

TEST(Node, EventIdsCarryTheNodeAndGoOnAcrossRestarts) {
  OneNode one([](Ports& ports) { say(ports, "hello"); });
  one.world.start(one.node);
  one.world.faults().heal(one.world.faults().crash(one.node));
  const auto said = one.log.of("said");
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0].id.value() >> 33U, std::uint64_t{value(one.node)});
  EXPECT_EQ(said[1].id.value(), said[0].id.value() + 1);
  EXPECT_LT(said[1].id.value(), std::uint64_t{1} << 53U);
}

TEST(Node, WithoutAStoreEveryCallIsAnsweredUnavailable) {
  int answers = 0;
  OneNode one([&](Ports& ports) {
    ports.store.load([&](const auto& loaded) { answers += loaded.has_value() ? 0 : 1; });
    ports.store.commit({},
                       [&](const auto& committed) { answers += committed.has_value() ? 0 : 10; });
    EXPECT_EQ(answers, 0);
  });
  one.world.start(one.node);
  one.world.run_until(SimTime(1s));
  EXPECT_EQ(answers, 11);
}

}  // namespace
}  // namespace arbees::sim
