// What a heartbeat proves about commands, owned games and strangers; and the grant that answers it.

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/orchestrator/events.h"
#include "core/orchestrator/ownership.h"

namespace arbees {
namespace {

/// How long a shard that refused a game is not asked again to take it.
constexpr Duration refusal_life = seconds{30};
/// An owned game absent from so many beats in a row is sent again.
constexpr std::uint64_t missing_beats_max = 2;
/// Grants whose receipt we still wait for; at one repeat every 2 s this is more than any lease.
constexpr std::size_t unconfirmed_grants_max = 256;

bool lists(const wire::Heartbeat& beat, const GameId& game) {
  return std::ranges::find(beat.games, game) != beat.games.end();
}

}  // namespace

void Ownership::reconcile(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  shard.reported.clear();
  for (const GameId& game : beat.games) {
    const auto epoch = beat.epochs.find(game);
    shard.reported.insert_or_assign(game, epoch == beat.epochs.end() ? Epoch{} : epoch->second);
  }
  settle_commands(shard, beat, heard);
  check_owned(shard, beat, heard);
  check_reported(shard, beat, heard);
}

void Ownership::settle_commands(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  std::vector<PendingCommand> answered;
  for (const auto& [seq, command] : shard.commands.pending()) {
    bool settled = false;
    if (beat.applied) {
      // Numbers of another term or of commands never sent say nothing (C2).
      settled = beat.applied->term == voice_.office().term && command.attempts > 0 &&
                beat.applied->covers(seq);
    } else {
      // Old wire acknowledges nothing: its list is all there is.
      const bool add = std::holds_alternative<wire::AddGame>(command.order);
      settled = command.attempts > 0 && lists(beat, command.game()) == add;
    }
    if (settled) {
      answered.push_back(command);
    }
  }
  for (const PendingCommand& command : answered) {
    settle(shard, command, beat, heard);
  }
}

void Ownership::settle(Shard& shard, const PendingCommand& command, const wire::Heartbeat& beat,
                       EventId heard) {
  GameState* state = ledger_.find(command.game());
  const auto refused = beat.refused.find(command.game());
  if (std::holds_alternative<wire::AddGame>(command.order) && refused != beat.refused.end() &&
      refused->second == command.epoch()) {
    delivery_.settle(shard, command.seq, "refused", heard);
    if (state != nullptr) {
      const MonoTime until = ports_.clock.now() + refusal_life;
      state->refused_until.insert_or_assign(shard.id, until);
      plan_again_ = std::min(plan_again_.value_or(until), until);
    }
    want_plan(heard);
    return;
  }
  delivery_.settle(shard, command.seq, "acknowledged", heard);
  const bool removes = std::holds_alternative<wire::RemoveGame>(command.order);
  const bool removed = removes && !lists(beat, command.game());
  if (!removes && state != nullptr && state->row && state->row->epoch == command.epoch()) {
    state->answered = true;
  }
  if (removed && state != nullptr && state->row && state->row->owner != shard.id) {
    release(*state, shard.id, "removed", heard);
  }
}

void Ownership::check_owned(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  const std::set<GameId> owned = ledger_.owned_by(shard.id);
  for (const GameId& game : owned) {
    GameState& state = *ledger_.find(game);
    if (state.row->owner_boot != shard.incarnation.boot) {
      // The owner's new process: the resync hands the game over, at its time.
      if (!shard.resync) {
        schedule_resync(shard, heard, ports_.clock.now());
      }
      continue;
    }
    const auto reported = shard.reported.find(game);
    const bool runs_it =
        reported != shard.reported.end() && (!shard.leased || reported->second == state.row->epoch);
    if (runs_it) {
      state.missing_beats = 0;
      if (!state.acknowledged) {
        acknowledge(shard, state, heard);
      }
      continue;
    }
    // Only beats made after the command was acknowledged count: an older one cannot know (M4).
    if (shard.commands.of_game(game) != nullptr || beat.refused.contains(game) || !state.wanted ||
        state.committing) {
      continue;
    }
    if (++state.missing_beats >= missing_beats_max) {
      state.missing_beats = 0;
      if (std::exchange(state.answered, false)) {
        delivery_.game_missing(shard, heard);
      }
      delivery_.issue(shard, wire::AddGame{state.live, state.row->epoch}, ports_.clock.now(),
                      heard);
    }
  }
  finish_resync_if_done(shard, heard);
}

void Ownership::acknowledge(Shard& shard, GameState& state, EventId heard) {
  state.acknowledged = true;
  delivery_.game_served(shard, heard);
  ports_.events.record(GameAcknowledged{state.row->game, shard.id, shard.incarnation.boot,
                                        state.row->epoch, ports_.clock.now() - state.assigned_at},
                       heard);
  if (shard.resync && shard.resync->started) {
    shard.resync->outstanding.erase(state.row->game);
  }
}

void Ownership::check_reported(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  for (const auto& [game, epoch] : shard.reported) {
    GameState* state = ledger_.find(game);
    const bool its_own = state != nullptr && state->row && state->row->owner == shard.id;
    const bool undecided = state != nullptr && state->committing;
    if (its_own || undecided || !live_known_ || shard.commands.of_game(game) != nullptr) {
      continue;
    }
    const bool fenced = std::ranges::find(beat.fenced, game) != beat.fenced.end();
    if (state != nullptr && state->wanted && !state->row && !fenced) {
      adopt(shard, *state, heard);
      continue;
    }
    if (state != nullptr && state->row && fenced) {
      const Holder* holder = state->holders.find(shard.id, shard.incarnation.boot);
      if (holder != nullptr && beat.void_upto >= holder->last_named) {
        release(*state, shard.id, "fenced", heard);
      }
    }
    if (modes_.allows(Action::remove_zombie)) {
      const Epoch row_epoch = state != nullptr && state->row ? state->row->epoch : Epoch{};
      const EventId zombie = ports_.events.record(ZombieFound{shard.id, game, epoch}, heard);
      delivery_.issue(shard, wire::RemoveGame{game, std::max(epoch, row_epoch)}, ports_.clock.now(),
                      zombie);
    }
  }
}

void Ownership::adopt(Shard& shard, GameState& state, EventId heard) {
  const std::optional<Epoch> epoch = ledger_.take_epoch();
  if (!epoch) {
    return;  // Looked at again with the next beat.
  }
  state.committing = shard.id;
  adoptions_.push_back({{state.live.id, state.live.sport, shard.id, shard.incarnation.boot, *epoch,
                         ShardId{}, GamePhase::active},
                        "adopted",
                        ports_.clock.now(),
                        heard});
}

void Ownership::release(GameState& state, const ShardId& shard, std::string_view proof,
                        EventId cause) {
  state.holders.release(shard);
  const EventId released =
      ports_.events.record(GameReleased{state.row->game, shard, std::string(proof)}, cause);
  if (state.holders.other_than(state.row->owner, ports_.clock.now()) != nullptr) {
    return;
  }
  if (state.row->phase == GamePhase::removing) {
    state.row->phase = GamePhase::active;
    unsaved_.games.insert(state.row->game);
  }
  if (Shard* owner = fleet_.find(state.row->owner); owner != nullptr && owner->alive()) {
    grant(*owner, released);
  }
}

void Ownership::give_back_all(const Shard& shard, EventId cause) {
  for (const auto& [game, known] : ledger_.games()) {
    if (!known.row || known.holders.find(shard.id, shard.incarnation.boot) == nullptr) {
      continue;
    }
    GameState& state = *ledger_.find(game);
    if (state.row->owner == shard.id) {
      state.holders.release(shard.id);
    } else {
      release(state, shard.id, "removed", cause);
    }
  }
}

void Ownership::grant(Shard& shard, EventId cause) {
  if (!shard.leased || settings_.lease == Duration{0} || shard.hb_seq.none() ||
      voice_.office().term.none()) {
    return;
  }
  const MonoTime now = ports_.clock.now();
  // The shard counts its lease from when it sent the beat this answers, so the grant is over L_out after
  // that beat was heard. Counted from now, a grant pushed to a shard that died 60 s ago would keep its
  // games dark for another 47 s although it could never have used it.
  const MonoTime over = shard.last_heard + settings_.lease_out();
  std::map<GameId, Epoch> games;
  for (const GameId& game : ledger_.owned_by(shard.id)) {
    GameState& state = *ledger_.find(game);
    const bool being_moved = state.committing && *state.committing != shard.id;
    if (being_moved || !state.wanted || state.row->owner_boot != shard.incarnation.boot ||
        state.holders.other_than(shard.id, now) != nullptr) {
      continue;
    }
    state.holders.named(shard.id, shard.incarnation.boot, shard.hb_seq, over);
    games.emplace(game, state.row->epoch);
  }
  if (shard.unconfirmed_grants.size() < unconfirmed_grants_max) {
    shard.unconfirmed_grants.push_back({shard.hb_seq, sight_.seen(now), now});
  }
  voice_.grant(shard, shard.hb_seq, settings_.lease, std::move(games), cause);
}

}  // namespace arbees
