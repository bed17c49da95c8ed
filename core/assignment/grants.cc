#include "core/assignment/grants.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/assignment/events.h"
#include "core/base/assert.h"

namespace arbees {
namespace {

/// Grants whose receipt we still wait for; at one repeat every 2 s this is more than any lease.
constexpr std::size_t unconfirmed_grants_max = 256;

}  // namespace

void Grants::grant(Shard& shard, EventId cause) {
  // The shard counts its lease from when it sent the beat this answers, so the grant is over L_out after
  // that beat was heard. Counted from now, a grant pushed to a shard that died 60 s ago would keep its
  // games dark for another 47 s although it could never have used it.
  answer(shard, context_.settings.lease, shard.last_heard + context_.settings.lease_out(), cause);
}

void Grants::grant_everybody(Duration lease, EventId cause) {
  for (auto& [id, shard] : context_.fleet.shards()) {
    if (shard.alive() && !shard.left) {
      answer(shard, lease, shard.last_heard + context_.settings.lease_out(lease), cause);
    }
  }
}

/// A row in doubt waits for whoever may have the game by a lost decision, and then for its new epoch. But who emits by our grants already is not
/// silenced for that.
bool Grants::is_held_back(const GameState& state, bool listens, MonoTime now) const {
  const Holder* owner = state.holders.find(state.row->owner, state.row->owner_boot);
  const bool emits = owner != nullptr && !owner->last_named.none();
  if (context_.ledger.in_doubt(state)) {
    return context_.ledger.may_be_anothers(state, now) || !emits;
  }
  return listens && state.of_earlier_term && !state.seen_emitting && !emits;
}

void Grants::listen_for(Duration listening) {
  listens_to_ = context_.sight.seen(context_.now()) + listening;
}

bool Grants::listens(MonoTime now) const {
  const auto unheard = [](const auto& entry) { return !entry.second.heard && !entry.second.left; };
  return listens_to_ && context_.sight.seen(now) < *listens_to_ &&
         std::ranges::any_of(std::as_const(context_.fleet).shards(), unheard);
}

/// Who waits for a game of before need not wait for its next heartbeat too.
void Grants::stop_listening() {
  listens_to_.reset();
  for (auto& [id, shard] : context_.fleet.shards()) {
    const auto& owned = context_.ledger.owned_by(id);
    if (shard.alive() && std::ranges::any_of(owned, [](const auto& entry) {
          return entry.second->of_earlier_term && !entry.second->seen_emitting;
        })) {
      grant(shard, EventId{});
    }
  }
}

void Grants::answer(Shard& shard, Duration lease, MonoTime over, EventId cause) {
  // A grant would silence it before it can say whether it emits, or before its game can be adopted. That holds back one grant,
  // for who does not say is not asked twice; or those of a while, for a store that is out gives no epochs.
  const MonoTime now = context_.now();
  const bool waits = shard.asked_at == shard.hb_seq ||
                     (shard.awaits_epoch_until && now < *shard.awaits_epoch_until);
  if (!shard.leased || context_.settings.lease == Duration{0} || shard.hb_seq.none() || waits ||
      context_.voice.office().term.none()) {
    return;
  }
  const bool listening = listens(now);
  std::map<GameId, Epoch> games;
  for (const auto& [game, state] : context_.ledger.owned_by(shard.id)) {
    const bool being_moved = state->deciding && state->deciding->owner != shard.id;
    if (being_moved || !state->wanted || state->row->owner_boot != shard.incarnation.boot ||
        is_held_back(*state, listening, now) ||
        state->holders.other_than(shard.id, now) != nullptr) {
      continue;
    }
    state->holders.named(shard.id, shard.incarnation.boot, shard.hb_seq, over);
    games.emplace_hint(games.end(), game, state->row->epoch);
  }
  if (shard.unconfirmed_grants.size() < unconfirmed_grants_max) {
    shard.unconfirmed_grants.push_back({shard.hb_seq, context_.sight.seen(now), now});
  }
  context_.voice.grant(shard, shard.hb_seq, lease, std::move(games),
                       context_.ledger.newest_decided(), cause);
}

void Grants::release(const GameId& game, const ShardId& shard, std::string_view proof,
                     EventId cause) {
  if (Holders* holders = context_.ledger.holders_of(game)) {
    holders->release(shard);
  }
  GameState* state = context_.ledger.find(game);
  if (state == nullptr || !state->row) {
    return;  // Nobody waits for it.
  }
  ensure(state->row->owner != shard, "the owner of a game has nothing to give up");
  const EventId released =
      context_.ports.events.record(GameReleased{game, shard, std::string(proof)}, cause);
  if (state->holders.other_than(state->row->owner, context_.now()) != nullptr) {
    return;
  }
  if (state->row->phase == GamePhase::removing) {
    state->row->phase = GamePhase::active;
    books_.remember(game);
  }
  if (Shard* owner = context_.fleet.find(state->row->owner); owner != nullptr && owner->alive()) {
    grant(*owner, released);
  }
}

std::vector<GameId> Grants::to_give_up(const Shard& shard) const {
  std::vector<GameId> games;
  for (const GameId& game : handing_over_) {
    const Holders* holders = context_.ledger.holders_of(game);
    if (holders != nullptr && holders->find(shard.id, shard.incarnation.boot) != nullptr &&
        context_.ledger.owner_of(game) != shard.id) {
      games.push_back(game);
    }
  }
  return games;
}

void Grants::void_earlier_terms(const Shard& shard, EventId cause) {
  for (const GameId& game : to_give_up(shard)) {
    const bool may_emit = !shard.leased && shard.reported.contains(game);
    if (!may_emit &&
        context_.ledger.holders_of(game)->forget_earlier_terms(shard.id, shard.incarnation.boot)) {
      release(game, shard.id, "new_term", cause);
    }
  }
}

void Grants::release_unlisted(const Shard& shard, EventId cause) {
  for (const GameId& game : to_give_up(shard)) {
    if (!shard.reported.contains(game)) {
      release(game, shard.id, "removed", cause);
    }
  }
}

void Grants::give_back_all(const Shard& shard, EventId cause) {
  for (const auto& [game, state] : context_.ledger.owned_by(shard.id)) {
    if (state->holders.find(shard.id, shard.incarnation.boot) != nullptr) {
      state->holders.release(shard.id);
    }
  }
  for (const GameId& game : to_give_up(shard)) {
    release(game, shard.id, "removed", cause);
  }
}

void Grants::advance(MonoTime now) {
  if (listens_to_ && !listens(now)) {
    stop_listening();
  }
  std::vector<GameId> over;
  for (const GameId& game : handing_over_) {
    const Holders* holders = context_.ledger.holders_of(game);
    if (holders == nullptr || holders->other_than(context_.ledger.owner_of(game), now) == nullptr) {
      over.push_back(game);
    }
  }
  for (const GameId& game : over) {
    handing_over_.erase(game);
    const GameState* state = std::as_const(context_.ledger).find(game);
    if (state == nullptr) {
      context_.ledger.forget_holders(game);
      books_.forget(game);
      continue;
    }
    const ShardId owner = context_.ledger.owner_of(game);
    for (const ShardId& shard : context_.ledger.holders_of(game)->expire(now)) {
      if (shard != owner) {
        release(game, shard, "lease_over", state->assigned_event);
      }
    }
    if (!state->row) {
      books_.forget_row(game);
    }
  }
}

std::optional<MonoTime> Grants::deadline() const {
  std::optional<MonoTime> first;
  // While nothing can be heard, that time does not pass.
  if (listens_to_ && !context_.sight.blind()) {
    const MonoTime now = context_.now();
    first = now + std::max(*listens_to_ - context_.sight.seen(now), Duration{});
  }
  for (const GameId& game : handing_over_) {
    const Holders* holders = context_.ledger.holders_of(game);
    const auto due =
        holders == nullptr ? std::nullopt : holders->others_over(context_.ledger.owner_of(game));
    if (due && (!first || *due < *first)) {
      first = due;
    }
  }
  return first;
}

}  // namespace arbees
