#include "sim/invariants/move_budget.h"

#include <algorithm>
#include <optional>

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

std::optional<MoveReason> reason_called(std::string_view word) {
  const auto found = std::ranges::find(move_rules, word, &MoveRules::name);
  return found == move_rules.end()
             ? std::nullopt
             : std::optional(static_cast<MoveReason>(std::distance(move_rules.begin(), found)));
}

std::optional<Mode> mode_called(std::string_view word) {
  for (std::size_t i = 0; i < mode_count; ++i) {
    if (to_string(static_cast<Mode>(i)) == word) {
      return static_cast<Mode>(i);
    }
  }
  return std::nullopt;
}

}  // namespace

MoveBudget::MoveBudget(const Limits& limits, const FleetState& /*fleet*/)
    : Invariant(name, says), limits_(limits) {
  listen<&MoveBudget::on_restarted>();
  listen<&MoveBudget::on_started>();
  listen<&MoveBudget::on_entered>();
  listen<&MoveBudget::on_left>();
  listen<&MoveBudget::on_prepared>();
  listen<&MoveBudget::on_ready>();
  listen<&MoveBudget::on_abandoned>();
  listen<&MoveBudget::on_ended>();
  listen<&MoveBudget::on_assigned>();
}

void MoveBudget::on_started(const OrchestratorStarted& /*event*/, const SimEnvelope& at) {
  offices_[std::string(at.node)] = Office{};
  by_order_.clear();  // A new process does not know.
  spared_.clear();
}

void MoveBudget::on_restarted(const ShardRestarted& event, const SimEnvelope& at) {
  restarts_.insert_or_assign(event.shard, at.time);
}

void MoveBudget::on_entered(const ModeEntered& event, const SimEnvelope& at) {
  offices_[std::string(at.node)].modes.emplace(event.mode, at.time);
}

void MoveBudget::on_left(const ModeLeft& event, const SimEnvelope& at) {
  offices_[std::string(at.node)].modes.erase(event.mode);
}

void MoveBudget::on_prepared(const HandoffPrepared& event, const SimEnvelope& at) {
  checked();
  Office& office = offices_[std::string(at.node)];
  if (!ended_.contains(event.game)) {  // Else it ended while that was being committed.
    office.under_way.insert(event.game);
  }
  if (office.under_way.size() > limits_.handoffs_max) {
    violated(at.time, at.id,
             event.game.str() + " is the " + std::to_string(office.under_way.size()) +
                 "th planned move under way; " + std::to_string(limits_.handoffs_max) +
                 " are allowed at once");
  }
  // Half the rate of failovers.
  count(office.prepared, std::max<std::uint64_t>(2, limits_.failover_games_per_second),
        "begins to move as planned", event.game, event.took, at);
  if (event.reason == to_string(MoveReason::rebalance) && by_order_.contains(event.game)) {
    violated(
        at.time, at.id,
        event.game.str() + " is moved to make the fleet even, from where an operator has moved it");
  }
  if (const auto reason = reason_called(event.reason)) {
    check_mode(office, *reason, event.game, event.took, at);
  }
}

void MoveBudget::on_ready(const HandoffReady& event, const SimEnvelope& at) {
  Office& office = offices_[std::string(at.node)];
  office.under_way.erase(event.game);
  office.ready.insert(event.game);
}

void MoveBudget::on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at) {
  Office& office = offices_[std::string(at.node)];
  office.under_way.erase(event.game);
  office.ready.erase(event.game);
}

void MoveBudget::on_ended(const GameEnded& event, const SimEnvelope& at) {
  offices_[std::string(at.node)].under_way.erase(event.game);
  owners_.erase(event.game);
  spared_.erase(event.game);
  ended_.insert(event.game);
}

void MoveBudget::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  ended_.erase(event.game);
  Office& office = offices_[std::string(at.node)];
  const bool was_ready = office.ready.erase(event.game) > 0;
  const auto reason = reason_called(event.reason);
  if (reason == MoveReason::order) {
    by_order_.insert(event.game);
  } else {
    by_order_.erase(event.game);
  }
  check_spared(event, at);
  const auto [owner, first] = owners_.try_emplace(event.game, event.shard);
  // Where a lost decision made another one the owner, the office that knows nothing of it gives its own owner a new epoch.
  const bool moves = !first && owner->second != event.shard && event.previous != event.shard;
  owner->second = event.shard;
  if (!reason || !moves || *reason == MoveReason::adopted) {
    return;
  }
  checked();
  const bool completed = rules_of(*reason).prepared && event.boot.none();
  if (!completed) {
    check_mode(office, *reason, event.game, event.took, at);
  }
  if (rules_of(*reason).failover && !was_ready) {
    count(office.failovers, 2 * limits_.failover_games_per_second, "fails over", event.game,
          event.took, at);
  }
}

void MoveBudget::check_spared(const GameAssigned& event, const SimEnvelope& at) {
  const auto spared = spared_.extract(event.game);
  if (event.reason != to_string(MoveReason::unstable)) {
    return;
  }
  if (!spared.empty() && spared.mapped().to == event.previous) {
    checked();
    const auto restarted = restarts_.find(event.previous);
    if (restarted == restarts_.end() || restarted->second < spared.mapped().decided) {
      violated(at.time, at.id,
               event.game.str() + " is taken from " + event.previous.str() +
                   ", which restarts again and again, at " + in_words(at.time) +
                   ": it was given it for that reason at " + in_words(spared.mapped().decided) +
                   ", and has not restarted since");
    }
  }
  spared_[event.game] = {.to = event.shard, .decided = at.time - limits_.by_node_clock(event.took)};
}

void MoveBudget::check_mode(const Office& office, MoveReason reason, const GameId& game,
                            Duration took, const SimEnvelope& at) {
  const SimTime decided = at.time - limits_.by_node_clock(took);
  for (const auto& [word, since] : office.modes) {
    const auto mode = mode_called(word);
    if (mode && since < decided && !Modes::allowed_in(*mode, rules_of(reason).action)) {
      violated(at.time, at.id,
               game.str() + " moves (" + std::string(to_string(reason)) + ") although " + word +
                   " holds since " + in_words(since));
    }
  }
}

void MoveBudget::count(std::deque<SimTime>& lately, std::uint64_t allowed, std::string_view what,
                       const GameId& game, Duration took, const SimEnvelope& at) {
  const SimTime decided = at.time - took;
  lately.push_back(decided);
  while (lately.front() + seconds{1} < decided) {
    lately.pop_front();
  }
  if (lately.size() > allowed) {
    violated(at.time, at.id,
             game.str() + " is the " + std::to_string(lately.size()) + "th game that " +
                 std::string(what) + " within a second; " + std::to_string(allowed) +
                 " are allowed");
  }
}

}  // namespace arbees::sim
