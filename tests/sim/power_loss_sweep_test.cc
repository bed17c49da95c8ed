// Seed incident 1 (a shard crashes and is back), with the power of the orchestrator's machine lost after every
// single write and sync of its store in turn, unsynced writes torn; and the same with kill -9. Whatever the moment: the next orchestrator
// loads what was acknowledged or that and the batch in flight, terms and epochs never repeat, no owner is told
// to let go, and no game is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>

#include <stdexcept>
#include <string>
#include <vector>

#include "sim/disk/events.h"
#include "sim/invariants/registry.h"
#include "sim/runner/fault_schedule.h"
#include "sim/runner/fleet.h"
#include "sim/scenario/library.h"
#include "sim/world/events.h"
#include "sim/world/world.h"

namespace arbees::sim {
namespace {

constexpr Duration without_power = seconds{3};
constexpr std::uint64_t seeds = 4;

enum class End : std::uint8_t { power_lost, killed };

struct Cut {
  SimTime at;
  End end;
};

const Scenario& incident() {
  static const Scenario scenario = [] {
    auto loaded = ScenarioLibrary(ARBEES_SOURCE_DIR "/scenarios").load("01a");
    if (!loaded) {
      throw std::runtime_error(loaded.error());
    }
    return std::move(loaded->scenario);
  }();
  return scenario;
}

class Watcher final : public Observer {
 public:
  void observe(const SimEnvelope& event) override {
    if (const auto* lost = event.event.get_if<UnsyncedWritesLost>()) {
      torn += lost->lost > 0 && lost->lost < lost->sectors ? 1 : 0;
    } else if (const auto* accepted = event.event.get_if<SignalAccepted>()) {
      last_signals.insert_or_assign(accepted->game, event.time);
    }
  }

  std::uint64_t torn = 0;
  std::map<GameId, SimTime> last_signals;
};

/// One run of the incident; the orchestrator ends at the cut, if there is one.
struct Replay {
  Replay(std::uint64_t seed, std::optional<Cut> cut) : world({.seed = seed}) {
    world.add_observer(invariants);
    world.add_observer(watcher);
    Fleet fleet(incident(), policy, world);
    FaultSchedule faults(incident(), {}, world);
    fleet.install();
    faults.install();
    const NodeIndex orchestrator = *world.find(orchestrator_node);
    if (cut) {
      world.at(cut->at, [this, orchestrator, end_by = cut->end] {
        const FaultId fault = end_by == End::killed ? world.faults().crash(orchestrator)
                                                    : world.faults().lose_power(orchestrator);
        world.at(world.now() + without_power, [this, fault] { world.faults().heal(fault); });
      });
    } else {
      world.disk(orchestrator).watch([this](SimTime at) { operations.push_back(at); });
    }
    end = SimTime(incident().duration);
    world.run_until(end);
    invariants.finish(end);
  }

  const PolicySpec& policy = *incident().policy(hardened_policy);
  InvariantSet invariants{Fleet::limits(incident(), policy)};
  Watcher watcher;
  World world;
  std::vector<SimTime> operations;
  SimTime end;
};

/// What one run showed, if it is not what it should; empty: nothing.
std::string problem_of(const Replay& run) {
  if (!run.invariants.violations().empty()) {
    return std::string(run.invariants.violations().front().invariant) + ": " +
           run.invariants.violations().front().text;
  }
  const auto durable = std::ranges::find_if(run.invariants.invariants(),
                                            [](const auto& each) { return each->id() == "I14"; });
  if ((*durable)->status() != InvariantStatus::holds) {
    return "I14 was not tried";
  }
  if (run.watcher.last_signals.size() != incident().games.size()) {
    return "a game was never served";
  }
  for (const auto& [game, time] : run.watcher.last_signals) {
    if (time < run.end - seconds{3}) {
      return game.str() + " is not served at the end";
    }
  }
  return {};
}

TEST(PowerLossSweep, AtEveryWriteOfIncident1NothingAcknowledgedIsLost) {
  std::uint64_t moments = 0;
  std::uint64_t torn = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Replay whole(seed, {});
    EXPECT_EQ(problem_of(whole), "") << "seed " << seed;
    for (const SimTime operation : whole.operations) {
      for (const End end : {End::power_lost, End::killed}) {
        const Replay run(seed, Cut{operation + Duration{1}, end});
        EXPECT_EQ(problem_of(run), "")
            << "seed " << seed << (end == End::killed ? ", killed" : ", power lost")
            << " after the operation at " << operation.time_since_epoch().count() << " ns";
        torn += run.watcher.torn;
      }
      ++moments;
    }
  }
  std::printf(
      "killed, and power lost, at %llu moments, %llu losses left a part of what was not synced\n",
      static_cast<unsigned long long>(moments), static_cast<unsigned long long>(torn));
  EXPECT_GT(moments, seeds * 40);
  EXPECT_GT(torn, seeds * 2);
}

}  // namespace
}  // namespace arbees::sim
