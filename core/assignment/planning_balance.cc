// The rounds in which games move between living shards, so that none is far fuller than the others (balance.h).
#include <algorithm>
#include <utility>

#include "core/assignment/planning.h"
#include "core/base/assert.h"

namespace arbees {
namespace {

/// Looking at all loads costs as much as there are shards: not at every plan of a busy second.
constexpr Duration level_interval = seconds{1};

}  // namespace

std::vector<Load> Planning::loads(MonoTime now) const {
  std::vector<Load> found;
  for (const auto& [id, shard] : std::as_const(context_.fleet).shards()) {
    // One that restarted gets its own games back before it is compared with others.
    if (shard.excluded().empty() && !shard.resync && shard.rank(now) == 0 && shard.max_games > 0 &&
        shard.breaker.state() == BreakerState::closed) {
      found.push_back(
          {id, shard.max_games - std::min(room_of(shard, 0), shard.max_games), shard.max_games});
    }
  }
  return found;
}

void Planning::level(MonoTime now, EventId cause) {
  // Not while a shard is late: it may be dying, and what is moved to or from it would move twice.
  const bool calm = std::ranges::none_of(
      std::as_const(context_.fleet).shards(),
      [&](const auto& entry) { return entry.second.alive() && entry.second.suspect(now); });
  if (now < level_look_) {
    want_at(level_look_);
    return;
  }
  level_look_ = now + level_interval;
  if (level_again_) {
    return;  // A round was begun lately.
  }
  // Level-triggered: whatever is in the way now, it is looked at again.
  want_at(now + context_.settings.heartbeat_interval);
  if (!calm || handoffs_.under_way() > 0 || !unplaced_.empty() || books_.out_since() ||
      !context_.modes.allows(Action::rebalance)) {
    return;
  }
  const auto& settings = context_.settings;
  const std::uint64_t share = std::max<std::uint64_t>(
      1, context_.ledger.games().size() * settings.rebalance_share_percent / 100);
  const BalancePolicy policy{settings.rebalance_trigger_percent == 0 ? 0
                             : leveling_                             ? 100
                                         : settings.rebalance_trigger_percent,
                             std::min({share, settings.handoffs_max, handoff_.available(now)})};
  std::set<GameId> chosen;
  std::vector<Placement> moves;
  const std::vector<Load> compared = loads(now);
  const auto all = static_cast<std::size_t>(
      std::ranges::count_if(std::as_const(context_.fleet).shards(),
                            [](const auto& entry) { return entry.second.excluded().empty(); }));
  for (const BalanceMove& move : balance(compared, policy)) {
    for (const auto& [game, state] : context_.ledger.owned_by(move.from)) {
      // What an operator has placed is not taken back to make the fleet even.
      const bool free = state->wanted && !state->deciding && state->acknowledged &&
                        !state->by_order && !state->row->next && !being_handed_over(*state, now) &&
                        !state->refused_until.contains(move.to);
      if (free && chosen.insert(game).second) {
        moves.push_back(
            {game, move.to, context_.fleet.find(move.to)->incarnation.boot, MoveReason::rebalance});
        break;
      }
    }
  }
  ensure(moves.size() <= share, "a round of balancing moves its share of the games at most");
  if (!moves.empty()) {
    leveling_ = true;
    level_again_ = now + settings.rebalance_cool_down;
    commit_placements(moves, now, cause);
  } else if (compared.size() == all) {
    leveling_ = false;  // Even, with everybody compared.
  }
}

}  // namespace arbees
