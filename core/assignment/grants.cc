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

void Grants::answer(Shard& shard, Duration lease, MonoTime over, EventId cause) {
  if (!shard.leased || context_.settings.lease == Duration{0} || shard.hb_seq.none() ||
      context_.voice.office().term.none()) {
    return;
  }
  const MonoTime now = context_.now();
  std::map<GameId, Epoch> games;
  for (const auto& [game, state] : context_.ledger.owned_by(shard.id)) {
    const bool being_moved = state->deciding && state->deciding->owner != shard.id;
    if (being_moved || !state->wanted || state->row->owner_boot != shard.incarnation.boot ||
        context_.ledger.in_doubt(*state) || state->holders.other_than(shard.id, now) != nullptr) {
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

void Grants::release(GameState& state, const ShardId& shard, std::string_view proof,
                     EventId cause) {
  ensure(state.row.has_value(), "only what was owned is released");
  state.holders.release(shard);
  const EventId released =
      context_.ports.events.record(GameReleased{state.row->game, shard, std::string(proof)}, cause);
  if (state.holders.other_than(state.row->owner, context_.now()) != nullptr) {
    return;
  }
  if (state.row->phase == GamePhase::removing) {
    state.row->phase = GamePhase::active;
    books_.remember(state.row->game);
  }
  if (Shard* owner = context_.fleet.find(state.row->owner); owner != nullptr && owner->alive()) {
    grant(*owner, released);
  }
}

void Grants::void_earlier_terms(const Shard& shard, EventId cause) {
  for (const GameId& game : handing_over_) {
    GameState* state = context_.ledger.find(game);
    if (state == nullptr || !state->row || state->row->owner == shard.id ||
        (!shard.leased && shard.reported.contains(game))) {
      continue;
    }
    if (state->holders.forget_earlier_terms(shard.id, shard.incarnation.boot)) {
      release(*state, shard.id, "new_term", cause);
    }
  }
}

void Grants::release_unlisted(const Shard& shard, EventId cause) {
  for (const GameId& game : handing_over_) {
    GameState* state = context_.ledger.find(game);
    if (state != nullptr && state->row && state->row->owner != shard.id &&
        !shard.reported.contains(game) &&
        state->holders.find(shard.id, shard.incarnation.boot) != nullptr) {
      release(*state, shard.id, "removed", cause);
    }
  }
}

void Grants::give_back_all(const Shard& shard, EventId cause) {
  for (const auto& [game, known] : context_.ledger.games()) {
    if (!known.row || known.holders.find(shard.id, shard.incarnation.boot) == nullptr) {
      continue;
    }
    GameState& state = *context_.ledger.find(game);
    if (state.row->owner == shard.id) {
      state.holders.release(shard.id);
    } else {
      release(state, shard.id, "removed", cause);
    }
  }
}

void Grants::advance(MonoTime now) {
  std::vector<GameId> over;
  for (const GameId& game : handing_over_) {
    const GameState* state = std::as_const(context_.ledger).find(game);
    const bool settled = state == nullptr || !state->row ||
                         state->holders.other_than(state->row->owner, now) == nullptr;
    if (settled) {
      over.push_back(game);
    }
  }
  for (const GameId& game : over) {
    handing_over_.erase(game);
    GameState* state = context_.ledger.find(game);
    if (state == nullptr || !state->row) {
      continue;
    }
    for (const ShardId& shard : state->holders.expire(now)) {
      if (shard != state->row->owner) {
        release(*state, shard, "lease_over", state->assigned_event);
      }
    }
  }
}

std::optional<MonoTime> Grants::deadline() const {
  std::optional<MonoTime> first;
  for (const GameId& game : handing_over_) {
    const GameState* state = std::as_const(context_.ledger).find(game);
    if (state == nullptr || !state->row) {
      continue;
    }
    const auto due = state->holders.others_over(state->row->owner);
    if (due && (!first || *due < *first)) {
      first = due;
    }
  }
  return first;
}

}  // namespace arbees
