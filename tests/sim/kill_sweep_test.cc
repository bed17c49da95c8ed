// Seed incident 1 (a shard crashes and is back), with the orchestrator killed at every event of it in turn. At each of
// its own events it ends in the middle of its step: what it recorded, sent and wrote before is done, and nothing
// after. At each event of anybody else it ends between its steps, so that every message on its way meets its end. Whatever the moment: no
// owner is told to let go of its game, no game is lost, terms and epochs never repeat.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/support/incident_replay.h"

namespace arbees::sim {
namespace {

constexpr std::uint64_t kill_sweep_seeds = swept_seeds(2);
constexpr Duration down_for = seconds{3};
/// After its end, until everything must be as before: its absence, the longest lease, and some beats.
constexpr Duration settled_after = down_for + seconds{75};

/// An event of the whole run, by its number.
struct Moment {
  std::uint64_t event;
  Duration at;
  std::string what;
};

/// Where the orchestrator can be killed: once it runs, at each event of its own, and at each instant at which
/// anybody else does anything.
struct Moments final : public Observer {
  explicit Moments(NodeIndex of) : orchestrator(of) {}

  void observe(const SimEnvelope& event) override {
    ++seen;
    Moment moment{seen, event.time.time_since_epoch(),
                  std::string(event.node) + " " + std::string(event.event.name())};
    if (event.node_index == orchestrator) {
      own.push_back(std::move(moment));
      return;
    }
    if (!own.empty() && (others.empty() || others.back().at != moment.at)) {
      others.push_back(std::move(moment));
    }
  }

  NodeIndex orchestrator;
  std::uint64_t seen = 0;
  std::vector<Moment> own;
  std::vector<Moment> others;
};

Moments moments_of_the_incident(std::uint64_t seed) {
  IncidentReplay run(seed);
  Moments moments(run.orchestrator());
  run.world.add_observer(moments);
  run.run();
  EXPECT_EQ(run.problem(), "");
  return moments;
}

/// Kills the orchestrator at one event of the run, and starts it again. The last of the observers: the others
/// have seen the event when it ends.
class Killer final : public Observer {
 public:
  Killer(IncidentReplay& run, std::uint64_t event)
      : world_(run.world), orchestrator_(run.orchestrator()), event_(event) {}

  void observe(const SimEnvelope& event) override {
    if (++seen_ != event_) {
      return;
    }
    if (event.node_index == orchestrator_) {
      start_again(world_.faults().crash_in_step(orchestrator_));
    } else {
      world_.at(event.time, [this] { start_again(world_.faults().crash(orchestrator_)); });
    }
  }

 private:
  void start_again(FaultId fault) {
    world_.at(world_.now() + down_for, [this, fault] { world_.faults().heal(fault); });
  }

  World& world_;
  NodeIndex orchestrator_;
  std::uint64_t event_;
  std::uint64_t seen_ = 0;
};

void kill_at_each(const std::vector<Moment>& moments, std::uint64_t seed) {
  for (const Moment& moment : moments) {
    IncidentReplay run(seed);
    Killer killer(run, moment.event);
    run.world.add_observer(killer);
    run.run(moment.at + settled_after);
    EXPECT_EQ(run.problem(), "") << "seed " << seed << ", killed at event " << moment.event << ", "
                                 << moment.what << ", at " << moment.at.count() << " ns";
  }
}

TEST(KillSweep, InTheMiddleOfAStepAtEachOfTheOrchestratorsEventsInIncident1) {
  std::size_t points = 0;
  for (std::uint64_t seed = 1; seed <= kill_sweep_seeds; ++seed) {
    const Moments moments = moments_of_the_incident(seed);
    kill_at_each(moments.own, seed);
    points += moments.own.size();
  }
  std::printf("killed in the middle of a step at %zu events\n", points);
  EXPECT_GT(points, kill_sweep_seeds * 400);
}

TEST(KillSweep, BetweenStepsAtEachInstantOfAnybodyElseInIncident1) {
  std::size_t points = 0;
  for (std::uint64_t seed = 1; seed <= kill_sweep_seeds; ++seed) {
    const Moments moments = moments_of_the_incident(seed);
    kill_at_each(moments.others, seed);
    points += moments.others.size();
  }
  std::printf("killed between steps at %zu instants\n", points);
  EXPECT_GT(points, kill_sweep_seeds * 500);
}

}  // namespace
}  // namespace arbees::sim
