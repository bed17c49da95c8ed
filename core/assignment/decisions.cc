#include "core/assignment/decisions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/assignment/events.h"
#include "core/base/assert.h"

namespace arbees {
namespace {

std::string place_of(const ShardId& shard, Epoch epoch) {
  return shard.empty() ? std::string("nobody") : shard.str() + "@" + std::to_string(epoch.value());
}

/// The epoch a change makes known to shards: what tells its decision from an earlier one.
Epoch epoch_of(const Change& change) {
  if (change.dropped) {
    return change.dropped->epoch;
  }
  return change.row.next ? change.row.next->epoch : change.row.epoch;
}

}  // namespace

void Decisions::commit(std::vector<Change> changes) {
  if (changes.empty()) {
    return;
  }
  for (Change& change : changes) {
    change.decided = context_.now();
    change.losses = context_.ledger.losses();
  }
  if (books_.out_since()) {
    for (const Change& change : changes) {
      books_.remember(change.row.game);
      books_.audit(audit_of(change));
      // What hangs in the store was decided for less: its answer changes nothing any more.
      context_.ledger.decided(*context_.ledger.find(change.row.game));
      apply(change);
    }
    return;
  }
  StoreBatch batch;
  for (const Change& change : changes) {
    context_.ledger.decide(
        *context_.ledger.find(change.row.game),
        {change.row.owner, epoch_of(change), change.row.next ? change.row.next->shard : ShardId{}});
    batch.put_games.push_back(change.row);
    batch.audit.push_back(audit_of(change));
  }
  const auto these = under_way_.insert(under_way_.end(), std::move(changes));
  books_.commit(std::move(batch), [this, these](bool committed) {
    const Changes answered = std::move(*these);
    under_way_.erase(these);
    take_answer(answered, committed);
  });
}

void Decisions::take_answer(const Changes& changes, bool committed) {
  for (const Change& change : changes) {
    GameState* state = context_.ledger.find(change.row.game);
    // The answer came so late that the store counted as out, and it was acted on, or the game was decided anew.
    const bool overtaken =
        state == nullptr || !state->deciding || state->deciding->epoch != epoch_of(change);
    if (overtaken) {
      continue;
    }
    context_.ledger.decided(*state);
    if (committed) {
      apply(change);
    } else {
      hooks_.failed(change);
    }
  }
}

void Decisions::go_on_without_store() {
  ensure(books_.out_since().has_value(), "a store that answers is waited for");
  for (const Changes& changes : under_way_) {
    for (const Change& change : changes) {
      GameState* state = context_.ledger.find(change.row.game);
      const bool ours = state != nullptr && state->wanted && state->deciding &&
                        state->deciding->epoch == epoch_of(change);
      if (!ours || change.kind != Change::Kind::own ||
          !Modes::allowed_in(Mode::store_out, rules_of(change.reason).action)) {
        continue;
      }
      context_.ledger.decided(*state);
      books_.remember(change.row.game);
      books_.audit(audit_of(change));
      apply(change);
    }
  }
}

void Decisions::apply(const Change& change) {
  EventId applied;
  switch (change.kind) {
    case Change::Kind::own: applied = own(change); break;
    case Change::Kind::prepare: applied = prepare(change); break;
    case Change::Kind::abandon: applied = abandon(change); break;
  }
  hooks_.applied(change, applied);
}

EventId Decisions::own(const Change& change) {
  const GameRow& row = change.row;
  const MonoTime now = context_.now();
  // Whom the row before names, also where it is not known who held the game since.
  const GameState* known = std::as_const(context_.ledger).find(row.game);
  const ShardId had_it = known->row ? known->row->owner : row.previous_owner;
  const EventId assigned = context_.ports.events.record(
      GameAssigned{row.game, row.owner, row.owner_boot, row.epoch, had_it,
                   std::string(to_string(change.reason)), now - change.decided},
      change.cause);
  context_.ledger.put(row, now, assigned);
  if (change.losses != context_.ledger.losses() && change.reason != MoveReason::adopted) {
    context_.ledger.doubt(row.game);  // Who was adopted has shown that it emits.
  }
  GameState& state = *context_.ledger.find(row.game);
  state.handoff.reset();
  state.ordered.reset();
  state.polled_by.reset();
  state.by_order = change.reason == MoveReason::order ||
                   (change.reason == MoveReason::restarted && state.by_order);
  state.refused_until.erase(row.owner);
  Shard* owner = context_.fleet.find(row.owner);
  const bool there =
      owner != nullptr && owner->alive() && owner->incarnation.boot == row.owner_boot;
  const PendingCommand* pending = there ? owner->commands.of_game(row.game) : nullptr;
  const bool told_to_drop =
      pending != nullptr && std::holds_alternative<wire::RemoveGame>(pending->order);
  if (there && (told_to_drop || !owner->reports(row.game, row.epoch))) {
    context_.delivery.issue(*owner, wire::AddGame{state.live, row.epoch},
                            std::max(change.first_attempt, now), assigned);
  }
  Shard* previous = context_.fleet.find(had_it);
  if (previous != nullptr && previous != owner && previous->alive()) {
    hold_until_removed(state, previous->id);
    context_.delivery.issue(*previous, wire::RemoveGame{row.game, row.epoch}, now, assigned);
  }
  settle_phase(state);
  return assigned;
}

void Decisions::hold_until_removed(GameState& state, const ShardId& id) const {
  const Shard* shard = context_.fleet.find(id);
  if (shard != nullptr && shard->alive() && !shard->leased) {
    state.holders.named(id, shard->incarnation.boot, shard->hb_seq,
                        context_.now() + context_.settings.lease_out());
  }
}

void Decisions::settle_phase(GameState& state) {
  const bool held = state.holders.other_than(state.row->owner, context_.now()) != nullptr;
  const GamePhase phase = held ? GamePhase::removing : GamePhase::active;
  if (held) {
    grants_.hand_over(state.row->game);
  }
  if (state.row->phase != phase) {
    state.row->phase =
        phase;  // Who held it gave it up, or began to hold it, while this was committed.
    books_.remember(state.row->game);
  }
}

EventId Decisions::prepare(const Change& change) {
  const GameRow& row = change.row;
  ensure(row.phase == GamePhase::prepare && row.next, "a prepared move has a successor");
  const MonoTime now = context_.now();
  const EventId prepared = context_.ports.events.record(
      HandoffPrepared{row.game, row.owner, row.next->shard, row.next->epoch,
                      std::string(to_string(change.reason)), now - change.decided},
      change.cause);
  context_.ledger.put(row, now, prepared);
  GameState& state = *context_.ledger.find(row.game);
  state.ordered.reset();
  state.handoff = Handoff{change.reason, now, now + context_.settings.prepare_timeout, prepared};
  Shard* target = context_.fleet.find(row.next->shard);
  if (target != nullptr && target->alive() && target->incarnation.boot == row.next->boot) {
    context_.delivery.issue(*target, wire::AddGame{state.live, row.next->epoch}, context_.now(),
                            prepared);
  }
  return prepared;
}

EventId Decisions::abandon(const Change& change) {
  const GameRow& row = change.row;
  ensure(!row.next && change.dropped, "an abandoned move has no successor any more");
  const Successor& dropped = *change.dropped;
  const EventId abandoned = context_.ports.events.record(
      HandoffAbandoned{row.game, row.owner, dropped.shard, dropped.epoch, change.why},
      change.cause);
  context_.ledger.put(row, context_.now(), abandoned);
  context_.ledger.find(row.game)->handoff.reset();
  Shard* target = context_.fleet.find(dropped.shard);
  // One that runs it under a newer epoch has it by a decision that was never written, and does not prepare for it any more.
  if (target != nullptr && target->alive() && !target->runs_newer(row.game, dropped.epoch)) {
    context_.delivery.issue(*target, wire::RemoveGame{row.game, dropped.epoch}, context_.now(),
                            abandoned);
  }
  return abandoned;
}

void Decisions::drop(const std::vector<GameId>& ended, EventId cause) {
  StoreBatch batch;
  std::vector<std::pair<GameId, Epoch>> owned;
  for (const GameId& game : ended) {
    GameState& state = *context_.ledger.find(game);
    if (!state.row) {
      context_.ledger.drop(game);
      if (context_.ledger.holders_of(game) == nullptr) {
        books_.forget(game);
      }
    } else if (!books_.out_since()) {
      context_.ledger.decide(state, {ShardId{}, state.row->epoch});
      owned.emplace_back(game, state.row->epoch);
      batch.drop_live.push_back(game);
    }
  }
  if (owned.empty()) {
    return;
  }
  books_.commit(std::move(batch), [this, owned = std::move(owned), cause](bool committed) {
    for (const auto& [game, epoch] : owned) {
      finish_drop(game, epoch, committed, cause);
    }
  });
}

void Decisions::finish_drop(const GameId& game, Epoch epoch, bool committed, EventId cause) {
  GameState* ended = context_.ledger.find(game);
  const bool overtaken = ended == nullptr || !ended->deciding || !ended->deciding->owner.empty() ||
                         ended->deciding->epoch != epoch;
  if (overtaken) {
    return;
  }
  context_.ledger.decided(*ended);
  if (!committed) {
    hooks_.look_again(game, cause);
    return;
  }
  const GameRow row = *ended->row;
  const LiveGame live = ended->live;
  const bool wanted_again = ended->wanted;
  hold_until_removed(*ended, row.owner);
  if (row.next) {
    hold_until_removed(*ended, row.next->shard);
  }
  context_.ledger.drop(game);
  grants_.hand_over(game);
  hooks_.dropped(game, row.epoch);
  if (wanted_again) {
    // Final, then in progress again while the drop was on its way (H10): it starts anew.
    context_.ledger.want(live, context_.now());
  }
  // Where it was being moved, another move may begin in its place.
  if (wanted_again || row.next) {
    hooks_.look_again(game, cause);
  }
  // Only now is it nobody's: a committed owner is never told to remove its game (I3).
  const auto remove_from = [&](const ShardId& id, Epoch at) {
    if (Shard* shard = context_.fleet.find(id); shard != nullptr && shard->alive()) {
      context_.delivery.issue(*shard, wire::RemoveGame{game, at}, context_.now(), cause);
    }
  };
  remove_from(row.owner, row.epoch);
  if (row.next) {
    remove_from(row.next->shard, row.next->epoch);
  }
}

AuditRow Decisions::audit_of(const Change& change) const {
  const GameState* state = std::as_const(context_.ledger).find(change.row.game);
  const bool owned = state != nullptr && state->row;
  const GameRow& row = change.row;
  AuditRow audit;
  audit.at = context_.ports.clock.wall_now();
  audit.who = "orchestrator";
  audit.subject = row.game.str();
  audit.why = to_string(change.reason);
  audit.before = owned ? place_of(state->row->owner, state->row->epoch) : place_of({}, {});
  audit.cause = change.cause;
  switch (change.kind) {
    case Change::Kind::own:
      audit.what = "assign";
      audit.after = place_of(row.owner, row.epoch);
      break;
    case Change::Kind::prepare:
      audit.what = "prepare";
      audit.after = place_of(row.next->shard, row.next->epoch);
      break;
    case Change::Kind::abandon:
      audit.what = "abandon";
      audit.after = place_of(row.owner, row.epoch);
      break;
  }
  return audit;
}

}  // namespace arbees
