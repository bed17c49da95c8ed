#include "sim/invariants/room_is_given.h"

#include <algorithm>

#include "core/orchestrator/operator_order.h"
#include "sim/invariants/words.h"

namespace arbees::sim {

namespace {

constexpr Duration begun_within = seconds{3};

}  // namespace

RoomIsGiven::RoomIsGiven(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&RoomIsGiven::on_started>();
  listen<&RoomIsGiven::on_joined>();
  listen<&RoomIsGiven::on_heard>();
  listen<&RoomIsGiven::on_status>();
  listen<&RoomIsGiven::on_left>();
  listen<&RoomIsGiven::on_deaf>();
  listen<&RoomIsGiven::on_opened>();
  listen<&RoomIsGiven::on_closed>();
  listen<&RoomIsGiven::on_marked>();
  listen<&RoomIsGiven::on_game_refused>();
  listen<&RoomIsGiven::on_command_ended>();
  listen<&RoomIsGiven::on_abandoned>();
  listen<&RoomIsGiven::on_discovered>();
  listen<&RoomIsGiven::on_assigned>();
  listen<&RoomIsGiven::on_unplaced>();
  listen<&RoomIsGiven::on_unstable>();
  listen<&RoomIsGiven::on_stable>();
  listen<&RoomIsGiven::on_prepared>();
  listen<&RoomIsGiven::on_ended>();
  listen<&RoomIsGiven::on_refused>();
  listen<&RoomIsGiven::on_term>();
  listen<&RoomIsGiven::on_mode_entered>();
  listen<&RoomIsGiven::on_mode_left>();
  listen<&RoomIsGiven::on_store_failed>();
  listen<&RoomIsGiven::on_write_begun>();
  listen<&RoomIsGiven::on_write_acknowledged>();
  listen_each<&RoomIsGiven::on_fleet_event>(FleetEvents{});
}

RoomIsGiven::Shard& RoomIsGiven::shard_of(const ShardId& id, const SimEnvelope& at) {
  return offices_[std::string(at.node)][id];
}

/// A new process knows the marks that its predecessor wrote down, perhaps not the last one.
void RoomIsGiven::on_started(const OrchestratorStarted& /*event*/, const SimEnvelope& at) {
  offices_[std::string(at.node)].clear();
  marked_ = ever_marked_;
  unstable_.clear();
  wishes_.clear();
  moving_.clear();
  writing_.clear();
  modes_.clear();
}

void RoomIsGiven::on_joined(const ShardJoined& event, const SimEnvelope& at) {
  Shard& shard = shard_of(event.shard, at);
  shard.max_games = event.max_games;
  shard.leased = event.leased;
  shard.excluded = false;
  // What it owns it gets back first.
  std::erase_if(wishes_, [&](const auto& wish) {
    const auto owner = owners_.find(wish.first);
    return owner != owners_.end() && owner->second == event.shard;
  });
  stir(at.time);
}

void RoomIsGiven::on_heard(const HeartbeatHeard& event, const SimEnvelope& at) {
  shard_of(event.shard, at).heard = true;
}

void RoomIsGiven::on_status(const StatusChanged& event, const SimEnvelope& at) {
  stir(at.time);
  if (event.to == "dead" || event.from == "dead") {
    shard_of(event.shard, at).excluded = event.to == "dead";
  }
}

void RoomIsGiven::on_unstable(const ShardUnstable& event, const SimEnvelope& /*at*/) {
  unstable_.insert(event.shard);
}

void RoomIsGiven::on_stable(const ShardUnstableEnded& event, const SimEnvelope& /*at*/) {
  unstable_.erase(event.shard);
}

void RoomIsGiven::on_left(const ShardLeft& event, const SimEnvelope& at) {
  shard_of(event.shard, at).excluded = true;
}

/// That it hears again is no event; another process of it is.
void RoomIsGiven::on_deaf(const ShardDeaf& event, const SimEnvelope& at) {
  shard_of(event.shard, at).heard = false;
  shard_of(event.shard, at).excluded = true;
}

void RoomIsGiven::on_opened(const BreakerOpened& event, const SimEnvelope& at) {
  shard_of(event.shard, at).breaker_closed = false;
}

void RoomIsGiven::on_closed(const BreakerClosed& event, const SimEnvelope& at) {
  shard_of(event.shard, at).breaker_closed = true;
  stir(at.time);
}

void RoomIsGiven::on_marked(const ShardMarked& event, const SimEnvelope& /*at*/) {
  if (FleetState::gets_games(event)) {
    marked_.erase(event.shard);
  } else {
    marked_.insert(event.shard);
    ever_marked_.insert(event.shard);
  }
}

void RoomIsGiven::refuse(const ShardId& shard, const GameId& game, SimTime now) {
  // What an operator wants begins a little after that is over.
  refused_[{shard, game}] = now + limits_.by_node_clock(limits_.refused + begun_within);
}

void RoomIsGiven::on_game_refused(const GameRefused& event, const SimEnvelope& /*at*/) {
  could_not_take_.emplace(event.shard, event.game);
}

/// Who dies, leaves or is told something else before it answers has refused nothing.
void RoomIsGiven::on_command_ended(const CommandEnded& event, const SimEnvelope& at) {
  if (event.type == "add_game" && (event.how == "refused" || event.how == "unanswered")) {
    refuse(event.shard, event.game, at.time);
  }
}

/// It was too late, whatever else is said of it: with a store that answers late, something else may have been decided since.
void RoomIsGiven::on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at) {
  refuse(event.to, event.game, at.time);
  moving_.erase(event.game);
  stir(at.time);
}

void RoomIsGiven::on_discovered(const GameDiscovered& event, const SimEnvelope& /*at*/) {
  games_.insert(event.game);
}

void RoomIsGiven::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  // An owner that refused its game to an earlier term is not asked again from when the next one hears that, and nobody says so.
  if (could_not_take_.contains({event.previous, event.game})) {
    refuse(event.previous, event.game, at.time);
  }
  assigned_[event.game] = at.time;
  moving_.erase(event.game);
  fulfilled(event.game);
  stir(at.time);
  games_.insert(event.game);
  owners_.insert_or_assign(event.game, event.shard);
}

bool RoomIsGiven::may_be_given(const ShardId& id, const Shard& shard, const GameId& game,
                               SimTime now) const {
  const auto processes = std::ranges::count(limits_.shards, id, &FleetShard::shard);
  const auto owner = owners_.find(game);
  if (owner != owners_.end() && unstable_.contains(owner->second) && unstable_.contains(id)) {
    return false;  // It would come back.
  }
  const auto refused = refused_.find({id, game});
  return processes == 1 && shard.heard && shard.leased && !shard.excluded && shard.breaker_closed &&
         !marked_.contains(id) && (refused == refused_.end() || refused->second < now) &&
         (owner == owners_.end() || owner->second != id);
}

void RoomIsGiven::on_unplaced(const GameUnplaced& event, const SimEnvelope& at) {
  checked();
  for (const auto& [id, shard] : offices_[std::string(at.node)]) {
    if (may_be_given(id, shard, event.game, at.time) && shard.max_games >= 2 * games_.size()) {
      violated(at.time, at.id,
               event.game.str() + " has no place at " + in_words(at.time) + " (" + event.reason +
                   "), but " + id.str() + " is there, takes " + std::to_string(shard.max_games) +
                   " games, and nothing excludes it");
      return;
    }
  }
}

// --- what operators want ------------------------------------------------------------------------

void RoomIsGiven::stir(SimTime now) {
  stirred_ = now;
  if (!wishes_.empty()) {
    wake_after(now + limits_.by_node_clock(begun_within));
  }
}

void RoomIsGiven::fulfilled(const GameId& game) {
  if (wishes_.erase(game) > 0) {
    checked();
  }
}

void RoomIsGiven::on_prepared(const HandoffPrepared& event, const SimEnvelope& at) {
  fulfilled(event.game);
  moving_.insert(event.game);
  stir(at.time);
}

void RoomIsGiven::on_ended(const GameEnded& event, const SimEnvelope& at) {
  wishes_.erase(event.game);
  moving_.erase(event.game);
  stir(at.time);
}

void RoomIsGiven::on_refused(const OperatorRefused& event, const SimEnvelope& /*at*/) {
  wishes_.erase(GameId(event.subject));
}

void RoomIsGiven::on_term(const TermTaken& /*event*/, const SimEnvelope& at) {
  term_taken_ = at.time;
}

void RoomIsGiven::on_mode_entered(const ModeEntered& event, const SimEnvelope& at) {
  modes_.emplace(at.node, event.mode);
}

void RoomIsGiven::on_mode_left(const ModeLeft& event, const SimEnvelope& at) {
  modes_.erase({std::string(at.node), event.mode});
  stir(at.time);
}

/// It tries again when it may hope to be written.
void RoomIsGiven::on_store_failed(const StoreFailed& /*event*/, const SimEnvelope& /*at*/) {
  wishes_.clear();
}

void RoomIsGiven::on_write_begun(const StoreWriteBegun& /*event*/, const SimEnvelope& at) {
  writing_.insert(std::string(at.node));
}

void RoomIsGiven::on_write_acknowledged(const StoreWriteAcknowledged& /*event*/,
                                        const SimEnvelope& at) {
  writing_.erase(std::string(at.node));
}

void RoomIsGiven::on_fleet_event(const SimEnvelope& at) {
  const auto* asked = at.event.get_if<OperatorAsked>();
  if (asked == nullptr) {
    stir(at.time);
  } else if (asked->verb == to_string(Verb::move)) {
    wishes_[GameId(asked->subject)] = {
        .orchestrator = std::string(at.node), .since = at.time, .event = at.id};
    wake_after(at.time + limits_.by_node_clock(begun_within));
  }
}

bool RoomIsGiven::decides(const std::string& orchestrator) const {
  const bool restricted =
      std::ranges::any_of(modes_, [&](const auto& mode) { return mode.first == orchestrator; });
  return !restricted && moving_.empty() && !writing_.contains(orchestrator) &&
         limits_.orchestrators.size() == 1 && limits_.handoffs_max > 0 && fleet_.stores_work() &&
         fleet_.answers(orchestrator) && !fleet_.slow(orchestrator);
}

/// Nobody but its owner may emit for it, and that one is there.
bool RoomIsGiven::is_nobody_elses(const GameId& game, SimTime now) const {
  const auto assigned = assigned_.find(game);
  const Duration farewell = std::max(limits_.lease_out, limits_.farewell_out);
  return assigned != assigned_.end() &&
         assigned->second + limits_.by_node_clock(limits_.lease_out) < now &&
         term_taken_ + limits_.by_node_clock(farewell) < now;
}

std::optional<ShardId> RoomIsGiven::place_for(const GameId& game, const Office& office,
                                              SimTime now) const {
  const auto place = std::ranges::find_if(office, [&](const auto& entry) {
    return may_be_given(entry.first, entry.second, game, now) &&
           entry.second.max_games >= games_.size();
  });
  return place == office.end() ? std::nullopt : std::optional(place->first);
}

void RoomIsGiven::expired(SimTime moment) {
  const Duration patience = limits_.by_node_clock(begun_within);
  for (auto next = wishes_.begin(); next != wishes_.end();) {
    const auto& [game, wish] = *next;
    const bool quiet = std::max(wish.since, stirred_) + patience <= moment;
    if (!quiet || !decides(wish.orchestrator) || !is_nobody_elses(game, moment)) {
      wake_after(moment + patience);
      ++next;
      continue;
    }
    if (const auto place = place_for(game, offices_[wish.orchestrator], moment)) {
      checked();
      violated(moment, wish.event,
               game.str() + " is to be moved since " + in_words(wish.since) +
                   ", but its move has not begun by " + in_words(moment) +
                   ": nothing has happened since " + in_words(stirred_) +
                   ", and nothing excludes " + place->str());
      next = wishes_.erase(next);
    } else {
      ++next;
    }
  }
}

}  // namespace arbees::sim
