// Faults of processes and of their machines' clocks: suspend, a second process, jumps and drift.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sim/support/small_world.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

class ProcessFaults : public ::testing::Test {
 protected:
  ProcessFaults() {
    world_.add_observer(log_);
    redis_ = world_.add_redis("redis", 6379);
    first_ = world_.add_node(pinger("a"));
    second_ = world_.add_node(pinger("a-second"));
    world_.start(redis_);
    world_.start(first_);
  }
  [[nodiscard]] Duration by_its_clock(NodeIndex node, Duration span) {
    const MonoTime before = world_.local_time(node);
    world_.run_until(world_.now() + span);
    return world_.local_time(node) - before;
  }
  void write(NodeIndex node, std::string_view bytes) {
    Disk& disk = world_.disk(node);
    disk.begin();
    ASSERT_EQ(disk.create("store"), Disk::Result::ok);
    ASSERT_EQ(disk.write("store", 0, bytes), Disk::Result::ok);
    ASSERT_EQ(disk.sync("store", true), Disk::Result::ok);
    disk.settle();
  }
  /// How often the program on that node was answered in a span of the run.
  [[nodiscard]] std::size_t pongs(std::string_view node, Duration from, Duration to) const {
    std::size_t count = 0;
    for (const Log::Line& line : log_.of("said", "pong")) {
      count += line.node == node && line.time > SimTime(from) && line.time <= SimTime(to) ? 1 : 0;
    }
    return count;
  }

  Log log_;
  World world_{WorldConfig{.seed = 3}};
  NodeIndex redis_{};
  NodeIndex first_{};
  NodeIndex second_{};
};

TEST_F(ProcessFaults, AProgramOnASlowMachineTakesOneStepAfterTheOther) {
  world_.run_until(SimTime(10s));
  const FaultId fault = world_.faults().slow(first_, {1s, 1s});
  world_.run_until(SimTime(60s));
  std::vector<SimTime> steps;
  for (const Log::Line& line : log_.of("said", "pong")) {
    if (line.time > SimTime(10s) && (steps.empty() || steps.back() != line.time)) {
      steps.push_back(line.time);
    }
  }
  ASSERT_GT(steps.size(), 10U);
  for (std::size_t i = 1; i < steps.size(); ++i) {
    EXPECT_GE(steps[i] - steps[i - 1], 1s);
  }
  EXPECT_LE(pongs("a", 10s, 60s), 26U) << "a ping takes a step of the timer and one of the answer";
  ASSERT_EQ(log_.count("network_fault_felt"), 1U);
  EXPECT_EQ(log_.of("network_fault_felt").front().cause, fault);
  world_.faults().heal(fault);
  world_.run_until(SimTime(60100ms));
  EXPECT_GE(pongs("a", 60s, 60100ms) + pongs("a", 60100ms, 60400ms), 1U);
  world_.run_until(SimTime(70s));
  EXPECT_GT(pongs("a", 60s, 70s), 50U);
  EXPECT_EQ(log_.count("said", "lost: reset"), 0U);
}

TEST_F(ProcessFaults, AMachineIsSlowUntilTheLastOfItsFaultsIsHealed) {
  world_.run_until(SimTime(10s));
  const FaultId one = world_.faults().slow(first_, {1s, 1s});
  const FaultId other = world_.faults().slow(first_, {1s, 1s});
  world_.faults().heal(one);
  world_.run_until(SimTime(40s));
  EXPECT_LE(pongs("a", 10s, 40s), 16U);
  world_.faults().heal(other);
  world_.run_until(SimTime(50s));
  EXPECT_GT(pongs("a", 40s, 50s), 50U);
}

TEST_F(ProcessFaults, ASlowProgramEndsWhenItIsThroughWithItsStep) {
  world_.run_until(SimTime(10s));
  world_.faults().slow(first_, {5s, 5s});
  world_.run_until(SimTime(11s));
  world_.terminate(first_);
  world_.run_until(SimTime(14s));
  EXPECT_EQ(log_.count("node_exited"), 0U);
  world_.run_until(SimTime(30s));
  EXPECT_EQ(log_.count("node_exited"), 1U) << "behind what became ready before";
}

TEST_F(ProcessFaults, ASuspendedMachineStandsStillAndItsClockGoesOn) {
  world_.run_until(SimTime(10s));
  const FaultId fault = world_.faults().suspend(first_);
  EXPECT_GT(by_its_clock(first_, 100s), 99s);
  EXPECT_EQ(pongs("a", 10s, 110s), 0U);
  world_.faults().heal(fault);
  world_.run_until(SimTime(120s));
  EXPECT_GT(pongs("a", 110s, 120s), 20U);
  EXPECT_EQ(log_.count("node_frozen"), 1U);
  EXPECT_EQ(log_.count("node_thawed"), 1U);
}

TEST_F(ProcessFaults, TheKernelOfASuspendedMachineDoesNotAnswerEither) {
  world_.run_until(SimTime(10s));
  const FaultId fault = world_.faults().suspend(redis_);
  world_.run_until(SimTime(60s));
  // The kernel of one that is only frozen takes bytes; here nothing is acknowledged, and the client gives up.
  EXPECT_GT(log_.count("said", "lost: write_timed_out"), 0U);
  world_.faults().heal(fault);
  world_.run_until(SimTime(70s));
  EXPECT_GT(pongs("a", 60s, 70s), 20U);
}

TEST_F(ProcessFaults, WhatIsSuspendedAndFrozenGoesOnWhenBothAreOver) {
  world_.run_until(SimTime(10s));
  const FaultId suspended = world_.faults().suspend(first_);
  const FaultId frozen = world_.faults().freeze(first_);
  world_.faults().heal(suspended);
  world_.run_until(SimTime(20s));
  EXPECT_EQ(pongs("a", 10s, 20s), 0U);
  world_.faults().heal(frozen);
  world_.run_until(SimTime(30s));
  EXPECT_GT(pongs("a", 20s, 30s), 20U);
}

TEST_F(ProcessFaults, AMachineThatIsStartedAnewIsNotSuspendedAnyMore) {
  world_.run_until(SimTime(10s));
  const FaultId suspended = world_.faults().suspend(first_);
  world_.run_until(SimTime(12s));
  world_.faults().heal(world_.faults().crash(first_));
  world_.run_until(SimTime(20s));
  EXPECT_GT(pongs("a", 12s, 20s), 20U);
  world_.faults().heal(suspended);
  world_.run_until(SimTime(30s));
  EXPECT_GT(pongs("a", 20s, 30s), 20U);
}

TEST_F(ProcessFaults, ASecondProcessRunsBesideTheFirstUntilItIsHealed) {
  world_.run_until(SimTime(10s));
  write(first_, "first");
  const FaultId fault = world_.faults().second_process(first_, second_);
  EXPECT_EQ(world_.disk(second_).copy().at("store"), "first");
  world_.run_until(SimTime(20s));
  EXPECT_GT(pongs("a", 10s, 20s), 20U);
  EXPECT_GT(pongs("a-second", 10s, 20s), 20U);
  write(second_, "again");
  world_.faults().heal(fault);
  world_.run_until(SimTime(30s));
  EXPECT_GT(pongs("a", 20s, 30s), 20U);
  EXPECT_EQ(pongs("a-second", 20s, 30s), 0U);
  EXPECT_EQ(log_.count("node_started", "a"), 2U);
  EXPECT_EQ(world_.disk(first_).copy().at("store"), "again");
}

TEST_F(ProcessFaults, HealingASecondProcessStartsTheFirstThatHasEnded) {
  world_.run_until(SimTime(10s));
  const FaultId fault = world_.faults().second_process(first_, second_);
  world_.terminate(first_);
  world_.run_until(SimTime(20s));
  EXPECT_FALSE(world_.running(first_));
  world_.faults().heal(fault);
  EXPECT_TRUE(world_.running(first_));
  EXPECT_FALSE(world_.running(second_));
}

TEST_F(ProcessFaults, AClockDriftsByWhatItIsToldAndThenAsBefore) {
  world_.set_drift(first_, 0);
  const FaultId fast = world_.faults().clock_drift(first_, 4'900'000);
  EXPECT_EQ(by_its_clock(first_, 1'000s), 1'004'900ms);
  const FaultId slow = world_.faults().clock_drift(first_, -5'900'000);
  EXPECT_EQ(by_its_clock(first_, 1'000s), 999s);
  world_.faults().heal(fast);
  world_.faults().heal(slow);
  EXPECT_EQ(by_its_clock(first_, 1'000s), 1'000s);
}

TEST_F(ProcessFaults, ADriftIsFeltByTheFirstTimerOfAProgramThatRuns) {
  world_.run_until(SimTime(10s));
  const FaultId frozen = world_.faults().freeze(first_);
  const FaultId never = world_.faults().clock_drift(first_, 1'000'000);
  const FaultId drift = world_.faults().clock_drift(first_, 1'000'000);
  world_.run_until(SimTime(20s));
  EXPECT_EQ(log_.count("clock_fault_felt"), 0U) << "a program that stands still does nothing";
  world_.faults().heal(never);
  world_.faults().heal(frozen);
  world_.run_until(SimTime(30s));
  const std::vector<Log::Line> felt = log_.of("clock_fault_felt");
  ASSERT_EQ(felt.size(), 1U);
  EXPECT_EQ(felt.front().cause, drift);
}

TEST(WallJump, MovesTheWallClockAloneAndHealingSetsItRight) {
  Log log;
  World world({.seed = 3});
  world.add_observer(log);
  std::vector<WallTime> walls;
  const NodeIndex node =
      world.add_node({.name = "a", .factory = [&walls](Ports& ports) {
                        return std::make_unique<Sketch>(
                            ports, [](Ports&) {},
                            [&walls](Ports& mine) { walls.push_back(mine.clock.wall_now()); });
                      }});
  world.start(node);
  const auto wall = [&] {
    world.terminate(node);
    world.run_until(world.now());
    return walls.back();
  };
  const WallTime before = wall();
  const MonoTime mono = world.local_time(node);
  const FaultId back = world.faults().wall_jump(node, -24h);
  world.faults().heal(world.faults().wall_jump(node, 5h));
  EXPECT_EQ(log.count("clock_fault_felt"), 0U);
  EXPECT_EQ(wall(), before - 24h);
  EXPECT_EQ(wall(), before - 24h);
  ASSERT_EQ(log.count("clock_fault_felt"), 1U) << "once, by who reads it while it is wrong";
  EXPECT_EQ(log.of("clock_fault_felt").front().cause, back);
  const FaultId forward = world.faults().wall_jump(node, 1h);
  EXPECT_EQ(wall(), before - 23h);
  world.faults().heal(back);
  EXPECT_EQ(wall(), before + 1h);
  world.faults().heal(forward);
  EXPECT_EQ(wall(), before);
  EXPECT_EQ(world.local_time(node), mono);
}

}  // namespace
}  // namespace arbees::sim
