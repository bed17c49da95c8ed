#include "core/orchestrator/ledger.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace arbees {

void Ledger::load(const StoreImage& image, MonoTime leases_over) {
  ensure(games_.empty() || owned_.empty(), "a ledger is loaded before it is used");
  last_epoch_ = image.epochs_reserved;
  reserved_ = image.epochs_reserved;
  for (const auto& [game, row] : image.games) {
    GameState& state = games_[game];
    state.live.id = game;
    state.live.sport = row.sport;
    state.row = row;
    state.holders.named(row.owner, row.owner_boot, HeartbeatSeq{}, leases_over);
    if (row.phase == GamePhase::removing) {
      state.holders.named(row.previous_owner, Boot{}, HeartbeatSeq{}, leases_over);
    }
    index(row);
  }
}

LiveChange Ledger::set_live(std::vector<LiveGame> games) {
  LiveChange change;
  std::set<GameId> wanted;
  for (LiveGame& game : games) {
    GameState& state = games_[game.id];
    if (!state.wanted && wanted.insert(game.id).second) {
      change.discovered.push_back(game.id);
    }
    wanted.insert(game.id);
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

void Ledger::want(const LiveGame& game) {
  GameState& state = games_[game.id];
  state.wanted = true;
  state.live = game;
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
  return Epoch(std::max(reserved_, last_epoch_).value() + epoch_block);
}

void Ledger::epochs_reserved(Epoch up_to) {
  reserving_ = false;
  reserved_ = std::max(reserved_, up_to);
}

void Ledger::skip_epochs_to(Epoch seen) { last_epoch_ = std::max(last_epoch_, seen); }

void Ledger::put(const GameRow& row, MonoTime now, EventId assigned_event) {
  GameState& state = games_[row.game];
  if (state.row) {
    ensure(row.epoch >= state.row->epoch, "epochs of a game only grow");
    unindex(*state.row);
  }
  if (!state.row || state.row->epoch != row.epoch) {
    state.assigned_at = now;
    state.assigned_event = assigned_event;
    state.acknowledged = false;
    state.answered = false;
    state.missing_beats = 0;
  }
  state.row = row;
  index(row);
}

void Ledger::drop(const GameId& game) {
  GameState* state = find(game);
  ensure(state != nullptr, "only known games are dropped");
  if (state->row) {
    unindex(*state->row);
  }
  games_.erase(game);
}

GameState* Ledger::find(const GameId& game) {
  const auto found = games_.find(game);
  return found == games_.end() ? nullptr : &found->second;
}

const std::set<GameId>& Ledger::owned_by(const ShardId& shard) const {
  static const std::set<GameId> none;
  const auto found = owned_.find(shard);
  return found == owned_.end() ? none : found->second;
}

void Ledger::index(const GameRow& row) { owned_[row.owner].insert(row.game); }

void Ledger::unindex(const GameRow& row) {
  const auto found = owned_.find(row.owner);
  ensure(found != owned_.end() && found->second.erase(row.game) == 1, "every row is indexed");
  if (found->second.empty()) {
    owned_.erase(found);
  }
}

}  // namespace arbees
