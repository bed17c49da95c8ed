#include "sim/invariants/ends_are_said.h"

#include <algorithm>

#include "sim/invariants/words.h"

namespace arbees::sim {

EndsAreSaid::EndsAreSaid(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&EndsAreSaid::on_started>();
  listen<&EndsAreSaid::on_term>();
  listen<&EndsAreSaid::on_sent>();
  listen<&EndsAreSaid::on_command_ended>();
  listen<&EndsAreSaid::on_joined>();
  listen<&EndsAreSaid::on_died>();
  listen<&EndsAreSaid::on_left>();
  listen<&EndsAreSaid::on_zombie>();
  listen<&EndsAreSaid::on_assigned>();
  listen<&EndsAreSaid::on_game_ended>();
  listen<&EndsAreSaid::on_fault>();
  listen<&EndsAreSaid::on_node_started>();
}

void EndsAreSaid::on_started(const OrchestratorStarted& /*event*/, const SimEnvelope& /*at*/) {
  told_.clear();
  over_.clear();
}

// --- what shards were told --------------------------------------------------------------------

void EndsAreSaid::on_sent(const CommandSent& event, const SimEnvelope& /*at*/) {
  if (event.type == "add_game") {
    told_.insert_or_assign({event.shard, event.game}, event.epoch);
  } else {
    told_.erase({event.shard, event.game});
  }
}

void EndsAreSaid::on_command_ended(const CommandEnded& event, const SimEnvelope& /*at*/) {
  if (event.type == "add_game" && event.how != "acknowledged") {
    told_.erase({event.shard, event.game});
  }
}

void EndsAreSaid::on_joined(const ShardJoined& event, const SimEnvelope& /*at*/) {
  forget(event.shard);
}

void EndsAreSaid::on_died(const ShardDied& event, const SimEnvelope& /*at*/) {
  forget(event.shard);
}

void EndsAreSaid::on_left(const ShardLeft& event, const SimEnvelope& /*at*/) {
  forget(event.shard);
}

void EndsAreSaid::forget(const ShardId& shard) {
  std::erase_if(told_, [&](const auto& entry) { return entry.first.first == shard; });
}

void EndsAreSaid::on_zombie(const ZombieFound& event, const SimEnvelope& at) {
  checked();
  const auto told = told_.find({event.shard, event.game});
  const auto process = std::ranges::find(limits_.shards, event.shard, &FleetShard::shard);
  const bool judged = process != limits_.shards.end() && !process->old_wire &&
                      limits_.orchestrators.size() == 1;
  if (judged && told != told_.end() && told->second == event.epoch) {
    violated(at.time, at.id,
             event.shard.str() + " was found with " + event.game.str() + " at " +
                 in_words(at.time) + ": it was told to run it (epoch " +
                 std::to_string(event.epoch.value()) + ") and never to drop it");
  }
}

// --- games that are over ----------------------------------------------------------------------

void EndsAreSaid::on_assigned(const GameAssigned& event, const SimEnvelope& /*at*/) {
  owned_.insert(event.game);
}

void EndsAreSaid::on_game_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  owned_.erase(event.game);
  if (over_.erase(event.game) > 0) {
    checked();
  }
}

/// What it has lost nobody can end.
void EndsAreSaid::on_fault(const FaultStarted& event, const SimEnvelope& /*at*/) {
  if (FleetState::is_of_disk(event.fault) || event.fault == "store_restored") {
    remembers_all_ = false;
    over_.clear();
  }
}

void EndsAreSaid::on_node_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  if (fleet_.is_orchestrator(event.node.str())) {
    over_.clear();
  }
}

void EndsAreSaid::on_term(const TermTaken& /*event*/, const SimEnvelope& at) {
  if (!remembers_all_ || limits_.orchestrators.size() != 1) {
    return;
  }
  for (const GameId& game : owned_) {
    if (limits_.over(game, at.time)) {
      over_.try_emplace(game, Ended{at.time + second(), at.id});
      wake_after(at.time + second());
    }
  }
}

void EndsAreSaid::expired(SimTime moment) {
  const bool hindered = std::ranges::any_of(limits_.orchestrators, [&](const std::string& node) {
    return !fleet_.answers(node) || fleet_.slow(node);
  });
  for (auto next = over_.begin(); next != over_.end();) {
    const auto entry = next++;
    Ended& ended = entry->second;
    ended.due = hindered ? std::max(ended.due, moment + second()) : ended.due;
    if (ended.due > moment) {
      wake_after(ended.due);
      continue;
    }
    checked();
    violated(moment, ended.event,
             entry->first.str() + " was over when the orchestrator took its term, and it has not " +
                 "said so by " + in_words(moment));
    over_.erase(entry);
  }
}

}  // namespace arbees::sim
