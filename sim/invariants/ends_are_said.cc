#include "sim/invariants/ends_are_said.h"

#include <algorithm>
#include <utility>

#include "sim/invariants/mode_names.h"
#include "sim/invariants/words.h"

namespace arbees::sim {

EndsAreSaid::EndsAreSaid(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&EndsAreSaid::on_started>();
  listen<&EndsAreSaid::on_term>();
  listen<&EndsAreSaid::on_sent>();
  listen<&EndsAreSaid::on_command_ended>();
  listen<&EndsAreSaid::on_acknowledged>();
  listen<&EndsAreSaid::on_mode_entered>();
  listen<&EndsAreSaid::on_mode_left>();
  listen<&EndsAreSaid::on_joined>();
  listen<&EndsAreSaid::on_died>();
  listen<&EndsAreSaid::on_left>();
  listen<&EndsAreSaid::on_zombie>();
  listen<&EndsAreSaid::on_assigned>();
  listen<&EndsAreSaid::on_told>();
  listen<&EndsAreSaid::on_game_ended>();
  listen<&EndsAreSaid::on_fault>();
  listen<&EndsAreSaid::on_node_started>();
}

void EndsAreSaid::on_started(const OrchestratorStarted& /*event*/, const SimEnvelope& /*at*/) {
  told_.clear();
  repeated_.clear();
  over_.clear();
  warms_up_ = false;
}

void EndsAreSaid::on_mode_entered(const ModeEntered& event, const SimEnvelope& /*at*/) {
  warms_up_ = warms_up_ || event.mode == warm_up_mode;
}

void EndsAreSaid::on_mode_left(const ModeLeft& event, const SimEnvelope& /*at*/) {
  warms_up_ = warms_up_ && event.mode != warm_up_mode;
}

bool EndsAreSaid::is_judged(const ShardId& shard) const {
  const auto process = std::ranges::find(limits_.shards, shard, &FleetShard::shard);
  return process != limits_.shards.end() && !process->old_wire && limits_.orchestrators.size() == 1;
}

// --- what shards were told --------------------------------------------------------------------

void EndsAreSaid::on_sent(const CommandSent& event, const SimEnvelope& at) {
  if (event.type == "add_game") {
    judge_repeated(event, at);
    told_.insert_or_assign({event.shard, event.game}, event.epoch);
  } else {
    told_.erase({event.shard, event.game});
  }
}

void EndsAreSaid::judge_repeated(const CommandSent& event, const SimEnvelope& at) {
  Repeated& before = repeated_[{event.shard, event.game}];
  if (before.epoch != event.epoch) {
    before = Repeated{.epoch = event.epoch};
    return;
  }
  if (event.attempt > 1 || !std::exchange(before.acknowledged, false) || warms_up_) {
    return;
  }
  checked();
  if (++before.times == 2 && is_judged(event.shard)) {
    violated(at.time, at.id,
             event.shard.str() + " is told again at " + in_words(at.time) + " to run " +
                 event.game.str() + " with epoch " + std::to_string(event.epoch.value()) +
                 ", which it has acknowledged before and does not run");
  }
}

/// It runs it; what it loses later is another matter.
void EndsAreSaid::on_acknowledged(const GameAcknowledged& event, const SimEnvelope& /*at*/) {
  repeated_.erase({event.shard, event.game});
}

void EndsAreSaid::on_command_ended(const CommandEnded& event, const SimEnvelope& /*at*/) {
  if (const auto said = repeated_.find({event.shard, event.game});
      said != repeated_.end() && event.type == "add_game") {
    said->second.acknowledged = event.how == "acknowledged";
  }
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
  const auto of_shard = [&](const auto& entry) { return entry.first.first == shard; };
  std::erase_if(told_, of_shard);
  std::erase_if(repeated_, of_shard);
}

void EndsAreSaid::on_zombie(const ZombieFound& event, const SimEnvelope& at) {
  checked();
  const auto told = told_.find({event.shard, event.game});
  if (is_judged(event.shard) && told != told_.end() && told->second == event.epoch) {
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

/// What was being decided when its game ended is written down all the same, and dropped next.
void EndsAreSaid::on_told(const OwnershipTold& event, const SimEnvelope& /*at*/) {
  if (event.shard.empty()) {
    owned_.erase(event.game);
  }
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
