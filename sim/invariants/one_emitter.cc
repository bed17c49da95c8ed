#include "sim/invariants/one_emitter.h"

#include <algorithm>
#include <string>

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

std::string under(Epoch epoch) {
  return epoch.none() ? std::string("without epoch")
                      : "under epoch " + std::to_string(epoch.value());
}

}  // namespace

OneEmitter::OneEmitter(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&OneEmitter::on_emitted>();
  listen<&OneEmitter::on_told>();
  listen<&OneEmitter::on_fenced>();
  listen<&OneEmitter::on_unfenced>();
  listen<&OneEmitter::on_added>();
  listen<&OneEmitter::on_removed>();
  listen<&OneEmitter::on_restarted>();
  listen<&OneEmitter::on_accepted>();
  listen<&OneEmitter::on_started>();
}

void OneEmitter::on_emitted(const SignalEmitted& event, const SimEnvelope& at) {
  Game& game = games_[event.game];
  if (!game.fenced.empty() && is_fenced(game, at.node_index)) [[unlikely]] {
    checked();
    violated(at.time, at.id,
             event.game.str() + ": " + in_words(event.shard, event.boot) + " emitted " +
                 under(event.epoch) + " at " + in_words(at.time) +
                 " although it had said that it was fenced for the game");
  }
  if (event.epoch < game.told_epoch && game.told != event.shard && !event.epoch.none())
      [[unlikely]] {
    checked();
    violated(at.time, at.id,
             event.game.str() + ": " + in_words(event.shard, event.boot) + " emitted " +
                 under(event.epoch) + " at " + in_words(at.time) +
                 ", after consumers were told of " + game.told.str() + " " +
                 under(game.told_epoch));
  }
  if (!game.newest) {
    game.newest = Emitter{event.shard, event.boot, event.epoch, at.time, at.time};
    return;
  }
  if (game.newest->epoch == event.epoch && game.newest->is(event.shard, event.boot)) [[likely]] {
    game.newest->last = at.time;
    if (!game.succeeded.empty()) {
      checked();
    }
    return;
  }
  checked();
  judge_rival(game, event, at);
}

void OneEmitter::on_told(const OwnershipTold& event, const SimEnvelope& /*at*/) {
  Game& game = games_[event.game];
  game.told = event.shard;
  game.told_epoch = event.shard.empty() ? Epoch{} : event.epoch;
}

/// Someone other than the newest emitter emits, or it does so under another epoch.
void OneEmitter::judge_rival(Game& game, const SignalEmitted& event, const SimEnvelope& at) {
  Emitter& newest = *game.newest;
  const bool ordered = !event.epoch.none() && !newest.epoch.none();
  if (ordered && event.epoch < newest.epoch) {
    const bool excused = game.overlap && game.overlap->shard == event.shard &&
                         at.time <= game.overlap->until && newest.boot != event.boot;
    if (excused) {
      ++excused_;
    } else {
      report(game, event, at, "after");
    }
    return;
  }
  if (ordered && event.epoch == newest.epoch) {
    report(game, event, at, "the same epoch as");
    return;
  }
  if (!ordered) {
    judge_unordered(game, event, at);
    return;
  }
  succeed(game, event, at);
}

/// One of the two says no epoch.
void OneEmitter::judge_unordered(Game& game, const SignalEmitted& event, const SimEnvelope& at) {
  const bool was_succeeded = std::ranges::any_of(game.succeeded, [&](const Emitter& one) {
    return one.is(event.shard, event.boot) && one.epoch == event.epoch;
  });
  if (!was_succeeded) {
    succeed(game, event, at);
    return;
  }
  const std::optional<SimTime> until = may_contest_until(game, event);
  if (!until) {
    report(game, event, at, "after");
    return;
  }
  const Duration pause = 2 * limits_.signal_period;
  if (game.newest->last + pause < at.time) {
    succeed(game, event, at);  // the other has ended: nobody emits beside this one
    return;
  }
  if (game.last_contested + pause < at.time) {
    game.contested = at.time;
  }
  game.last_contested = at.time;
  if (at.time <= std::max(*until, game.contested + limits_.old_wire_lets_go)) {
    ++unfenced_;
  } else {
    report(game, event, at, "after");
  }
}

std::optional<SimTime> OneEmitter::may_contest_until(const Game& game,
                                                     const SignalEmitted& event) const {
  std::optional<SimTime> until;
  for (const FleetShard& shard : limits_.shards) {
    const bool unfenced = (shard.shard == event.shard && event.epoch.none()) ||
                          (shard.shard == game.newest->shard && game.newest->epoch.none());
    if (!shard.old_wire || !unfenced) {
      continue;
    }
    const SimTime told = fleet_.link_clear(shard.node)
                             ? fleet_.link_clear_since(shard.node) + limits_.old_wire_lets_go
                             : never;
    until = std::max(until.value_or(told), told);
  }
  for (const std::string& orchestrator : limits_.orchestrators) {
    const SimTime tells =
        fleet_.link_clear(orchestrator)
            ? fleet_.link_clear_since(orchestrator) + limits_.warm_up_max + limits_.old_wire_lets_go
            : never;
    until = until ? std::optional(std::max(*until, tells)) : until;
  }
  return until;
}

/// From now on it is this one that emits for the game.
void OneEmitter::succeed(Game& game, const SignalEmitted& event, const SimEnvelope& at) {
  Emitter& newest = *game.newest;
  if (newest.last == at.time && !newest.is(event.shard, event.boot)) {
    report(game, event, at, "in the same instant as");
  }
  game.succeeded.push_back(newest);
  newest = Emitter{event.shard, event.boot, event.epoch, at.time, at.time};
}

void OneEmitter::report(const Game& game, const SignalEmitted& event, const SimEnvelope& at,
                        std::string_view why) {
  const Emitter& newest = *game.newest;
  violated(at.time, at.id,
           event.game.str() + ": " + in_words(event.shard, event.boot) + " emitted " +
               under(event.epoch) + " at " + in_words(at.time) + ", " + std::string(why) + " " +
               in_words(newest.shard, newest.boot) + ", which has emitted " + under(newest.epoch) +
               " from " + in_words(newest.first) + " to " + in_words(newest.last));
}

void OneEmitter::on_fenced(const GameFenced& event, const SimEnvelope& at) {
  Game& game = games_[event.game];
  if (!is_fenced(game, at.node_index)) {
    game.fenced.push_back({.index = at.node_index, .node = NodeName(at.node)});
  }
}

bool OneEmitter::is_fenced(const Game& game, NodeIndex node) {
  return std::ranges::find(game.fenced, node, &Fence::index) != game.fenced.end();
}

void OneEmitter::on_unfenced(const GameUnfenced& event, const SimEnvelope& at) {
  unfence(event.game, at.node_index);
}

void OneEmitter::on_removed(const GameRemoved& event, const SimEnvelope& at) {
  unfence(event.game, at.node_index);
}

void OneEmitter::unfence(const GameId& game, NodeIndex node) {
  const auto of_node = [node](const Fence& fence) { return fence.index == node; };
  if (std::erase_if(games_[game].fenced, of_node) > 0) {
    checked();
  }
}

/// A new process on the node knows nothing of the fences of the old one.
void OneEmitter::on_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  for (auto& [id, game] : games_) {
    std::erase_if(game.fenced, [&](const Fence& fence) { return fence.node == event.node; });
  }
}

void OneEmitter::on_added(const GameAdded& event, const SimEnvelope& /*at*/) {
  Game& game = games_[event.game];
  std::erase_if(game.succeeded, [&](const Emitter& one) {
    return one.epoch.none() && event.epoch.none() && one.shard == event.shard;
  });
}

void OneEmitter::on_restarted(const ShardRestarted& event, const SimEnvelope& at) {
  if (!event.overlap_possible) {
    return;
  }
  for (const GameId& id : event.games) {
    games_[id].overlap = Overlap{.shard = event.shard, .until = at.time + limits_.lease_out};
  }
}

void OneEmitter::on_accepted(const SignalAccepted& event, const SimEnvelope& at) {
  if (event.epoch.none()) {
    return;
  }
  Game& game = games_[event.game];
  std::optional<Emitter>& accepted = game.accepted;
  if (!accepted) {
    accepted = Emitter{event.shard, event.boot, event.epoch, at.time, at.time};
    game.accepted_from = {event.boot};
    return;
  }
  if (accepted->epoch == event.epoch && accepted->is(event.shard, event.boot)) [[likely]] {
    accepted->last = at.time;
    return;
  }
  checked();
  // No order to a shard of the old wire names a process: the next one may go on where it ended, and not the other way round.
  const bool goes_on = event.by_feed && event.epoch == accepted->epoch &&
                       event.shard == accepted->shard &&
                       game.accepted_from.insert(event.boot).second;
  if (event.epoch <= accepted->epoch && !goes_on) {
    violated(at.time, at.id,
             event.game.str() + ": the consumer accepted a signal of " +
                 in_words(event.shard, event.boot) + " " + under(event.epoch) + " at " +
                 in_words(at.time) + " after one of " + in_words(accepted->shard, accepted->boot) +
                 " " + under(accepted->epoch) + " at " + in_words(accepted->last));
    return;
  }
  if (!goes_on) {
    game.accepted_from = {event.boot};
  }
  accepted = Emitter{event.shard, event.boot, event.epoch, at.time, at.time};
}

}  // namespace arbees::sim
