#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/orchestrator/operator_order.h"
#include "sim/scenario/scenario.h"
#include "sim/swarm/draw.h"
#include "sim/swarm/episode.h"

namespace arbees::sim {

[[nodiscard]] Duration whole_milliseconds(Duration span);

/// Adds faults and orders to what a seed has drawn: those that follow from each other, and not from chance.
class Additions {
 public:
  /// `planned` are the episodes drawn so far. Nothing happens from `active` on.
  Additions(Duration active, std::span<const PlannedEpisode> planned, SwarmDraw& into)
      : active_(active), planned_(planned.begin(), planned.end()), into_(into) {}

  [[nodiscard]] SwarmDraw& drawn() { return into_; }
  [[nodiscard]] Duration active() const { return active_; }
  [[nodiscard]] const std::vector<PlannedEpisode>& planned() const { return planned_; }

  /// `fault` has what its kind needs beside its time; false: the policy does not allow it.
  bool add(FaultKind kind, const PlannedEpisode& episode, Value fault);

  void order(Duration at, Verb verb, const std::string& shard);
  /// To any shard, if `to` is empty. Nothing, where the game is not live then or has nowhere to go.
  void move(std::size_t game, Duration at, const std::string& to);

 private:
  Duration active_;
  int added_ = 0;
  std::vector<PlannedEpisode> planned_;
  SwarmDraw& into_;
};

}  // namespace arbees::sim
