#pragma once

#include <span>
#include <string>
#include <utility>
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
  /// `planned` are the episodes drawn so far. Nothing happens from `active` on, and beside shards of the existing system only
  /// the kinds of fault that are named for it.
  Additions(Duration active, std::vector<FaultKind> beside_old_wire,
            std::span<const PlannedEpisode> planned, SwarmDraw& into)
      : active_(active),
        beside_old_wire_(std::move(beside_old_wire)),
        planned_(planned.begin(), planned.end()),
        into_(into) {}

  [[nodiscard]] SwarmDraw& drawn() { return into_; }
  [[nodiscard]] Duration active() const { return active_; }

  /// `fault` has what its kind needs beside its time; false: the policy does not allow it.
  bool add(FaultKind kind, const PlannedEpisode& episode, Value fault);

  /// As `add`, and a node that has only just healed may be broken again.
  bool add_soon(FaultKind kind, const PlannedEpisode& episode, Value fault);

  /// The store of this run is put back for so long instead, the orchestrator being away; false: the policy does not allow it.
  bool put_back_for(Duration length);

  void order(Duration at, Verb verb, const std::string& shard);
  /// To any shard, if `to` is empty. Nothing, where the game is not live then or has nowhere to go.
  void move(std::size_t game, Duration at, const std::string& to);

 private:
  bool add(FaultKind kind, const PlannedEpisode& episode, Value fault, Duration stable);

  Duration active_;
  std::vector<FaultKind> beside_old_wire_;
  int added_ = 0;
  std::vector<PlannedEpisode> planned_;
  SwarmDraw& into_;
};

}  // namespace arbees::sim
