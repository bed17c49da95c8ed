#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/disk/disk.h"
#include "sim/runner/expectation_watcher.h"
#include "sim/scenario/scenario.h"
#include "sim/world/world.h"

namespace arbees::sim {

/// Spans chosen for parameters, by name; a range is drawn from the seed.
using ParameterChoices = std::map<std::string, DurationRange, std::less<>>;

using DrawnSpans = std::map<std::string, std::vector<Duration>, std::less<>>;

/// Told, before a node is started again by a restart or after a crash, what is new about it.
using OnRestart = std::function<void(const std::string& node, const ComesBack& new_about_it)>;

/// Brings the faults of a scenario into a world at their times, and remembers when that was.
class FaultSchedule {
 public:
  /// Draws every span that is left open, each from a stream of its own name. All of them must outlive
  /// the schedule, and the schedule the run.
  FaultSchedule(const Scenario& scenario, const ParameterChoices& choices, World& world,
                OnRestart on_restart = {});

  /// Puts the faults on the world's calendar; once, before the run.
  void install();
  [[nodiscard]] const FaultTimes& times() const { return times_; }
  /// What a parameter of the scenario is in this run.
  [[nodiscard]] Duration parameter(const std::string& name) const { return parameters_.at(name); }
  [[nodiscard]] const std::map<std::string, Duration>& parameters() const { return parameters_; }
  /// What each span that was left open came to, by the name of its stream, in the order of the draws.
  [[nodiscard]] const DrawnSpans& drawn() const { return drawn_; }

 private:
  struct Episode {
    SimTime start;
    std::optional<Duration> lasts;
  };

  Duration resolve(const DrawnSpan& span, const std::string& stream);
  std::vector<Episode> episodes(const FaultSpec& fault);
  std::vector<Episode> flapping(const FaultSpec& fault, SimTime start, Duration total);
  void install(const FaultSpec& fault, const Episode& episode);
  void install_restart(const FaultSpec& fault, const Episode& episode,
                       std::vector<std::string> targets);
  void install_rolling(const FaultSpec& fault, const Episode& episode);
  /// Starts a program that was asked to end, if it has; ends it otherwise, and starts it then.
  void start_again(const FaultSpec& fault, NodeIndex node);
  void install_swizzle(const FaultSpec& fault, const Episode& episode);
  void install_jitter(const FaultSpec& fault, const Episode& episode);
  /// Makes the copy that a fault will put in the place of the store.
  void copy_store(const FaultSpec& fault, const Episode& episode);
  /// Its nodes are about to be started again.
  void announce_return(const FaultSpec& fault, const std::vector<std::string>& targets);
  [[nodiscard]] bool loses_store(const FaultSpec& fault, NodeIndex node) const;
  void at_both_ends(const FaultSpec& fault, const Episode& episode, std::function<FaultId()> begin);
  std::vector<FaultId> begin(const FaultSpec& fault);
  std::vector<NodeIndex> others(NodeIndex node) const;
  std::vector<NodeIndex> nodes(const std::vector<std::string>& names) const;

  const Scenario& scenario_;
  const ParameterChoices& choices_;
  World& world_;
  OnRestart on_restart_;
  std::map<std::string, Duration> parameters_;
  DrawnSpans drawn_;
  FaultTimes times_;
  std::map<std::string, Disk::Copy> copies_;  ///< by the name of the fault they are for
};

}  // namespace arbees::sim
