#include "sim/invariants/placed_at_once.h"

#include <algorithm>

#include "core/assignment/move_reason.h"
#include "sim/invariants/mode_names.h"
#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

constexpr Duration placed_within = seconds{2};
/// What is to be written down is, or is tried again, within so long beside the patience with a commit.
constexpr Duration saved_within = seconds{2};

bool is_failover(std::string_view reason) {
  return std::ranges::any_of(move_rules, [reason](const MoveRules& rules) {
    return rules.failover && rules.name == reason;
  });
}

}  // namespace

PlacedAtOnce::PlacedAtOnce(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&PlacedAtOnce::on_discovered>();
  listen<&PlacedAtOnce::on_game_ended>();
  listen<&PlacedAtOnce::on_assigned>();
  listen<&PlacedAtOnce::on_acknowledged>();
  listen<&PlacedAtOnce::on_unplaced>();
  listen<&PlacedAtOnce::on_prepared>();
  listen<&PlacedAtOnce::on_abandoned>();
  listen<&PlacedAtOnce::on_sent>();
  listen<&PlacedAtOnce::on_died>();
  listen<&PlacedAtOnce::on_recovered>();
  listen<&PlacedAtOnce::on_term>();
  listen<&PlacedAtOnce::on_rolled_back>();
  listen<&PlacedAtOnce::on_stepped_down>();
  listen<&PlacedAtOnce::on_store_failed>();
  listen<&PlacedAtOnce::on_heard>();
  listen<&PlacedAtOnce::on_mode_entered>();
  listen<&PlacedAtOnce::on_mode_left>();
  listen<&PlacedAtOnce::on_write_begun>();
  listen<&PlacedAtOnce::on_write_acknowledged>();
  listen_each<&PlacedAtOnce::on_fleet_event>(FleetEvents{});
}

// --- who waits --------------------------------------------------------------------------------

void PlacedAtOnce::on_discovered(const GameDiscovered& event, const SimEnvelope& at) {
  if (const auto over = over_.extract(event.game)) {
    owners_.try_emplace(event.game, over.mapped());
    gone_on_.insert(event.game);
  }
  if (!owners_.contains(event.game) && !unplaced_.contains(event.game)) {
    wait(
        event.game,
        {.orchestrator = std::string(at.node), .dead_owner = {}, .since = at.time, .event = at.id});
  }
}

/// Its owner is told to drop it: what goes on after that is nobody's. While the store is out no end is written down, and he owns it still.
void PlacedAtOnce::on_sent(const CommandSent& event, const SimEnvelope& at) {
  if (event.type != "remove_game" ||
      offices_[std::string(at.node)].modes.contains(store_out_mode)) {
    return;
  }
  over_.erase(event.game);
  const auto owner = owners_.find(event.game);
  if (owner != owners_.end() && owner->second == event.shard && gone_on_.erase(event.game) > 0) {
    owners_.erase(owner);
    if (unplaced_.contains(event.game)) {
      return;  // That was said first.
    }
    wait(
        event.game,
        {.orchestrator = std::string(at.node), .dead_owner = {}, .since = at.time, .event = at.id});
  }
}

void PlacedAtOnce::on_died(const ShardDied& event, const SimEnvelope& at) {
  for (const GameId& game : event.games) {
    const auto owner = owners_.find(game);
    if (owner != owners_.end() && owner->second == event.shard && !moving_.contains(game) &&
        !unplaced_.contains(game)) {
      wait(game, {.orchestrator = std::string(at.node),
                  .dead_owner = event.shard,
                  .since = at.time,
                  .event = at.id});
    }
  }
}

void PlacedAtOnce::wait(const GameId& game, Waiting waiting) {
  const SimTime due = due_of(waiting, offices_[waiting.orchestrator]);
  waiting_.insert_or_assign(game, std::move(waiting));
  wake_after(due);
}

void PlacedAtOnce::on_recovered(const ShardRecovered& event, const SimEnvelope& /*at*/) {
  std::erase_if(waiting_,
                [&](const auto& entry) { return entry.second.dead_owner == event.shard; });
}

// --- what ends the wait -----------------------------------------------------------------------

void PlacedAtOnce::settled(const GameId& game) {
  if (waiting_.erase(game) > 0) {
    checked();
  }
}

void PlacedAtOnce::owned_by(const ShardId& shard, const GameId& game) {
  owners_[game] = shard;
  moving_.erase(game);
  unplaced_.erase(game);
  over_.erase(game);
  gone_on_.erase(game);
  settled(game);
}

void PlacedAtOnce::on_assigned(const GameAssigned& event, const SimEnvelope& /*at*/) {
  if (event.reason == "adopted") {
    note_loss();  // It may have been found out by that alone.
  }
  count_turn(event);
  owned_by(event.shard, event.game);
}

/// Games that nobody serves are moved in the order in which they lost their owners: a later one is no excuse.
void PlacedAtOnce::count_turn(const GameAssigned& event) {
  if (!is_failover(event.reason)) {
    return;
  }
  const auto served = waiting_.find(event.game);
  for (auto& [game, waiting] : waiting_) {
    if (served == waiting_.end() || served->second.since <= waiting.since) {
      ++waiting.served_before;
    }
  }
}

/// The assignment may have been the last word of an orchestrator, written down and not said.
void PlacedAtOnce::on_acknowledged(const GameAcknowledged& event, const SimEnvelope& /*at*/) {
  if (!owners_.contains(event.game)) {
    owned_by(event.shard, event.game);
  }
}

/// It stays so, and is not said again, until it is assigned.
void PlacedAtOnce::on_unplaced(const GameUnplaced& event, const SimEnvelope& /*at*/) {
  unplaced_.insert(event.game);
  settled(event.game);
}

void PlacedAtOnce::on_prepared(const HandoffPrepared& event, const SimEnvelope& /*at*/) {
  moving_.insert(event.game);
  waiting_.erase(event.game);
}

void PlacedAtOnce::on_abandoned(const HandoffAbandoned& event, const SimEnvelope& /*at*/) {
  moving_.erase(event.game);
}

void PlacedAtOnce::on_game_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  if (auto owner = owners_.extract(event.game)) {
    over_[event.game] = owner.mapped();
  }
  gone_on_.erase(event.game);
  moving_.erase(event.game);
  unplaced_.erase(event.game);
  waiting_.erase(event.game);
}

// --- what restricts ---------------------------------------------------------------------------

void PlacedAtOnce::on_term(const TermTaken& /*event*/, const SimEnvelope& at) {
  begin_term(at.node, at.time);
}

void PlacedAtOnce::on_rolled_back(const StoreRolledBack& /*event*/, const SimEnvelope& at) {
  note_loss();
  begin_term(at.node, at.time);
}

void PlacedAtOnce::on_stepped_down(const SteppedDown& /*event*/, const SimEnvelope& /*at*/) {
  note_loss();
}

/// How long the leases of lost decisions may last is written down: as long as those that are waited for at most.
void PlacedAtOnce::note_loss() {
  if (long_leases()) {
    lost_.begins();
  }
}

void PlacedAtOnce::on_store_failed(const StoreFailed& /*event*/, const SimEnvelope& at) {
  offices_[std::string(at.node)].store_failed = at.time;
}

/// Who hears is in office, and takes steps.
void PlacedAtOnce::on_heard(const HeartbeatHeard& /*event*/, const SimEnvelope& at) {
  if (!long_leases()) {
    return;
  }
  const std::string node(at.node);
  const Office& office = offices_[node];
  if (has_settled_farewell(node, office, at.time)) {
    farewell_.ends();
  }
  if (has_settled_loss(node, office, at.time)) {
    lost_.ends();
  }
}

/// A term that has waited for these grants writes down that they are over. If that fails, or takes longer than the patience with a commit, the
/// store is out, and it is tried again.
bool PlacedAtOnce::has_settled_farewell(const std::string& node, const Office& office,
                                        SimTime now) const {
  const SimTime quiet = std::max({office.foreign_leases_over, office.changed, office.store_failed});
  return office.in_office && !office.modes.contains(store_out_mode) && !fleet_.slow(node) &&
         quiet + limits_.by_node_clock(limits_.store_patience + saved_within) < now;
}

/// When the leases are over, each row of before is given anew, moved, or shown to be right. Where games of the dead stay with them, or nobody
/// has room for them, it stays in doubt.
bool PlacedAtOnce::has_settled_loss(const std::string& node, const Office& office,
                                    SimTime now) const {
  return has_settled_farewell(node, office, now) && fleet_.healed() && office.modes.empty() &&
         unplaced_.empty() && limits_.failover_games_per_second > 0 &&
         std::max(office.foreign_leases_over, office.changed) +
                 limits_.by_node_clock(limits_.doubt_settled) <
             now;
}

void PlacedAtOnce::begin_term(std::string_view node, SimTime now) {
  Office& office = offices_[std::string(node)];
  office.in_office = true;
  office.foreign_leases_over =
      now + limits_.by_node_clock(long_leases() ? std::max(limits_.lease_out, limits_.farewell_out)
                                                : limits_.lease_out);
  changed(office, now);
}

void PlacedAtOnce::on_mode_entered(const ModeEntered& event, const SimEnvelope& at) {
  Office& office = offices_[std::string(at.node)];
  office.modes.insert(event.mode);
  if (event.mode == store_out_mode) {
    // Its clock may run fast; and it was out before that was certain.
    office.store_out_until = at.time + limits_.store_out_max / 10 * 9 - limits_.store_patience;
  }
  changed(office, at.time);
}

void PlacedAtOnce::on_mode_left(const ModeLeft& event, const SimEnvelope& at) {
  Office& office = offices_[std::string(at.node)];
  office.modes.erase(event.mode);
  if (event.mode == store_out_mode) {
    office.store_out_until = never;
  }
  changed(office, at.time);
}

void PlacedAtOnce::on_write_begun(const StoreWriteBegun& /*event*/, const SimEnvelope& at) {
  offices_[std::string(at.node)].committing_until =
      at.time + limits_.by_node_clock(limits_.store_patience);
}

void PlacedAtOnce::on_write_acknowledged(const StoreWriteAcknowledged& /*event*/,
                                         const SimEnvelope& at) {
  offices_[std::string(at.node)].committing_until.reset();
}

void PlacedAtOnce::on_fleet_event(const SimEnvelope& at) {
  const auto* started = at.event.get_if<NodeStarted>();
  const auto* crashed = at.event.get_if<NodeCrashed>();
  const auto* exited = at.event.get_if<NodeExited>();
  const auto* fault = at.event.get_if<FaultStarted>();
  if (fault != nullptr) {
    farewell_.on_fault(*fault, at, fleet_);
    lost_.on_fault(*fault, at, fleet_);
  } else if (at.event.get_if<FaultHealed>() != nullptr) {
    farewell_.on_healed(at);
    lost_.on_healed(at);
  }
  if (started != nullptr) {
    forget(started->node.str());
  } else if (crashed != nullptr) {
    forget(crashed->node.str());
  } else if (exited != nullptr) {
    if (fleet_.is_orchestrator(exited->node.str())) {
      farewell_.begins();
    }
    forget(exited->node.str());
  } else if (fault != nullptr && fault->fault == "store_restored") {
    moving_.clear();  // The copy may know of others, and who owned what then.
    waiting_.clear();
  }
  for (auto& [node, office] : offices_) {
    changed(office, at.time);
  }
}

/// A program ended: what it had begun is nobody's to finish.
void PlacedAtOnce::forget(const std::string& orchestrator) {
  if (offices_.erase(orchestrator) > 0) {
    std::erase_if(waiting_,
                  [&](const auto& entry) { return entry.second.orchestrator == orchestrator; });
    moving_.clear();
    unplaced_.clear();
  }
}

void PlacedAtOnce::changed(Office& office, SimTime now) {
  office.changed = now;
  for (const auto& [game, waiting] : waiting_) {
    wake_after(due_of(waiting, offices_[waiting.orchestrator]));
  }
}

bool PlacedAtOnce::decides(const std::string& node, const Office& office, SimTime now) const {
  const bool out = office.modes.contains(store_out_mode);
  const bool unrestricted = office.modes.size() == (out ? 1U : 0U);
  const bool may_decide = out ? now < office.store_out_until : fleet_.stores_work();
  return office.in_office && unrestricted && may_decide && fleet_.answers(node) &&
         !fleet_.slow(node);
}

SimTime PlacedAtOnce::due_of(const Waiting& waiting, const Office& office) const {
  SimTime free = std::max(waiting.since, office.changed);
  if (office.committing_until && !office.modes.contains(store_out_mode)) {
    free = std::max(free, *office.committing_until);
  }
  if (waiting.dead_owner.empty()) {
    return std::max(free, office.foreign_leases_over) + limits_.by_node_clock(placed_within);
  }
  return free + limits_.by_node_clock(placed_within + turn_of(waiting));
}

Duration PlacedAtOnce::turn_of(const Waiting& waiting) const {
  if (limits_.failover_games_per_second == 0) {
    return Duration{};
  }
  const auto no_shorter = std::ranges::count_if(
      waiting_, [&](const auto& entry) { return entry.second.since <= waiting.since; });
  return seconds{1} * (waiting.served_before + static_cast<std::int64_t>(no_shorter)) /
         static_cast<std::int64_t>(limits_.failover_games_per_second);
}

void PlacedAtOnce::expired(SimTime moment) {
  for (auto entry = waiting_.begin(); entry != waiting_.end();) {
    const auto& [game, waiting] = *entry;
    const Office& office = offices_[waiting.orchestrator];
    const SimTime due = due_of(waiting, office);
    const bool never_moved = !waiting.dead_owner.empty() && limits_.failover_games_per_second == 0;
    if (limits_.over(game, moment) || never_moved) {
      entry = waiting_.erase(entry);
      continue;
    }
    if (due > moment || !decides(waiting.orchestrator, office, moment)) {
      if (due > moment) {
        wake_after(due);
      }
      ++entry;  // Otherwise it is woken for when what restricts the orchestrator changes.
      continue;
    }
    checked();
    violated(moment, waiting.event,
             game.str() +
                 (waiting.dead_owner.empty()
                      ? ", which nobody owned yet,"
                      : ", whose owner " + waiting.dead_owner.str() + " is dead,") +
                 " waits since " + in_words(waiting.since) + " for " + waiting.orchestrator +
                 ", which nothing keeps from deciding since " + in_words(office.changed) +
                 (office.modes.empty() ? "" : " (in STORE_OUT)"));
    entry = waiting_.erase(entry);
  }
}

}  // namespace arbees::sim
