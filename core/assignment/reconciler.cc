#include "core/assignment/reconciler.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "core/assignment/events.h"
#include "core/base/assert.h"

namespace arbees {
namespace {

/// How long a shard that refused a game is not asked again to take it.
constexpr Duration refusal_life = seconds{30};
/// Grants are held back for so small a part of a lease at most.
constexpr int part_of_a_lease = 4;
/// An owned game absent from so many beats in a row is sent again.
constexpr std::uint64_t missing_beats_max = 2;

/// Looks keys up in a map where they come in order: a walk along it, not a search for each.
template <class Map>
class InOrder {
 public:
  explicit InOrder(const Map& map) : next_(map.begin()), end_(map.end()) {}

  /// The entry of `key`, which is above the one asked for before; null if there is none.
  const typename Map::value_type* find(const typename Map::key_type& key) {
    for (; next_ != end_; ++next_) {
      if (const auto order = next_->first <=> key; order >= 0) {
        return order == 0 ? &*next_ : nullptr;
      }
    }
    return nullptr;
  }

 private:
  typename Map::const_iterator next_;
  typename Map::const_iterator end_;
};

bool lists(const wire::Heartbeat& beat, const GameId& game) {
  return std::ranges::find(beat.games, game) != beat.games.end();
}

bool is_next(const GameState& state, const Shard& shard) {
  return state.row && state.row->next && state.row->next->shard == shard.id;
}

/// Most beats list the games that the one before listed: nothing is made anew for those.
void note_reported(Shard& shard, const wire::Heartbeat& beat) {
  if (!std::ranges::equal(beat.games, shard.reported | std::views::keys)) {
    shard.reported.clear();
    for (const GameId& game : beat.games) {
      shard.reported.emplace(game, Epoch{});
    }
  }
  InOrder epochs(beat.epochs);
  for (auto& [game, epoch] : shard.reported) {
    const auto* said = epochs.find(game);
    epoch = said == nullptr ? Epoch{} : said->second;
  }
}

}  // namespace

void Reconciler::reconcile(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  epoch_missing_ = false;
  note_reported(shard, beat);
  note_emitting(shard, beat, heard);
  note_allegiance(shard, beat, heard);
  settle_commands(shard, beat, heard);
  if (shard.old_wire()) {
    parts_.grants.release_unlisted(shard, heard);
  }
  check_owned(shard, beat, heard);
  check_reported(shard, beat, heard);
  if (!epoch_missing_) {
    shard.awaits_epoch_until.reset();  // Who lacks one later is held back anew.
  }
}

/// Whoever has the right to emit for a game until it hears of our term is alone with it: only when that is over another one may get it, by a
/// decision that our store knows or not. What we granted ourselves before we knew that there are such decisions shows nothing, and
/// neither does a beat that may have been on its way since before they were taken: bytes that a partition held back.
void Reconciler::note_emitting(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  if (beat.seen_instance == context_.voice.office().instance) {
    return;
  }
  const bool proven = is_proven(shard, beat);
  bool asks = false;
  const auto emits = [&](const GameState& state) {
    const GameId& game = state.row->game;
    const bool claims = state.of_earlier_term && !state.seen_emitting &&
                        shard.reported.contains(game) &&
                        std::ranges::find(beat.fenced, game) == beat.fenced.end();
    asks = asks || (claims && !proven);
    return claims && proven;
  };
  for (const auto& [game, state] : context_.ledger.owned_by(shard.id)) {
    state->seen_emitting = state->seen_emitting || emits(*state);
  }
  for (const GameId& game : context_.ledger.incoming_to(shard.id)) {
    GameState& state = *context_.ledger.find(game);
    if (shard.leased && is_next(state, shard) && !state.deciding && emits(state)) {
      doubt_store();  // The move was finished since, and whoever may emit for it has it by a decision that is lost.
      adopt(shard, state, heard, state.row->owner);
    }
  }
  if (asks) {
    ask(shard, beat, heard);
  }
}

/// Whether what the beat says of leases was so in our term: it was made since we asked, or by who follows us. Bytes that
/// a partition held back may be older than decisions that our store does not know.
bool Reconciler::is_proven(const Shard& shard, const wire::Heartbeat& beat) const {
  const InstanceId& ours = context_.voice.office().instance;
  return !shard.leased || beat.asked_by == ours || beat.seen_instance == ours;
}

void Reconciler::ask(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  if (shard.asked_at == beat.hb_seq) {
    return;
  }
  shard.asked_at = shard.asked_at.value_or(beat.hb_seq);
  context_.voice.ask(shard.id, heard);
}

/// A shard drops its lease when it first hears of a higher term (ownership.md 3.1): from then on nothing that
/// an earlier term granted it, however long, keeps its games from moving.
void Reconciler::note_allegiance(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  const wire::Office& office = context_.voice.office();
  if (shard.follows || beat.boot.none() || beat.seen_term != office.term ||
      beat.seen_instance != office.instance) {
    return;
  }
  shard.follows = true;
  for (const auto& [game, state] : context_.ledger.owned_by(shard.id)) {
    state->holders.forget_earlier_terms(shard.id, shard.incarnation.boot);
  }
  parts_.grants.void_earlier_terms(shard, heard);
}

void Reconciler::doubt_store() {
  parts_.planning.doubt_holders();
  if (context_.ledger.decisions_lost(parts_.planning.leases_of_others_over())) {
    parts_.books.remember_lost_decisions();
  }
}

// --- commands ---------------------------------------------------------------------------------

void Reconciler::settle_commands(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  std::vector<PendingCommand> answered;
  for (const auto& [seq, command] : shard.commands.pending()) {
    bool settled = false;
    if (beat.applied) {
      // Numbers of another term or of commands never sent say nothing (C2).
      settled = beat.applied->term == context_.voice.office().term && command.attempts > 0 &&
                beat.applied->covers(seq);
    } else if (shard.old_wire()) {
      // It acknowledges nothing: its list is all there is. One of ours that says nothing of it has heard no command yet.
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

void Reconciler::settle(Shard& shard, const PendingCommand& command, const wire::Heartbeat& beat,
                        EventId heard) {
  GameState* state = context_.ledger.find(command.game());
  const auto refused = beat.refused.find(command.game());
  if (std::holds_alternative<wire::AddGame>(command.order) && refused != beat.refused.end() &&
      refused->second == command.epoch()) {
    context_.delivery.settle(shard, command.seq, "refused", heard);
    if (state != nullptr) {
      note_refusal(shard, *state, heard);
    }
    return;
  }
  context_.delivery.settle(shard, command.seq, "acknowledged", heard);
  const bool removes = std::holds_alternative<wire::RemoveGame>(command.order);
  const bool removed = removes && !lists(beat, command.game());
  if (!removes && state != nullptr && state->row && state->row->epoch == command.epoch()) {
    state->answered = true;
    state->missing_told = false;
  }
  if (removed && context_.ledger.owner_of(command.game()) != shard.id) {
    parts_.grants.release(command.game(), shard.id, "removed", heard);
  }
}

void Reconciler::note_refusal(Shard& shard, GameState& state, EventId heard) {
  const MonoTime until = context_.now() + refusal_life;
  state.refused_until.insert_or_assign(shard.id, until);
  if (is_next(state, shard)) {
    parts_.handoffs.refused(state, heard);
  }
  parts_.planning.look_at(state.live.id);
  parts_.planning.want(heard);
}

// --- its own games ----------------------------------------------------------------------------

void Reconciler::check_owned(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  InOrder games_reported(shard.reported);
  for (const auto& [game, known] : context_.ledger.owned_by(shard.id)) {
    GameState& state = *known;
    if (state.row->owner_boot != shard.incarnation.boot || context_.ledger.in_doubt(state)) {
      // The owner's new process, or one that may have lost it since: the resync hands the game over, at its time.
      if (!shard.resync && !state.row->next && state.wanted && !state.deciding) {
        parts_.resyncs.schedule(shard, heard, context_.now());
      }
      continue;
    }
    const auto* reported = games_reported.find(game);
    const bool runs_it =
        reported != nullptr && (!shard.leased || reported->second == state.row->epoch);
    if (runs_it) {
      state.missing_beats = 0;
      if (!state.acknowledged) {
        acknowledge(shard, state, heard);
      }
      continue;
    }
    judge_absence(shard, beat, state,
                  reported == nullptr ? std::nullopt : std::optional(reported->second), heard);
  }
  parts_.resyncs.finish_if_done(shard, heard);
}

/// Its owner does not run the game, or not with the epoch of the row.
void Reconciler::judge_absence(Shard& shard, const wire::Heartbeat& beat, GameState& state,
                               std::optional<Epoch> reported, EventId heard) {
  const GameId& game = state.row->game;
  if (const PendingCommand* command = shard.commands.of_game(game);
      command != nullptr && command->failed && shard.old_wire() && !state.acknowledged) {
    // A shard of the existing system that has lost its subscription looks well and hears nothing: it does not
    // know of leases, so no grant that it fails to answer tells (4.7).
    const CommandSeq seq = command->seq;
    context_.delivery.settle(shard, seq, "unanswered", heard);
    note_refusal(shard, state, heard);
    return;
  }
  if (reported && shard.commands.of_game(game) == nullptr && !state.deciding &&
      lost_decision(state, *reported)) {
    adopt(shard, state, heard,
          shard.id);  // It would never take the game back under the epoch of our row.
    return;
  }
  if (const auto refused = beat.refused.find(game);
      refused != beat.refused.end() && refused->second == state.row->epoch && state.wanted &&
      !state.deciding && shard.commands.of_game(game) == nullptr &&
      !state.refused_until.contains(shard.id)) {
    note_refusal(shard, state, heard);  // It was an earlier term that it refused.
    return;
  }
  // Only beats made after the command was acknowledged count: an older one cannot know (M4).
  if (shard.commands.of_game(game) != nullptr || beat.refused.contains(game) || !state.wanted ||
      state.deciding) {
    return;
  }
  if (++state.missing_beats >= missing_beats_max) {
    state.missing_beats = 0;
    give_again(shard, state, heard);
  }
}

void Reconciler::give_again(Shard& shard, GameState& state, EventId heard) {
  const bool warm_up = context_.modes.in(Mode::warm_up);
  if (state.answered && !std::exchange(state.missing_told, true)) {
    context_.delivery.game_missing(shard, heard);
  }
  // Perhaps it dropped the game by an order that our store does not know: no older epoch brings it back (C8). Whom that order gave
  // the game to need be no owner in our store, and may emit until its lease is over.
  if (state.answered && !warm_up && context_.now() < parts_.planning.leases_of_others_over()) {
    return;
  }
  if (std::exchange(state.answered, false) && !warm_up) {
    adopt(shard, state, heard, shard.id);
    return;
  }
  if (shard.old_wire()) {
    // Perhaps another process, whose restart a predecessor of ours noticed: then the epoch is another's.
    parts_.resyncs.schedule(shard, heard, context_.now());
    return;
  }
  context_.delivery.issue(shard, wire::AddGame{state.live, state.row->epoch}, context_.now(),
                          heard);
}

void Reconciler::acknowledge(Shard& shard, GameState& state, EventId heard) {
  ensure(state.row && state.row->owner == shard.id, "only the owner acknowledges");
  state.acknowledged = true;
  context_.delivery.game_served(shard, heard);
  context_.ports.events.record(
      GameAcknowledged{state.row->game, shard.id, shard.incarnation.boot, state.row->epoch,
                       context_.now() - state.assigned_at},
      heard);
  parts_.resyncs.acknowledged(shard, state.row->game);
}

// --- strangers --------------------------------------------------------------------------------

void Reconciler::check_reported(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
  shard.strangers = 0;
  // Nothing found here changes what is owned in this step: adoptions are decided, and own when committed.
  InOrder owned(context_.ledger.owned_by(shard.id));
  for (const auto& [game, epoch] : shard.reported) {
    if (owned.find(game) != nullptr) {
      continue;
    }
    const GameState* state = std::as_const(context_.ledger).find(game);
    // A successor that has it under an epoch of no handoff that the store knows got it by a lost decision.
    if (state != nullptr && is_next(*state, shard) && !lost_decision(*state, epoch)) {
      continue;
    }
    ++shard.strangers;
    if (state != nullptr && state->deciding) {
      continue;
    }
    release_if_fenced(shard, beat, game, heard);
    if (parts_.planning.knows_live_games() && shard.commands.of_game(game) == nullptr) {
      check_stranger(shard, beat, game, epoch, heard);
    }
  }
}

void Reconciler::check_stranger(Shard& shard, const wire::Heartbeat& beat, const GameId& game,
                                Epoch epoch, EventId heard) {
  GameState* state = context_.ledger.find(game);
  if (state != nullptr && state->wanted && context_.ledger.never_written(epoch)) {
    parts_.planning.doubt_holders();  // It is missing in our store, and others may be.
    parts_.resyncs.doubt_rows_until(parts_.planning.leases_of_others_over());
  }
  const bool fenced = std::ranges::find(beat.fenced, game) != beat.fenced.end();
  const bool to_adopt =
      state != nullptr && ((state->wanted && !state->row) || lost_decision(*state, epoch));
  if (to_adopt && !fenced && !is_proven(shard, beat)) {
    if (!state->row) {
      state->polled_by = shard.id;
    }
    ask(shard, beat, heard);
    return;
  }
  if (state != nullptr && state->wanted && !state->row) {
    if (fenced) {
      state->polled_by =
          shard.id;  // Perhaps another one may emit for it; if none does it gets it back.
    } else {
      adopt(shard, *state, heard, ShardId{});
    }
    return;
  }
  if (state != nullptr && lost_decision(*state, epoch)) {
    if (fenced) {
      hold_for_the_unheard(*state);
    }
    adopt(shard, *state, heard, fenced ? ShardId{} : state->row->owner);
    return;
  }
  if (context_.modes.allows(Action::remove_zombie)) {
    const Epoch row_epoch = state != nullptr && state->row ? state->row->epoch : Epoch{};
    const EventId zombie = context_.ports.events.record(ZombieFound{shard.id, game, epoch}, heard);
    context_.delivery.issue(shard, wire::RemoveGame{game, std::max(epoch, row_epoch)},
                            context_.now(), zombie);
  }
}

/// Who is fenced and has given up what it was granted does not emit any more, whether or not it has heard that
/// it shall drop the game.
void Reconciler::release_if_fenced(const Shard& shard, const wire::Heartbeat& beat,
                                   const GameId& game, EventId heard) {
  const Holders* holders = context_.ledger.holders_of(game);
  if (holders == nullptr || beat.void_upto.none() ||
      std::ranges::find(beat.fenced, game) == beat.fenced.end()) {
    return;
  }
  const Holder* holder = holders->find(shard.id, shard.incarnation.boot);
  if (holder != nullptr && beat.void_upto >= holder->last_named) {
    parts_.grants.release(game, shard.id, "fenced", heard);
  }
}

/// A successor that only watches the game yet knows the newest epoch as well: the owner until then may be one who was not heard.
void Reconciler::hold_for_the_unheard(GameState& state) {
  for (const auto& [id, other] : std::as_const(context_.fleet).shards()) {
    if (!other.heard) {
      state.holders.named(id, other.incarnation.boot, HeartbeatSeq{},
                          parts_.planning.leases_of_others_over());
    }
  }
}

/// An earlier term decided, from its reserved epochs, and could not write it down before it ended: its
/// store was out, or ours is an older copy. Whoever was given the game by that decision has it.
bool Reconciler::lost_decision(const GameState& state, Epoch reported) const {
  return state.wanted && state.row && reported > state.row->epoch &&
         context_.ledger.never_written(reported);
}

void Reconciler::adopt(Shard& shard, GameState& state, EventId heard, const ShardId& previous) {
  const std::optional<Epoch> epoch = context_.ledger.take_epoch();
  if (!epoch) {
    // A plan has some reserved, if the store is well. It beats again soon, for this beat is not answered.
    const auto& settings = context_.settings;
    shard.awaits_epoch_until = shard.awaits_epoch_until.value_or(
        context_.now() + std::min(settings.store_patience, settings.lease / part_of_a_lease));
    epoch_missing_ = true;
    parts_.planning.want(heard);
    return;
  }
  // Without the name of who had it before, a successor of ours takes every shard for a holder.
  const bool held =
      state.row ? previous.empty() : state.holders.other_than(shard.id, context_.now()) != nullptr;
  context_.ledger.decide(state, {shard.id, *epoch});
  adoptions_.push_back({Change::Kind::own,
                        {state.live.id, state.live.sport, shard.id, shard.incarnation.boot, *epoch,
                         previous, held ? GamePhase::removing : GamePhase::active},
                        MoveReason::adopted,
                        context_.now(),
                        heard});
}

void Reconciler::forget_adoptions() {
  for (const Change& change : std::exchange(adoptions_, {})) {
    context_.ledger.decided(*context_.ledger.find(change.row.game));
  }
}

void Reconciler::commit_adoptions() { parts_.decisions.commit(std::exchange(adoptions_, {})); }

}  // namespace arbees
