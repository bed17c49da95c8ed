#include "sim/metrics/dark_meter.h"

#include <algorithm>

namespace arbees::sim {

DarkMeter::DarkMeter() {
  listen<&DarkMeter::on_unfenced>();
  listen<&DarkMeter::on_fenced>();
  listen<&DarkMeter::on_removed>();
  listen<&DarkMeter::on_crashed>();
  listen<&DarkMeter::on_exited>();
  listen<&DarkMeter::on_started>();
  listen<&DarkMeter::on_ended>();
}

void DarkMeter::on_started(const ShardStarted& /*event*/, const SimEnvelope& at) {
  nodes_.insert_or_assign(NodeName(at.node), at.node_index);
}

void DarkMeter::on_unfenced(const GameUnfenced& event, const SimEnvelope& at) {
  Game& game = games_[event.game];
  if (game.may_emit.empty()) {
    game.lit = at.time;
  }
  game.may_emit.insert(at.node_index);
}

void DarkMeter::on_fenced(const GameFenced& event, const SimEnvelope& at) {
  if (const auto game = games_.find(event.game); game != games_.end()) {
    take(game->second, at.node_index, at.time);
  }
}

void DarkMeter::on_removed(const GameRemoved& event, const SimEnvelope& at) {
  if (const auto game = games_.find(event.game); game != games_.end()) {
    take(game->second, at.node_index, at.time);
  }
}

void DarkMeter::on_crashed(const NodeCrashed& event, const SimEnvelope& at) {
  take_all(event.node, at.time);
}

void DarkMeter::on_exited(const NodeExited& event, const SimEnvelope& at) {
  take_all(event.node, at.time);
}

void DarkMeter::on_ended(const GameEnded& event, const SimEnvelope& at) {
  if (const auto game = games_.extract(event.game)) {
    count_last(game.mapped(), at.time);
  }
}

void DarkMeter::take(Game& game, NodeIndex node, SimTime now) {
  if (game.may_emit.erase(node) == 0 || !game.may_emit.empty()) {
    return;
  }
  count(game, game.lit);
  game.dark = now;
}

void DarkMeter::take_all(const NodeName& node, SimTime now) {
  const auto shard = nodes_.find(node);
  if (shard == nodes_.end()) {
    return;
  }
  for (auto& [id, game] : games_) {
    take(game, shard->second, now);
  }
}

void DarkMeter::count(const Game& game, SimTime until) {
  if (game.dark) {
    longest_ = std::max(longest_, until - *game.dark);
  }
}

void DarkMeter::count_last(const Game& game, SimTime end) {
  count(game, game.may_emit.empty() ? end : game.lit);
}

void DarkMeter::finish(SimTime end) {
  for (const auto& [id, game] : games_) {
    count_last(game, end);
  }
}

void DarkMeter::report(RunMetrics& metrics) const { metrics.longest_dark = longest_; }

}  // namespace arbees::sim
