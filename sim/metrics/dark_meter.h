#pragma once

#include <map>
#include <optional>
#include <set>

#include "core/assignment/events.h"
#include "core/shard/events.h"
#include "sim/invariants/listener.h"
#include "sim/metrics/metrics.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// Measures how long a game stays without anybody who may emit for it, once somebody might: the longest time at a
/// stretch. Judged by rights, not by signals, whose period would hide what a planned move costs.
///
/// A process may emit for a game from its GameUnfenced to its GameFenced, GameRemoved or end. A frozen one fences itself
/// when it goes on, and may emit until then as far as this can tell.
class DarkMeter final : public Listener {
 public:
  DarkMeter();

  void finish(SimTime end) override;
  /// Fills in what it measured. After `finish`.
  void report(RunMetrics& metrics) const;

 private:
  struct Game {
    std::set<NodeIndex> may_emit;
    SimTime lit{};                ///< since when somebody may, or last might
    std::optional<SimTime> dark;  ///< the beginning of the stretch before that, not counted yet
  };

  void on_unfenced(const GameUnfenced& event, const SimEnvelope& at);
  void on_fenced(const GameFenced& event, const SimEnvelope& at);
  void on_removed(const GameRemoved& event, const SimEnvelope& at);
  void on_crashed(const NodeCrashed& event, const SimEnvelope& at);
  void on_exited(const NodeExited& event, const SimEnvelope& at);
  void on_started(const ShardStarted& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);

  void take(Game& game, NodeIndex node, SimTime now);
  void take_all(const NodeName& node, SimTime now);
  void count(const Game& game, SimTime until);
  void count_last(const Game& game, SimTime end);

  std::map<GameId, Game> games_;
  std::map<NodeName, NodeIndex> nodes_;  ///< of shards
  Duration longest_{};
};

}  // namespace arbees::sim
