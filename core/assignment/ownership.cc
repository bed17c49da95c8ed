#include "core/assignment/ownership.h"

#include <algorithm>
#include <utility>

#include "core/assignment/events.h"
#include "core/base/assert.h"

namespace arbees {
namespace {

/// How often it is looked whether a row is in doubt yet.
constexpr Duration doubt_look_interval = seconds{5};

}  // namespace

Ownership::Ownership(Ports& ports, const OrchestratorSettings& settings, Fleet& fleet, Voice& voice,
                     const HealthReports& health, Delivery& delivery, const Modes& modes,
                     const Sight& sight, Bookkeeper::AfterCommit after_commit)
    : context_{ports, settings, fleet, voice, health, delivery, modes, sight, ledger_},
      books_(context_, std::move(after_commit)),
      grants_(context_, books_),
      decisions_(context_, books_, grants_,
                 {[this](const Change& change, EventId applied) { on_applied(change, applied); },
                  [this](const Change& change) { on_failed(change); },
                  [this](const GameId& game, Epoch epoch) { feed_.ended(game, epoch); },
                  [this](const GameId& game, EventId cause) { look_again(game, cause); }}),
      handoffs_(context_, books_, decisions_),
      resyncs_(context_, decisions_),
      planning_(context_, books_, decisions_, handoffs_),
      reconciler_(context_, {books_, grants_, decisions_, handoffs_, resyncs_, planning_}),
      feed_(context_) {}

void Ownership::begin(const StoreImage& image, Epoch reserved_to, MonoTime now) {
  const Duration lost = image.lost ? image.lost->leases_left : Duration{};
  const MonoTime lost_leases_over = now + std::max(context_.settings.lease_out(), lost);
  const MonoTime leases_over = std::max(lost_leases_over, now + image.farewell_left);
  ledger_.load(image, now, leases_over);
  ledger_.epochs_reserved(reserved_to);
  if (image.lost) {
    // Who parted gave long grants for the rows it knew: none of them is of a lost decision.
    ledger_.decisions_lost(lost_leases_over);
    books_.remember_lost_decisions();
  }
  planning_.distrust_until(leases_over, knows_all_holders(image));
  if (!image.term.none()) {
    grants_.listen_for(context_.settings.listening());
  }
  feed_.begin_term(now);
  if (image.farewell_left > Duration{}) {
    books_.set_farewell_over_at(leases_over);
  }
  for (const auto& [game, state] : ledger_.games()) {
    grants_.hand_over(game);
    if (state.row && state.row->next) {
      handoffs_.follow(game);
    }
  }
  if (heard_early_) {
    set_live(*std::exchange(heard_early_, std::nullopt));
  }
}

bool Ownership::knows_all_holders(const StoreImage& image) const {
  return !image.lost && (context_.ports.store.remembers_all() || context_.settings.new_fleet);
}

bool Ownership::all_owned() const {
  return knows_live_games() && std::ranges::all_of(ledger_.games(), [](const auto& entry) {
           return !entry.second.wanted || entry.second.row;
         });
}

StoreBatch Ownership::lose_terms(std::uint64_t lost_terms, Epoch heard, MonoTime now) {
  // A lost term may have counted on from the same numbers as we do (two stores, C8): what was heard counts too.
  constexpr std::uint64_t lost_terms_max = 1'000;
  // And what is being reserved already, because a higher one was heard before.
  const Epoch ours = std::max(ledger_.epochs_asked_for(), ledger_.handed_out());
  const Epoch known = is_believed(heard, ours) ? std::max(ours, heard) : ours;
  const Epoch used(known.value() + Ledger::used_by_a_term * std::min(lost_terms, lost_terms_max));
  ledger_.skip_epochs_to(used);
  ledger_.decisions_lost(now + context_.settings.lease_out());
  ledger_.terms_lost();
  reconciler_.forget_adoptions();
  StoreBatch batch;
  batch.reserve_epochs_to = Epoch(used.value() + Ledger::epoch_block);
  batch.set_lost = ledger_.lost(now);
  return batch;
}

void Ownership::begin_anew(Epoch reserved_to, MonoTime now) {
  ensure(ledger_.lost_leases_over().has_value(), "a term begins anew where others were lost");
  feed_.begin_term(now);
  ledger_.epochs_reserved(reserved_to);
  planning_.distrust_until(now + context_.settings.lease_out(), false);
  ledger_.decisions_lost(planning_.leases_of_others_over());
}

/// When the leases of lost decisions are over, what they held back is looked at again. Nothing is in doubt any more when each row of before was
/// given anew, moved or dropped.
void Ownership::settle_doubt(MonoTime now) {
  const std::optional<MonoTime> over = ledger_.lost_leases_over();
  if (!over || now < std::max(*over, doubt_look_)) {
    return;
  }
  want_plan(EventId{});
  doubt_look_ = now + doubt_look_interval;
  if (ledger_.nothing_in_doubt()) {
    ledger_.forget_lost_decisions();
    books_.remember_lost_decisions();
  }
}

void Ownership::set_live(std::vector<LiveGame> games) {
  if (context_.voice.office().term.none()) {
    heard_early_ = games;
  }
  planning_.live_games_known();
  const LiveChange change = ledger_.set_live(std::move(games), context_.now());
  for (const GameId& game : change.discovered) {
    books_.remember_live(game);
    look_again(game, context_.ports.events.record(
                         GameDiscovered{game, ledger_.find(game)->live.sport}, EventId{}));
  }
  for (const GameId& game : change.changed) {
    books_.remember_live(game);
    tell_markets(*ledger_.find(game));
  }
  for (const GameId& game : change.ended) {
    look_again(game, context_.ports.events.record(GameEnded{game}, EventId{}));
  }
}

/// The owner has to know as well: the same epoch again is an update to it.
void Ownership::tell_markets(const GameState& state) {
  Shard* owner = state.row ? context_.fleet.find(state.row->owner) : nullptr;
  if (owner != nullptr && owner->alive() && state.row->owner_boot == owner->incarnation.boot &&
      !state.deciding && owner->commands.of_game(state.live.id) == nullptr) {
    context_.delivery.issue(*owner, wire::AddGame{state.live, state.row->epoch}, context_.now(),
                            state.assigned_event);
  }
}

void Ownership::order_move(GameState& state, const MoveOrder& order) {
  ensure(state.row.has_value(), "only an owned game is moved");
  state.ordered = order;
  look_again(state.live.id, order.cause);
}

void Ownership::grant_for_farewell(EventId cause) {
  if (context_.settings.farewell_lease > context_.settings.lease &&
      context_.settings.lease > Duration{}) {
    grants_.grant_everybody(context_.settings.farewell_lease, cause);
  }
}

void Ownership::on_applied(const Change& change, EventId applied) {
  const GameId& game = change.row.game;
  if (change.kind == Change::Kind::own) {
    feed_.look_at(game);
    GameState& state = *ledger_.find(game);
    Shard* owner = context_.fleet.find(change.row.owner);
    if (owner != nullptr && owner->alive() && owner->reports(game, change.row.epoch)) {
      reconciler_.acknowledge(*owner, state, applied);  // It was prepared.
    }
    if (owner != nullptr && owner->alive() && change.reason == MoveReason::adopted) {
      // The answer to the beat that told of it could not name it yet, and silenced it.
      grants_.grant(*owner, applied);
    }
    if (owner != nullptr && change.reason == MoveReason::restarted && ledger_.in_doubt(state)) {
      resyncs_.given_in_vain(*owner, game, context_.now());
    }
    if (on_assigned_) {
      on_assigned_(state);
    }
  }
  if (change.kind != Change::Kind::prepare && handoffs_.owner_replaced(change.row)) {
    resyncs_.catch_up(*context_.fleet.find(change.row.owner), applied, context_.now());
  }
  look_again(game, change.cause);
}

void Ownership::on_failed(const Change& change) {
  if (change.reason == MoveReason::restarted) {
    if (Shard* shard = context_.fleet.find(change.row.owner)) {
      resyncs_.given_in_vain(*shard, change.row.game, context_.now());
    }
  }
  look_again(change.row.game, change.cause);
}

void Ownership::look_again(const GameId& game, EventId cause) {
  planning_.look_at(game);
  planning_.want(cause);
}

void Ownership::advance(MonoTime now) {
  const bool was_out = books_.out_since().has_value();
  books_.advance(now);
  settle_doubt(now);
  const bool out = books_.out_since().has_value();
  if (!was_out && out) {
    decisions_.go_on_without_store();
  }
  if (std::exchange(store_was_out_, out) != out) {
    // Out: what may not go on without it is decided anew. Back: so is what was not decided meanwhile. Nobody else may ask for that.
    want_plan(EventId{});
  }
  resyncs_.advance(now);
  grants_.advance(now);
  reconciler_.commit_adoptions();
  handoffs_.advance(now);
  planning_.plan_if_wanted(now);
  feed_.advance(now);
  books_.save(now);
}

std::optional<MonoTime> Ownership::deadline() const {
  std::optional<MonoTime> first;
  for (const auto& due : {books_.deadline(), resyncs_.deadline(), grants_.deadline(),
                          handoffs_.deadline(), planning_.deadline(), feed_.deadline()}) {
    if (due && (!first || *due < *first)) {
      first = due;
    }
  }
  if (const auto over = ledger_.lost_leases_over()) {
    const MonoTime look = std::max(*over, doubt_look_);
    first = std::min(first.value_or(look), look);
  }
  return first;
}

}  // namespace arbees
