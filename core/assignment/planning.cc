#include "core/assignment/planning.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/assignment/events.h"
#include "core/base/assert.h"

namespace arbees {
namespace {

/// After the store refused, and while no epoch is to be had.
constexpr Duration plan_retry = seconds{1};
constexpr const char* games_unowned = "GAMES_UNOWNED";

/// Planned moves are not urgent: they begin at half the rate of failovers, and leave shards and Redis room for those.
std::uint64_t handoffs_per_second(const OrchestratorSettings& settings) {
  return std::max<std::uint64_t>(1, settings.failover_games_per_second / 2);
}

/// The first of them by name, and how many there are beside.
std::string list_of(const std::set<GameId>& games) {
  constexpr std::size_t named_max = 20;
  std::string text;
  std::size_t named = 0;
  for (const GameId& game : games) {
    if (named == named_max) {
      return text + " and " + std::to_string(games.size() - named) + " more";
    }
    text += (named++ == 0 ? "" : ", ") + game.str();
  }
  return text;
}

/// How often it is looked whether a game that is to move is its owner's by now.
constexpr Duration handing_over_look = seconds{1};

}  // namespace

Planning::Planning(const AssignmentContext& context, Bookkeeper& books, Decisions& decisions,
                   Handoffs& handoffs)
    : context_(context),
      books_(books),
      decisions_(decisions),
      handoffs_(handoffs),
      failover_(context.settings.failover_games_per_second, context.now()),
      handoff_(handoffs_per_second(context.settings), context.now()) {}

void Planning::distrust_until(MonoTime leases_over, bool all_holders_known) {
  leases_of_others_over_ = leases_over;
  all_holders_known_ = all_holders_known;
  waiting_for_others_ = true;
  for (const auto& [game, state] : context_.ledger.games()) {
    unsettled_.insert(game);
  }
}

void Planning::doubt_holders() {
  if (all_holders_known_ && context_.now() < leases_of_others_over_) {
    distrust_until(leases_of_others_over_, false);
  }
}

void Planning::want(EventId cause) {
  if (!wanted_) {
    wanted_ = cause;
  }
}

void Planning::want_at(MonoTime moment) { again_ = std::min(again_.value_or(moment), moment); }

void Planning::plan_if_wanted(MonoTime now) {
  if (waiting_for_others_ && leases_of_others_over_ <= now) {
    waiting_for_others_ = false;
    want(EventId{});
  }
  if (again_ && *again_ <= now) {
    again_.reset();
    want(EventId{});
  }
  const bool level_due = level_again_ && *level_again_ <= now;
  if (level_due) {
    level_again_.reset();
    want(EventId{});
  }
  if (!wanted_ || !live_known_ || context_.voice.office().term.none() || books_.exhausted(now)) {
    return;  // What is wanted stays wanted: nobody asks again when the store is back.
  }
  const EventId cause = *std::exchange(wanted_, std::nullopt);
  compare_standings();
  forget_settled();
  books_.reserve_epochs_if_needed();
  drop_ended(cause);
  const Outlook outlook = make_plan(now);
  failover_.take(outlook.failovers, now);
  if (outlook.again) {
    want_at(*outlook.again);
  }
  report_unplaced(outlook.plan.unplaced, cause);
  commit_placements(outlook.plan.placements, now, cause);
  level(now, cause);
}

Plan Planning::preview(MonoTime now) const { return make_plan(now).plan; }

/// Only what is placed uses up a budget: games that nobody can take keep no others from moving.
Planning::Outlook Planning::make_plan(MonoTime now) const {
  Outlook outlook;
  const std::vector<Waiting> games = waiting(now);
  if (games.empty()) {
    return outlook;
  }
  std::map<ShardId, std::string> excluded;
  const std::vector<Candidate> open = candidates(now, refused_by_owner(games), excluded);
  Placer placer(open);
  const std::uint64_t failovers_max = failover_.available(now);
  const std::uint64_t places = places_for_handoffs();
  const std::uint64_t handoffs_max = std::min(places, handoff_.available(now));
  std::uint64_t handoffs = 0;
  OfOwners of_owners;
  for (const auto& [state, reason] : games) {
    const MoveRules& rules = rules_of(reason);
    if (rules.failover && outlook.failovers == failovers_max) {
      if (context_.settings.failover_games_per_second > 0) {
        outlook.look_again(now + failover_.cost());
      }
      continue;
    }
    if (rules.prepared && being_handed_over(*state, now)) {
      outlook.look_again(now + handing_over_look);
      continue;
    }
    if (rules.prepared && handoffs == handoffs_max) {
      if (handoffs_max < places) {
        outlook.look_again(now + handoff_.cost());
      }
      continue;  // Where there is no place, the end of one under way is a new look.
    }
    if (placer.place(placer.has_room() ? need_of(*state, reason, now, of_owners, placer)
                                       : Need{state->live.id, reason})) {
      outlook.failovers += rules.failover ? 1 : 0;
      handoffs += rules.prepared ? 1 : 0;
      continue;
    }
    for (const auto& [shard, until] : state->refused_until) {
      if (until > now) {
        outlook.look_again(until);  // Nothing else need happen then.
      }
    }
  }
  outlook.plan = placer.finish();
  outlook.plan.excluded = std::move(excluded);
  if (open.empty() &&
      !std::ranges::all_of(std::as_const(context_.fleet).shards(), [](const auto& entry) {
        return !entry.second.alive() || entry.second.left;
      })) {
    for (Unplaced& unplaced : outlook.plan.unplaced) {
      unplaced.reason = "no shard that is alive may be given games";
    }
  }
  return outlook;
}

// --- what is wrong ----------------------------------------------------------------------------

Planning::Standing Planning::standing_of(const ShardId& id) const {
  const Shard* shard = std::as_const(context_.fleet).find(id);
  if (shard == nullptr) {
    return {.dead = true};
  }
  const std::uint64_t owned = context_.ledger.owned_by(id).size();
  return {.dead = shard->status.status() == Status::dead && !shard->left,
          .left = shard->left,
          .deaf = shard->deaf,
          .draining = shard->marks.draining,
          .excess = shard->heard && owned > shard->max_games ? owned - shard->max_games : 0,
          .leave = context_.health.reason_to_leave(*shard, context_.now())};
}

void Planning::compare_standings() {
  for (const auto& [id, owned] : context_.ledger.owners()) {
    const Standing standing = standing_of(id);
    Standing& known = standings_[id];
    if (known != standing) {
      const bool lost = standing.lost() && !known.lost();
      known = standing;
      for (const auto& [game, state] : owned) {
        unsettled_.insert(game);
        if (lost) {
          context_.ledger.find(game)->waiting_since = context_.now();
        }
      }
    }
  }
}

std::optional<MoveReason> Planning::reason_for(const GameState& state) const {
  if (!state.wanted) {
    return std::nullopt;
  }
  return state.row ? reason_of_owner(state) : std::optional(MoveReason::first);
}

std::optional<MoveReason> Planning::reason_of_owner(const GameState& state) const {
  const GameRow& row = *state.row;
  if (row.next) {
    return std::nullopt;  // Its handoff sees to it.
  }
  const Standing standing = standing_of(row.owner);
  if (standing.dead) {
    return MoveReason::dead;
  }
  if (standing.left) {
    return MoveReason::left;
  }
  if (standing.deaf) {
    return MoveReason::deaf;
  }
  if (standing.leave == LeaveReason::unstable) {
    return MoveReason::unstable;
  }
  if (state.refused_until.contains(row.owner) && !state.acknowledged &&
      context_.fleet.find(row.owner)->commands.of_game(row.game) == nullptr) {
    return MoveReason::refused;
  }
  if (standing.leave == LeaveReason::degraded) {
    return MoveReason::degraded;
  }
  if (state.ordered && state.ordered->to != row.owner) {
    return MoveReason::order;
  }
  if (standing.draining) {
    return MoveReason::drain;
  }
  if (standing.excess > 0) {
    const Ledger::Owned& owned = context_.ledger.owned_by(row.owner);
    const auto place = static_cast<std::uint64_t>(
        std::distance(owned.find(row.game), owned.end()));  // the last ones are the excess
    if (place <= standing.excess) {
      return MoveReason::excess;
    }
  }
  return std::nullopt;
}

/// Its owner does not have it yet. A row that is being prepared says nothing of who held the game before, and after a crash nobody
/// would wait for that one.
bool Planning::being_handed_over(const GameState& state, MonoTime now) {
  return state.row && state.holders.other_than(state.row->owner, now) != nullptr;
}

bool Planning::allowed_now(const GameState& state, MoveReason reason, MonoTime now) const {
  if (state.deciding && !books_.out_since()) {
    return false;
  }
  if (!context_.modes.allows(rules_of(reason).action)) {
    return false;
  }
  if (rules_of(reason).prepared && handoffs_.owner_replaced(*state.row)) {
    return false;  // Its owner's new process gets it first: there is nobody who goes on with it meanwhile.
  }
  if (context_.ledger.in_doubt(state) &&
      (rules_of(reason).prepared || context_.ledger.may_be_anothers(state, now))) {
    return false;  // The same, and whoever may have it by a lost decision is waited for.
  }
  const bool may_be_held = reason == MoveReason::first && now < leases_of_others_over_ &&
                           (!all_holders_known_ || context_.modes.in(Mode::warm_up));
  return !may_be_held;
}

void Planning::forget_settled() {
  std::erase_if(unsettled_, [&](const GameId& game) {
    const GameState* state = std::as_const(context_.ledger).find(game);
    return state == nullptr || (state->wanted && state->row && !state->deciding &&
                                !state->row->next && !reason_of_owner(*state));
  });
}

void Planning::drop_ended(EventId cause) {
  std::vector<GameId> ended;
  for (const GameId& game : unsettled_) {
    const GameState* state = std::as_const(context_.ledger).find(game);
    if (state != nullptr && !state->wanted && !state->deciding) {
      ended.push_back(game);
    }
  }
  decisions_.drop(ended, cause);
}

// --- who takes it -----------------------------------------------------------------------------

Need Planning::need_of(const GameState& state, MoveReason reason, MonoTime now, OfOwners& of_owners,
                       Placer& placer) const {
  Need need{state.live.id, reason};
  for (const auto& [shard, until] : state.refused_until) {
    if (until > now) {
      need.unsuitable.emplace(shard, Unsuitable::refused);
    }
  }
  if (rules_of(reason).prepared || reason == MoveReason::unstable) {
    const std::pair key{state.row->owner, reason};
    auto of_owner = of_owners.find(key);
    if (of_owner == of_owners.end()) {
      of_owner =
          of_owners.emplace(key, placer.add(unsuitable_for(state.row->owner, reason, now))).first;
    }
    need.of_owner = of_owner->second;
  }
  if (reason == MoveReason::order && !state.ordered->to.empty()) {
    need.preferred = state.ordered->to;
  } else if (reason == MoveReason::first) {
    need.preferred = state.polled_by;
  }
  return need;
}

/// What suffers from the same is no better place (M11). And two shards that both want to get rid of their games would pass them to and fro for
/// ever: a degraded one is a better place than one that restarts again and again, and no other way.
Unsuitables Planning::unsuitable_for(const ShardId& owner, MoveReason reason, MonoTime now) const {
  Unsuitables unsuitable{{owner, Unsuitable::owner}};
  const bool degraded = reason == MoveReason::degraded;
  if (!degraded && reason != MoveReason::unstable) {
    return unsuitable;
  }
  const Conditions& suffered = context_.fleet.find(owner)->conditions;
  for (const auto& [id, shard] : std::as_const(context_.fleet).shards()) {
    const auto leave = context_.health.reason_to_leave(shard, now);
    if (degraded && share_a_fault(suffered, shard.conditions)) {
      unsuitable.emplace(id, Unsuitable::same_fault);
    } else if (leave && (degraded || *leave == LeaveReason::unstable)) {
      unsuitable.emplace(id, Unsuitable::leaving);
    }
  }
  return unsuitable;
}

std::vector<Planning::Waiting> Planning::waiting(MonoTime now) const {
  std::vector<Waiting> games;
  for (const GameId& game : unsettled_) {
    const GameState* state = std::as_const(context_.ledger).find(game);
    if (state == nullptr) {
      continue;
    }
    const std::optional<MoveReason> reason = reason_for(*state);
    if (reason && allowed_now(*state, *reason, now)) {
      games.push_back({state, *reason});
    }
  }
  // Who waits longest comes first among those of a reason; games that nobody watches before all others.
  std::ranges::stable_sort(
      games, {}, [](const Waiting& w) { return std::tuple(w.reason, w.state->waiting_since); });
  return games;
}

std::uint64_t Planning::places_for_handoffs() const {
  const std::uint64_t limit = context_.settings.handoffs_max;
  return limit > handoffs_.under_way() ? limit - handoffs_.under_way() : 0;
}

std::uint64_t Planning::room_of(const Shard& shard, std::uint64_t not_run) const {
  const Ledger::Owned& owned = context_.ledger.owned_by(shard.id);
  const std::set<GameId>& incoming = context_.ledger.incoming_to(shard.id);
  // What it still has to drop takes room as well.
  const std::uint64_t leaving = std::max(shard.strangers, shard.commands.removals());
  ensure(not_run <= owned.size(), "what it refused is owned by it");
  const std::uint64_t used = owned.size() - not_run + incoming.size() + leaving;
  return shard.max_games > used ? shard.max_games - used : 0;
}

std::uint64_t Planning::unproven_of(const Shard& shard) const {
  const Ledger::Owned& owned = context_.ledger.owned_by(shard.id);
  const auto unacknowledged =
      std::ranges::count_if(owned, [](const auto& entry) { return !entry.second->acknowledged; });
  return context_.ledger.incoming_to(shard.id).size() + static_cast<std::uint64_t>(unacknowledged);
}

/// What its owner could not take and does not run takes no room there: it may get it once others have ended.
Planning::Counts Planning::refused_by_owner(const std::vector<Waiting>& games) {
  Counts refused;
  for (const auto& [state, reason] : games) {
    if (reason == MoveReason::refused) {
      ++refused[state->row->owner];
    }
  }
  return refused;
}

std::vector<Candidate> Planning::candidates(MonoTime now, const Counts& refused,
                                            std::map<ShardId, std::string>& excluded) const {
  std::vector<Candidate> found;
  for (const auto& [id, shard] : std::as_const(context_.fleet).shards()) {
    if (const std::string_view why = shard.excluded(); !why.empty()) {
      excluded.emplace(id, why);
      continue;
    }
    const auto not_run = refused.find(id);
    const std::uint64_t room = room_of(shard, not_run == refused.end() ? 0 : not_run->second);
    const std::uint64_t admitted = shard.breaker.state() == BreakerState::closed
                                       ? room
                                       : shard.breaker.room(room, unproven_of(shard));
    if (room > 0 && admitted == 0) {
      excluded.emplace(id, "its breaker waits for what it was given");
      continue;
    }
    found.push_back({id, shard.incarnation.boot, admitted, shard.rank(now)});
  }
  return found;
}

// --- saying so --------------------------------------------------------------------------------

/// Whether its owner serves it all the same. One that restarts again and again does, from when its new process has it.
bool Planning::goes_on(const Unplaced& unplaced) const {
  if (unplaced.move != MoveReason::unstable) {
    return rules_of(unplaced.move).prepared;
  }
  return !handoffs_.owner_replaced(*std::as_const(context_.ledger).find(unplaced.game)->row);
}

void Planning::report_unplaced(const std::vector<Unplaced>& unplaced, EventId cause) {
  std::set<GameId> now_unplaced;
  std::string why;
  for (const Unplaced& game : unplaced) {
    if (goes_on(game)) {
      continue;
    }
    why = why.empty() ? game.reason : why;
    now_unplaced.insert(game.game);
    if (!unplaced_.contains(game.game)) {
      context_.ports.events.record(GameUnplaced{game.game, game.reason}, cause);
    }
  }
  unplaced_ = std::move(now_unplaced);
  if (unplaced_.empty()) {
    context_.voice.resolve(games_unowned, "fleet", cause);
  } else {
    context_.voice.raise(games_unowned, "fleet",
                         std::to_string(unplaced_.size()) + " live games without a shard (" + why +
                             "): " + list_of(unplaced_),
                         cause);
  }
}

void Planning::commit_placements(const std::vector<Placement>& placements, MonoTime now,
                                 EventId cause) {
  std::vector<Change> changes;
  for (const Placement& placement : placements) {
    std::optional<Change> change = change_for(placement, now, cause);
    if (!change) {
      want_at(now + plan_retry);
      break;
    }
    changes.push_back(std::move(*change));
  }
  decisions_.commit(std::move(changes));
}

std::optional<Change> Planning::change_for(const Placement& placement, MonoTime now,
                                           EventId cause) {
  const std::optional<Epoch> epoch = context_.ledger.take_epoch();
  if (!epoch) {
    return std::nullopt;
  }
  const GameState& state = *context_.ledger.find(placement.game);
  if (rules_of(placement.reason).prepared) {
    ensure(places_for_handoffs() > 0,
           "no more planned moves are begun than may be under way at once");
    handoff_.take(1, now);
    GameRow row = *state.row;
    row.phase = GamePhase::prepare;
    row.next = Successor{placement.shard, placement.boot, *epoch};
    handoffs_.follow(placement.game);
    return Change{Change::Kind::prepare, row, placement.reason, now, cause};
  }
  const ShardId previous = state.row ? state.row->owner : ShardId{};
  const bool held = state.holders.other_than(placement.shard, now) != nullptr;
  return Change{Change::Kind::own,
                {placement.game, state.live.sport, placement.shard, placement.boot, *epoch,
                 previous, held ? GamePhase::removing : GamePhase::active},
                placement.reason,
                now,
                cause};
}

std::optional<MonoTime> Planning::deadline() const {
  std::optional<MonoTime> first = again_;
  const auto consider = [&](MonoTime due) { first = std::min(first.value_or(due), due); };
  if (waiting_for_others_) {
    consider(leases_of_others_over_);
  }
  if (level_again_) {
    consider(*level_again_);
  }
  return first;
}

}  // namespace arbees
