#include "core/assignment/handoffs.h"

#include <utility>
#include <vector>

#include "core/assignment/events.h"
#include "core/base/assert.h"

namespace arbees {

bool Handoffs::owner_gone(const GameRow& row) const {
  const Shard* owner = context_.fleet.find(row.owner);
  return owner == nullptr || owner->status.status() == Status::dead || owner->left;
}

bool Handoffs::owner_lost(const GameRow& row) const {
  return owner_gone(row) || context_.fleet.find(row.owner)->deaf;
}

bool Handoffs::owner_replaced(const GameRow& row) const {
  const Shard* owner = context_.fleet.find(row.owner);
  return owner != nullptr && owner->heard && owner->alive() &&
         owner->incarnation.boot != row.owner_boot;
}

Handoffs::Next Handoffs::judge(const GameState* state, MonoTime now) const {
  if (state != nullptr && state->deciding) {
    return Next::wait;  // Perhaps its preparation is what is being committed.
  }
  if (state == nullptr || !state->row || !state->row->next) {
    return Next::forget;
  }
  if (!state->wanted) {
    return Next::wait;  // A game that ended is dropped with its successor.
  }
  if (books_.out_since()) {
    // The successor's epoch is written as one that only prepares: it moves under another, of which the next term can tell
    // that it was decided.
    const bool moves = owner_gone(*state->row) && !books_.exhausted(now) &&
                       context_.modes.allows(Action::replace_dead);
    return moves ? Next::give_up_unwritten : Next::wait;
  }
  if (context_.ledger.in_doubt(*state)) {
    // Both epochs may be of old: whoever may have the game by a lost decision is waited for, and its owner gets it anew.
    return context_.ledger.may_be_anothers(*state, now) ? Next::wait : Next::give_up_doubted;
  }
  ensure(state->handoff.has_value(), "a successor is the sign of a handoff");
  const Successor& next = *state->row->next;
  const Shard* target = context_.fleet.find(next.shard);
  if (target == nullptr || target->status.status() == Status::dead || target->left ||
      target->deaf || (target->heard && target->incarnation.boot != next.boot)) {
    return Next::give_up_lost;
  }
  return judge_progress(*state, *target, now);
}

Handoffs::Next Handoffs::judge_progress(const GameState& state, const Shard& target,
                                        MonoTime now) const {
  const bool has_it = target.reports(state.row->game, state.row->next->epoch);
  // Operators keep the successor from games since; one of the old wire that has the game emits already.
  if (target.marks.closed() && state.handoff->reason != MoveReason::order &&
      !(has_it && target.old_wire())) {
    return Next::give_up_closed;
  }
  const bool lost = owner_lost(*state.row);
  const Action action = lost ? Action::replace_dead : rules_of(state.handoff->reason).action;
  // An owner that is lost leaves nothing to wait for: its successor has had the order already.
  if ((lost || has_it) && context_.modes.allows(action)) {
    return Next::finish;
  }
  // One of the old wire emits as soon as it has the game: no mode lets two do so for as long as it lasts.
  if (has_it && target.old_wire() && !context_.modes.in(Mode::blind) &&
      !context_.modes.in(Mode::warm_up)) {
    return Next::finish;
  }
  // Nobody runs the game: its owner's new process gets it back sooner than a successor that does not answer.
  if (owner_replaced(*state.row) && context_.modes.allows(Action::resync)) {
    return Next::give_up_replaced;
  }
  return state.handoff->give_up_at <= now && context_.modes.allows(action) ? Next::give_up_late
                                                                           : Next::wait;
}

void Handoffs::advance(MonoTime now) {
  const std::vector<GameId> games(under_way_.begin(), under_way_.end());
  for (const GameId& game : games) {
    GameState* state = context_.ledger.find(game);
    switch (judge(state, now)) {
      case Next::wait: break;
      case Next::forget: under_way_.erase(game); break;
      case Next::finish: finish(*state, now); break;
      case Next::give_up_late:
        state->refused_until.insert_or_assign(state->row->next->shard,
                                              now + context_.settings.prepare_timeout);
        give_up(*state, "late", state->handoff->cause);
        break;
      case Next::give_up_lost: give_up(*state, "lost", state->handoff->cause); break;
      case Next::give_up_replaced: give_up(*state, "owner_replaced", state->handoff->cause); break;
      case Next::give_up_unwritten: give_up(*state, "store_out", state->handoff->cause); break;
      case Next::give_up_doubted:
        give_up(*state, "store_rolled_back", state->handoff->cause);
        break;
      case Next::give_up_closed: give_up(*state, "closed", state->handoff->cause); break;
    }
  }
}

void Handoffs::refused(GameState& state, EventId cause) {
  if (state.row && state.row->next && !state.deciding) {
    give_up(state, "refused", cause);
  }
}

void Handoffs::finish(GameState& state, MonoTime now) {
  GameRow row = *state.row;
  const Successor next = *std::exchange(row.next, std::nullopt);
  const EventId ready = context_.ports.events.record(
      HandoffReady{row.game, row.owner, next.shard, next.epoch, now - state.handoff->began},
      state.handoff->cause);
  const MoveReason reason = owner_lost(row) ? MoveReason::dead : state.handoff->reason;
  row.previous_owner = row.owner;
  row.owner = next.shard;
  row.owner_boot = next.boot;
  row.epoch = next.epoch;
  row.phase =
      state.holders.other_than(row.owner, now) != nullptr ? GamePhase::removing : GamePhase::active;
  decisions_.commit({{Change::Kind::own, row, reason, now, ready}});
}

void Handoffs::give_up(GameState& state, std::string_view why, EventId cause) {
  GameRow row = *state.row;
  const Successor dropped = *std::exchange(row.next, std::nullopt);
  row.phase = GamePhase::active;
  decisions_.commit({{Change::Kind::abandon, row, state.handoff->reason, context_.now(), cause,
                      dropped, std::string(why)}});
}

std::optional<MonoTime> Handoffs::deadline() const {
  std::optional<MonoTime> first;
  for (const GameId& game : under_way_) {
    const GameState* state = std::as_const(context_.ledger).find(game);
    if (state == nullptr || !state->handoff || state->deciding) {
      continue;
    }
    const MonoTime due = state->handoff->give_up_at;
    if (due > context_.now() && (!first || due < *first)) {
      first = due;
    }
  }
  return first;
}

}  // namespace arbees
