#include "sim/invariants/alerted.h"

#include <algorithm>
#include <array>

#include "sim/invariants/mode_names.h"
#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

constexpr std::string_view of_orchestrator = "orchestrator";
constexpr std::string_view of_fleet = "fleet";
/// What others are about is known to one process, or found again by the next one at once.
constexpr std::string_view outlives_its_process = "SHARD_DEAD";
/// Why a process is blind that never had a link.
constexpr std::string_view from_the_start = "not connected yet";

/// The types whose condition is looked for here: none of them is raised without it.
constexpr std::array<std::string_view, 11> judged_alerts{
    "ALL_SHARDS_DEAD", "CLOCK_JUMP",        "DUPLICATE_SHARD_ID", "FLEET_DARK",
    "GAMES_UNOWNED",   "MASS_FAILURE_HOLD", "ORCHESTRATOR_BLIND", "SHARD_DEAD",
    "SHARD_DEAF",      "SHARD_FENCED",      "STORE_ROLLBACK"};

}  // namespace

Alerted::Alerted(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&Alerted::on_raised>();
  listen<&Alerted::on_restored>();
  listen<&Alerted::on_inhibited>();
  listen<&Alerted::on_resolved>();
  listen<&Alerted::on_died>();
  listen<&Alerted::on_joined>();
  listen<&Alerted::on_status>();
  listen<&Alerted::on_left>();
  listen<&Alerted::on_retired>();
  listen<&Alerted::on_deaf>();
  listen<&Alerted::on_duplicate>();
  listen<&Alerted::on_superseded>();
  listen<&Alerted::on_mode_entered>();
  listen<&Alerted::on_mode_left>();
  listen<&Alerted::on_rolled_back>();
  listen<&Alerted::on_jumped>();
  listen<&Alerted::on_unplaced>();
  listen<&Alerted::on_assigned>();
  listen<&Alerted::on_game_ended>();
  listen<&Alerted::on_fenced>();
  listen<&Alerted::on_term>();
  listen<&Alerted::on_fault>();
  listen<&Alerted::on_healed>();
  listen<&Alerted::on_started>();
  listen<&Alerted::on_exited>();
  listen<&Alerted::on_crashed>();
  listen<&Alerted::on_thawed>();
}

// --- alerts -----------------------------------------------------------------------------------

void Alerted::on_raised(const AlertRaised& event, const SimEnvelope& at) {
  const Key key{std::string(at.node), event.type, event.subject};
  checked();
  if (!open_.insert(key).second) {
    violated(at.time, at.id,
             event.type + " of " + event.subject + " was raised by " + std::string(at.node) +
                 " at " + in_words(at.time) + " although it is open already");
  }
  raised_[key] = at.time;
  left_open_.erase(key);
  const auto condition = conditions_.find(key);
  if (condition != conditions_.end()) {
    condition->second.due = never;
  } else if (std::ranges::binary_search(judged_alerts, event.type)) {
    violated(at.time, at.id,
             event.type + " of " + event.subject + " was raised by " + std::string(at.node) +
                 " at " + in_words(at.time) + " without its condition");
  }
}

/// Nobody was told of it: the next process may find it anew.
void Alerted::on_inhibited(const AlertInhibited& event, const SimEnvelope& at) {
  raised_[{std::string(at.node), event.type, event.subject}] = never;
}

void Alerted::on_restored(const AlertRestored& event, const SimEnvelope& at) {
  const Key key{std::string(at.node), event.type, event.subject};
  open_.insert(key);
  raised_.try_emplace(key, at.time);
  left_open_.erase(key);
  restored_.insert(key);
}

void Alerted::on_resolved(const AlertResolved& event, const SimEnvelope& at) {
  const Key key{std::string(at.node), event.type, event.subject};
  open_.erase(key);
  raised_.erase(key);
  left_open_.erase(key);
  const auto found = conditions_.find(key);
  if (found == conditions_.end()) {
    return;
  }
  Condition& condition = found->second;
  if (condition.holds) {
    const bool excused =
        event.type == "SHARD_DEAD" && fleet_.under_maintenance(ShardId(event.subject));
    condition.due = excused ? never : at.time + second();  // It holds: it must be raised again.
    wake_after(condition.due);
  } else if (condition.over != never) {
    checked();
    conditions_.erase(found);
  }
}

// --- conditions -------------------------------------------------------------------------------

void Alerted::on_died(const ShardDied& event, const SimEnvelope& at) {
  begins("SHARD_DEAD", event.shard.str(), at);
  if (fleet_.under_maintenance(event.shard)) {
    // It need not be told; it may be, as the orchestrator takes the mark away when the shard is back.
    conditions_.at({std::string(at.node), "SHARD_DEAD", event.shard.str()}).due = never;
  }
  set(event.shard, Seen::dead, at);
}

void Alerted::on_joined(const ShardJoined& event, const SimEnvelope& at) {
  set(event.shard, Seen::alive, at);
}

void Alerted::on_status(const StatusChanged& event, const SimEnvelope& at) {
  if (event.to != "dead") {
    ends("SHARD_DEAD", event.shard.str(), at);
    set(event.shard, Seen::alive, at);
  }
}

void Alerted::on_left(const ShardLeft& event, const SimEnvelope& at) {
  orchestrators_[std::string(at.node)].shards.erase(event.shard);
  set(ShardId{}, Seen::unknown, at);
}

void Alerted::on_retired(const ShardRetired& event, const SimEnvelope& at) {
  ends("SHARD_DEAD", event.shard.str(), at);
  orchestrators_[std::string(at.node)].shards.erase(event.shard);
  set(ShardId{}, Seen::unknown, at);
}

void Alerted::set(const ShardId& shard, Seen seen, const SimEnvelope& at) {
  auto& shards = orchestrators_[std::string(at.node)].shards;
  if (!shard.empty()) {
    shards[shard] = seen;
  }
  const auto count = [&](Seen wanted) {
    return std::ranges::count(shards, wanted, [](const auto& entry) { return entry.second; });
  };
  // With shards that this process has not seen yet it may or may not know that no other is there.
  if (count(Seen::dead) == 0 || count(Seen::alive) > 0) {
    ends("ALL_SHARDS_DEAD", of_fleet, at);
  } else if (count(Seen::unknown) == 0) {
    begins("ALL_SHARDS_DEAD", of_fleet, at);
  } else {
    conditions_[{std::string(at.node), "ALL_SHARDS_DEAD", std::string(of_fleet)}].event = at.id;
  }
}

void Alerted::on_deaf(const ShardDeaf& event, const SimEnvelope& at) {
  saw("SHARD_DEAF", event.shard.str(), at);
}

void Alerted::on_duplicate(const DuplicateShardHeard& event, const SimEnvelope& at) {
  saw("DUPLICATE_SHARD_ID", event.shard.str(), at);
}

void Alerted::on_superseded(const ShardSuperseded& event, const SimEnvelope& at) {
  saw("DUPLICATE_SHARD_ID", event.shard.str(), at);
}

void Alerted::on_mode_entered(const ModeEntered& event, const SimEnvelope& at) {
  if (event.mode == warm_up_mode) {
    orchestrators_[std::string(at.node)].warms_up = true;
  } else if (event.mode == hold_mode) {
    saw("FLEET_DARK", of_fleet, at);
    begins("MASS_FAILURE_HOLD", of_orchestrator, at);
  } else if (event.mode == blind_mode) {
    // At the start it shows when the first canary stays away, or Redis does.
    begins("ORCHESTRATOR_BLIND", of_orchestrator, at,
           event.why == from_the_start ? limits_.canary_timeout + limits_.reconnect : Duration{0});
  }
}

void Alerted::on_mode_left(const ModeLeft& event, const SimEnvelope& at) {
  if (event.mode == hold_mode) {
    ends("MASS_FAILURE_HOLD", of_orchestrator, at);
  } else if (event.mode == blind_mode) {
    ends("ORCHESTRATOR_BLIND", of_orchestrator, at);
  } else if (event.mode == warm_up_mode) {
    orchestrators_[std::string(at.node)].warms_up = false;
    // What is kept of alerts that were restored begins now: before, it had not seen enough to end them.
    std::erase_if(restored_, [&](const Key& key) { return std::get<0>(key) == at.node; });
    for (auto& [key, condition] : conditions_) {
      if (std::get<0>(key) == at.node && condition.over != never) {
        condition.over =
            at.time + second() + limits_.by_node_clock(alert_spec(std::get<1>(key)).keep);
        wake_after(condition.over);
      }
    }
  }
}

void Alerted::on_rolled_back(const StoreRolledBack& /*event*/, const SimEnvelope& at) {
  saw("STORE_ROLLBACK", "store", at);
}

void Alerted::on_jumped(const WallClockJumped& /*event*/, const SimEnvelope& at) {
  saw("CLOCK_JUMP", of_orchestrator, at);
}

void Alerted::on_unplaced(const GameUnplaced& event, const SimEnvelope& at) {
  orchestrators_[std::string(at.node)].unplaced.insert(event.game);
  saw("GAMES_UNOWNED", of_fleet, at);
}

void Alerted::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  placed(event.game, at);
}

void Alerted::on_game_ended(const GameEnded& event, const SimEnvelope& at) {
  placed(event.game, at);
}

void Alerted::placed(const GameId& game, const SimEnvelope& at) {
  auto& unplaced = orchestrators_[std::string(at.node)].unplaced;
  if (unplaced.erase(game) > 0 && unplaced.empty()) {
    ends("GAMES_UNOWNED", of_fleet, at);
  }
}

void Alerted::on_fenced(const GameFenced& event, const SimEnvelope& at) {
  if (event.why == "lease_over") {
    saw("SHARD_FENCED", event.shard.str(), at);
  }
}

// --- processes --------------------------------------------------------------------------------

void Alerted::on_started(const NodeStarted& event, const SimEnvelope& at) {
  drop(event.node, at.time);
}
void Alerted::on_exited(const NodeExited& event, const SimEnvelope& at) {
  drop(event.node, at.time);
}
void Alerted::on_crashed(const NodeCrashed& event, const SimEnvelope& at) {
  drop(event.node, at.time);
}

void Alerted::drop(const NodeName& node, SimTime now) {
  const auto of_node = [&](const Key& key) { return std::get<0>(key) == node.str(); };
  const Duration written_within = second() + limits_.by_node_clock(limits_.store_patience);
  for (const Key& key : open_) {
    const SimTime raised = raised_[key];
    const bool written = raised != never && raised + written_within < now;
    const bool trouble = !fleet_.stores_work() || raised <= store_troubled_;
    const bool lasts = std::get<1>(key) == outlives_its_process;
    if (of_node(key) && lasts && written && !trouble && limits_.orchestrators.size() == 1) {
      left_open_.emplace(key, never);
    }
  }
  std::erase_if(conditions_, [&](const auto& entry) { return of_node(entry.first); });
  std::erase_if(open_, of_node);
  std::erase_if(restored_, of_node);
  Orchestrator& orchestrator = orchestrators_[node.str()];
  orchestrator.unplaced.clear();
  orchestrator.warms_up = false;
  for (auto& [shard, seen] : orchestrator.shards) {
    seen = Seen::unknown;
  }
}

void Alerted::on_thawed(const NodeThawed& event, const SimEnvelope& /*at*/) {
  for (auto& [key, condition] : conditions_) {
    if (std::get<0>(key) != event.node.str()) {
      continue;
    }
    for (SimTime* moment : {&condition.due, &condition.over}) {
      if (*moment != never) {
        *moment += event.frozen_for;
        wake_after(*moment);
      }
    }
  }
}

void Alerted::on_term(const TermTaken& /*event*/, const SimEnvelope& at) {
  for (auto& [key, due] : left_open_) {
    if (std::get<0>(key) == at.node) {
      due = at.time + second();
      wake_after(due);
    }
  }
}

void Alerted::on_fault(const FaultStarted& event, const SimEnvelope& at) {
  if (event.fault == "store_restored") {
    left_open_.clear();
    store_troubled_ = at.time;
  }
}

void Alerted::on_healed(const FaultHealed& event, const SimEnvelope& at) {
  if (FleetState::is_of_disk(event.fault) || event.fault == "store_restored") {
    left_open_.clear();
    store_troubled_ = at.time;
  }
}

void Alerted::judge_left_open(SimTime moment) {
  for (auto next = left_open_.begin(); next != left_open_.end();) {
    const auto& [key, due] = *next;
    const auto& [node, type, subject] = key;
    if (due > moment || !fleet_.answers(node)) {
      if (due != never && due > moment) {
        wake_after(due);
      }
      ++next;
      continue;
    }
    checked();
    violated(moment, EventId{},
             type + " of " + subject + " was open when " + node +
                 " ended, and the next process has not restored it by " + in_words(moment));
    next = left_open_.erase(next);
  }
}

// --- judging ----------------------------------------------------------------------------------

void Alerted::saw(std::string_view type, std::string_view subject, const SimEnvelope& at) {
  begins(type, subject, at);
  conditions_.at({std::string(at.node), std::string(type), std::string(subject)}).holds = false;
}

void Alerted::begins(std::string_view type, std::string_view subject, const SimEnvelope& at,
                     Duration patience) {
  const Key key{std::string(at.node), std::string(type), std::string(subject)};
  Condition& condition = conditions_[key];
  if (condition.holds) {
    return;
  }
  condition = {.holds = true, .due = never, .over = never, .event = at.id};
  if (open_.contains(key)) {
    checked();
    return;
  }
  condition.due = at.time + second() + patience;
  wake_after(condition.due);
}

void Alerted::ends(std::string_view type, std::string_view subject, const SimEnvelope& at) {
  const Key key{std::string(at.node), std::string(type), std::string(subject)};
  const auto found = conditions_.find(key);
  if (found == conditions_.end() || found->second.over != never) {
    return;
  }
  found->second.holds = false;
  found->second.due = never;
  found->second.over = at.time + second() + limits_.by_node_clock(alert_spec(type).keep);
  found->second.event = at.id;
  wake_after(found->second.over);
}

void Alerted::expired(SimTime moment) {
  judge_left_open(moment);
  for (auto next = conditions_.begin(); next != conditions_.end();) {
    const auto entry = next++;
    Condition& condition = entry->second;
    if (fleet_.slow(std::get<0>(entry->first))) {
      // It comes to it when it can.
      for (SimTime* due : {&condition.due, &condition.over}) {
        *due = *due <= moment ? moment + second() : *due;
      }
    }
    const SimTime earliest = std::min(condition.due, condition.over);
    if (earliest > moment) {
      if (earliest != never) {
        wake_after(earliest);
      }
      continue;
    }
    const bool may_stay_open = condition.due > moment && restored_.contains(entry->first) &&
                               orchestrators_[std::get<0>(entry->first)].warms_up;
    if (fleet_.answers(std::get<0>(entry->first)) && !may_stay_open) {
      judge(entry->first, condition, moment);
    }
    // A frozen process is judged when it goes on: `on_thawed` moves what is due.
    if (condition.event.none()) {
      conditions_.erase(entry);
    }
  }
}

void Alerted::judge(const Key& key, Condition& condition, SimTime moment) {
  const auto& [node, type, subject] = key;
  const bool open = open_.contains(key);
  checked();
  if (condition.due <= moment) {
    // Who cannot connect does not get as far as missing its canary.
    const bool known =
        open || (type == "ORCHESTRATOR_BLIND" && open_.contains({node, "REDIS_DOWN", "redis"}));
    if (!known) {
      violated(moment, condition.event,
               type + " of " + subject + " holds at " + node + ", and no alert was raised by " +
                   in_words(moment));
    }
    condition.due = never;
    return;
  }
  if (open) {
    violated(moment, condition.event,
             type + " of " + subject + " is over at " + node + ", and its alert is open at " +
                 in_words(moment));
  }
  condition.over = never;
  condition.event = EventId{};  // nothing of it is left
}

}  // namespace arbees::sim
