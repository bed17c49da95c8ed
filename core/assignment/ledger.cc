#include "core/assignment/ledger.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace arbees {

void Ledger::load(const StoreImage& image, MonoTime now, MonoTime leases_over) {
  ensure(games_.empty() || owned_.empty(), "a ledger is loaded before it is used");
  last_epoch_ = image.epochs_reserved;
  reserved_ = image.epochs_reserved;
  if (image.lost) {
    unwritten_ = image.lost->epochs;
  }
  newest_decided_ = image.epochs_written;
  note_unwritten({image.epochs_written, image.epochs_reserved});
  for (const auto& [game, row] : image.games) {
    GameState& state = games_[game];
    state.live.id = game;
    state.live.sport = row.sport;
    if (const auto live = image.live.find(game); live != image.live.end()) {
      state.live = live->second;
    }
    state.wanted =
        true;  // It was when it was written; the first list of live games says if it still is.
    state.row = row;
    state.of_earlier_term = true;
    state.holders.named(row.owner, row.owner_boot, HeartbeatSeq{}, leases_over);
    if (row.phase == GamePhase::removing && row.previous_owner.empty()) {
      for (const auto& [shard, known] : image.shards) {
        if (shard != row.owner) {
          state.holders.named(shard, known.incarnation.boot, HeartbeatSeq{}, leases_over);
        }
      }
    } else if (row.phase == GamePhase::removing) {
      // One before that holds it no more: a game is not moved while it is being handed over.
      const auto previous = image.shards.find(row.previous_owner);
      const Boot boot = previous == image.shards.end() ? Boot{} : previous->second.incarnation.boot;
      state.holders.named(row.previous_owner, boot, HeartbeatSeq{}, leases_over);
    }
    if (row.next) {
      state.handoff = Handoff{MoveReason::order, now, leases_over, {}};
    }
    owned_[row.owner].emplace(game, &state);
    index_incoming(state);
  }
}

LiveChange Ledger::set_live(std::vector<LiveGame> games, MonoTime now) {
  LiveChange change;
  std::set<GameId> wanted;
  for (LiveGame& game : games) {
    GameState& state = make_known(game.id);
    if (!wanted.insert(game.id).second) {
      continue;
    }
    if (!state.wanted) {
      change.discovered.push_back(game.id);
      state.waiting_since = now;
    } else if (state.live != game) {
      change.changed.push_back(game.id);
    }
    state.wanted = true;
    state.live = std::move(game);
  }
  for (auto& [id, state] : games_) {
    if (state.wanted && !wanted.contains(id)) {
      state.wanted = false;
      change.ended.push_back(id);
    }
  }
  return change;
}

void Ledger::want(const LiveGame& game, MonoTime now) {
  GameState& state = make_known(game.id);
  state.wanted = true;
  state.live = game;
  state.waiting_since = now;
}

/// One that was dropped and goes on is nobody's, but who had it may still emit for it.
GameState& Ledger::make_known(const GameId& game) {
  const auto [known, is_new] = games_.try_emplace(game);
  if (auto held = dropped_.extract(game)) {
    ensure(is_new, "a game that is known was not dropped");
    known->second.holders = std::move(held.mapped());
  }
  return known->second;
}

std::optional<Epoch> Ledger::take_epoch() {
  if (last_epoch_ >= reserved_) {
    return std::nullopt;
  }
  last_epoch_ = last_epoch_.next();
  return last_epoch_;
}

std::optional<Epoch> Ledger::epochs_to_reserve() {
  const bool plenty = reserved_.value() >= last_epoch_.value() + epoch_block / 2;
  if (reserving_ || plenty) {
    return std::nullopt;
  }
  reserving_ = true;
  asked_for_ = Epoch(std::max(epochs_asked_for(), last_epoch_).value() + epoch_block);
  return asked_for_;
}

void Ledger::epochs_reserved(Epoch up_to) {
  reserving_ = false;
  reserved_ = std::max(reserved_, up_to);
}

bool Ledger::hear_epoch(Epoch heard) {
  if (heard <= last_epoch_ || !is_believed(heard, last_epoch_)) {
    return false;
  }
  skip_epochs_to(Epoch(heard.value() + used_by_a_term));
  return true;
}

bool Ledger::hear_decided(Epoch heard) {
  if (heard <= heard_unwritten_ || !never_written(heard)) {
    return false;
  }
  heard_unwritten_ = heard;
  return !lost_leases_over_;
}

void Ledger::skip_epochs_to(Epoch seen) {
  if (seen <= last_epoch_) {
    return;
  }
  note_unwritten({last_epoch_, seen});
  last_epoch_ = seen;
}

void Ledger::note_unwritten(EpochSpan span) {
  if (span.upto <= span.above) {
    return;
  }
  if (unwritten_.empty() || unwritten_.back().upto < span.above) {
    unwritten_.push_back(span);
  } else {
    unwritten_.back().above = std::min(unwritten_.back().above, span.above);
    unwritten_.back().upto = std::max(unwritten_.back().upto, span.upto);
  }
}

bool Ledger::never_written(Epoch epoch) const {
  return std::ranges::any_of(unwritten_, [epoch](const EpochSpan& span) {
    return epoch > span.above && epoch <= span.upto;
  });
}

bool Ledger::decisions_lost(MonoTime leases_over) {
  const std::optional<MonoTime> known = lost_leases_over_;
  lost_leases_over_ = std::max(known.value_or(leases_over), leases_over);
  const bool news = known != lost_leases_over_;
  losses_ += news ? 1 : 0;
  return news;
}

void Ledger::doubt(const GameId& game) {
  GameState* state = find(game);
  ensure(state != nullptr && state->row, "only a row can be in doubt");
  state->of_earlier_term = true;
}

std::optional<LostDecisions> Ledger::lost(MonoTime now) const {
  if (!lost_leases_over_) {
    return std::nullopt;
  }
  return LostDecisions{std::max(*lost_leases_over_ - now, Duration{}), unwritten_};
}

void Ledger::forget_lost_decisions() {
  ensure(nothing_in_doubt(), "a row in doubt is given a new epoch before");
  lost_leases_over_.reset();
}

bool Ledger::nothing_in_doubt() const {
  return std::ranges::none_of(games_, [&](const auto& entry) { return in_doubt(entry.second); });
}

void Ledger::put(const GameRow& row, MonoTime now, EventId assigned_event) {
  GameState& state = games_[row.game];
  if (state.row) {
    ensure(row.epoch >= state.row->epoch, "epochs of a game only grow");
    unindex(*state.row);
  }
  if (!state.row || state.row->epoch != row.epoch) {
    state.of_earlier_term = false;
    state.seen_emitting = false;
    state.assigned_at = now;
    state.assigned_event = assigned_event;
    state.acknowledged = false;
    state.answered = false;
    state.missing_beats = 0;
  }
  state.row = row;
  newest_decided_ = std::max({newest_decided_, row.epoch, row.next ? row.next->epoch : Epoch{}});
  owned_[row.owner].emplace(row.game, &state);
  index_incoming(state);
}

void Ledger::drop(const GameId& game) {
  GameState* state = find(game);
  ensure(state != nullptr, "only known games are dropped");
  if (state->row) {
    unindex(*state->row);
    state->row.reset();
  }
  state->deciding.reset();
  index_incoming(*state);
  if (!state->holders.empty()) {
    dropped_.insert_or_assign(game, std::move(state->holders));
  }
  games_.erase(game);
}

void Ledger::decide(GameState& state, Decision decision) {
  ensure(!state.deciding || state.deciding->epoch <= decision.epoch,
         "decisions are taken in order");
  state.deciding = std::move(decision);
  index_incoming(state);
}

void Ledger::decided(GameState& state) {
  state.deciding.reset();
  index_incoming(state);
}

GameState* Ledger::find(const GameId& game) {
  const auto found = games_.find(game);
  return found == games_.end() ? nullptr : &found->second;
}

const GameState* Ledger::find(const GameId& game) const {
  const auto found = games_.find(game);
  return found == games_.end() ? nullptr : &found->second;
}

ShardId Ledger::owner_of(const GameId& game) const {
  const GameState* state = find(game);
  return state != nullptr && state->row ? state->row->owner : ShardId{};
}

Holders* Ledger::holders_of(const GameId& game) {
  if (GameState* state = find(game)) {
    return &state->holders;
  }
  const auto dropped = dropped_.find(game);
  return dropped == dropped_.end() ? nullptr : &dropped->second;
}

const Ledger::Owned& Ledger::owned_by(const ShardId& shard) const {
  static const Owned none;
  const auto found = owned_.find(shard);
  return found == owned_.end() ? none : found->second;
}

std::vector<GameId> Ledger::games_of(const ShardId& shard) const {
  std::vector<GameId> games;
  for (const auto& [game, state] : owned_by(shard)) {
    games.push_back(game);
  }
  return games;
}

const std::set<GameId>& Ledger::incoming_to(const ShardId& shard) const {
  static const std::set<GameId> none;
  const auto found = incoming_.find(shard);
  return found == incoming_.end() ? none : found->second;
}

void Ledger::unindex(const GameRow& row) {
  const auto found = owned_.find(row.owner);
  ensure(found != owned_.end() && found->second.erase(row.game) == 1, "every row is indexed");
  if (found->second.empty()) {
    owned_.erase(found);
  }
}

void Ledger::index_incoming(const GameState& state) {
  const GameId& game = state.live.id;
  ShardId target;
  // While it is being dropped, who prepares for it goes on: its place is not free yet (I4).
  const bool given = state.deciding && !state.deciding->owner.empty();
  if (given && (!state.row || state.row->owner != state.deciding->owner)) {
    target = state.deciding->owner;
  } else if (state.deciding && !state.deciding->next.empty()) {
    target = state.deciding->next;
  } else if (state.row && state.row->next) {
    target = state.row->next->shard;
  }
  const auto known = incoming_at_.find(game);
  if (known != incoming_at_.end()) {
    if (known->second == target) {
      return;
    }
    const auto from = incoming_.find(known->second);
    ensure(from != incoming_.end() && from->second.erase(game) == 1, "what comes in is indexed");
    if (from->second.empty()) {
      incoming_.erase(from);
    }
    incoming_at_.erase(known);
  }
  if (!target.empty()) {
    incoming_[target].insert(game);
    incoming_at_.emplace(game, target);
  }
}

}  // namespace arbees
