#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "sim/invariants/registry.h"
#include "sim/runner/fault_schedule.h"
#include "sim/runner/fleet.h"
#include "sim/scenario/library.h"
#include "sim/world/events.h"
#include "sim/world/world.h"

namespace arbees::sim {

/// How many seeds a complete sweep takes: one where the sanitizers make a run ten times as long, and look for errors that
/// do not wait for another seed.
constexpr std::uint64_t swept_seeds([[maybe_unused]] std::uint64_t wanted) {
#ifdef ARBEES_SANITIZED
  return 1;
#else
  return wanted;
#endif
}

/// One run of seed incident 1 (a shard crashes and is back), judged by every invariant. What befalls the
/// orchestrator meanwhile is the test's to say; whatever it is, the fleet must be whole at the end.
class IncidentReplay {
 public:
  explicit IncidentReplay(std::uint64_t seed) : world({.seed = seed}) {
    world.add_observer(invariants_);
    world.add_observer(signals_);
    fleet_.install();
    faults_.install();
  }

  static const Scenario& incident() {
    static const Scenario scenario = [] {
      auto loaded = ScenarioLibrary(ARBEES_SOURCE_DIR "/scenarios").load("01a");
      if (!loaded) {
        throw std::runtime_error(loaded.error());
      }
      return std::move(loaded->scenario);
    }();
    return scenario;
  }

  /// Once: to the end of the incident, and on to that moment if it is later.
  void run(Duration at_least = {}) {
    end_ = SimTime(std::max(incident().duration, at_least));
    world.run_until(end_);
    invariants_.finish(end_);
  }

  [[nodiscard]] NodeIndex orchestrator() const { return *world.find(orchestrator_node); }

  /// What the run showed, if it is not what it should; empty: nothing.
  [[nodiscard]] std::string problem() const {
    if (!invariants_.violations().empty()) {
      return std::string(invariants_.violations().front().invariant) + ": " +
             invariants_.violations().front().text;
    }
    const auto durable = std::ranges::find_if(invariants_.invariants(),
                                              [](const auto& each) { return each->id() == "I14"; });
    if ((*durable)->status() != InvariantStatus::holds) {
      return "I14 was not tried";
    }
    if (signals_.last.size() != incident().games.size()) {
      return "a game was never served";
    }
    for (const auto& [game, time] : signals_.last) {
      if (time < end_ - seconds{3}) {
        return game.str() + " is not served at the end";
      }
    }
    return {};
  }

  World world;

 private:
  class LastSignals final : public Observer {
   public:
    void observe(const SimEnvelope& event) override {
      if (const auto* accepted = event.event.get_if<SignalAccepted>()) {
        last.insert_or_assign(accepted->game, event.time);
      }
    }
    std::map<GameId, SimTime> last;
  };

  const PolicySpec& policy_ = *incident().policy(hardened_policy);
  const ParameterChoices no_choices_;
  InvariantSet invariants_{Fleet::limits(incident(), policy_)};
  LastSignals signals_;
  Fleet fleet_{incident(), policy_, world};
  FaultSchedule faults_{incident(), no_choices_, world};
  SimTime end_{};
};

}  // namespace arbees::sim
