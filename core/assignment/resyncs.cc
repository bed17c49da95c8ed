#include "core/assignment/resyncs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/assignment/events.h"
#include "core/base/assert.h"
#include "core/wire/channels.h"
#include "core/wire/notification.h"

namespace arbees {
namespace {

/// While no epoch is to be had.
constexpr Duration start_retry = seconds{1};

}  // namespace

void Resyncs::schedule(Shard& shard, EventId cause, MonoTime now) {
  if (shard.resync && !shard.resync->started) {
    // The first unserved restart set the time; another one does not put it off (H5). What was given went to the process before.
    shard.resync->given.clear();
    shard.resync->outstanding.clear();
    shard.resync->resent = 0;
    return;
  }
  // Processes of old wire look alike in what they own: none of it was given to this one.
  schedule_in(context_.settings.resync_debounce, shard.old_wire(), shard, cause, now);
}

void Resyncs::catch_up(Shard& shard, EventId cause, MonoTime now) {
  if (!shard.resync || shard.resync->started) {
    schedule_in(Duration{}, false, shard, cause, now);
  }
}

void Resyncs::begin_now(Shard& shard, EventId cause, MonoTime now) {
  schedule_in(Duration{}, true, shard, cause, now);
}

void Resyncs::schedule_in(Duration debounce, bool everything, Shard& shard, EventId cause,
                          MonoTime now) {
  const EventId scheduled =
      context_.ports.events.record(ResyncScheduled{shard.id, shard.generation, debounce}, cause);
  shard.resync = Resync{.due = now + debounce, .cause = scheduled, .everything = everything};
  waiting_.insert(shard.id);
}

void Resyncs::given_in_vain(Shard& shard, const GameId& game, MonoTime now) {
  if (!shard.resync || shard.resync->given.erase(game) == 0) {
    return;
  }
  Resync& resync = *shard.resync;
  resync.outstanding.erase(game);
  --resync.resent;
  if (resync.started) {
    put_off(resync, now + start_retry);
    waiting_.insert(shard.id);
  }
}

void Resyncs::start(Shard& shard, MonoTime now) {
  ensure(shard.resync && !shard.resync->started, "a resync starts once");
  Resync& resync = *shard.resync;
  resync.started = true;
  resync.started_at = now;
  std::vector<Change> changes;
  for (const auto& [game, state] : context_.ledger.owned_by(shard.id)) {
    // One that is being moved goes to its successor, not back to the process that has just lost it.
    const bool fresh = state->row->owner_boot == shard.incarnation.boot && !resync.everything &&
                       !context_.ledger.in_doubt(*state);
    if (fresh || resync.given.contains(game) || state->deciding || !state->wanted ||
        state->row->next) {
      continue;
    }
    if (!may_have(shard, *state, now) ||
        (!context_.modes.allows(Action::resync) && !context_.ledger.in_doubt(*state))) {
      put_off(resync, std::max(doubted_until_, now + start_retry));
      continue;
    }
    const std::optional<Epoch> epoch = context_.ledger.take_epoch();
    if (!epoch) {
      put_off(resync, now + start_retry);
      break;
    }
    changes.push_back(give_again(shard, *state, *epoch, now));
  }
  if (resync.started) {
    waiting_.erase(shard.id);
  }
  const EventId cause = resync.cause;
  decisions_.commit(std::move(changes));
  finish_if_done(shard, cause);
}

/// What has its epoch is on its way; another start sees to the rest.
void Resyncs::put_off(Resync& resync, MonoTime due) {
  resync.started = false;
  resync.due = due;
}

Change Resyncs::give_again(Shard& shard, const GameState& state, Epoch epoch, MonoTime now) {
  Resync& resync = *shard.resync;
  GameRow row = *state.row;
  row.owner_boot = shard.incarnation.boot;
  row.previous_owner = shard.id;
  row.epoch = epoch;
  const auto batch = static_cast<std::int64_t>(resync.resent / context_.settings.resync_batch);
  resync.outstanding.insert(row.game);
  resync.given.insert(row.game);
  ++resync.resent;
  return {Change::Kind::own, row, MoveReason::restarted,
          now + batch * context_.settings.resync_pause, resync.cause};
}

bool Resyncs::may_have(const Shard& shard, const GameState& state, MonoTime now) const {
  if (context_.ledger.may_be_anothers(state, now)) {
    return false;
  }
  const bool doubted = now < doubted_until_ || (now < doubted_until_all_heard_ && !all_heard());
  return !doubted || !state.of_earlier_term || shard.reported.contains(state.row->game);
}

bool Resyncs::all_heard() const {
  return !context_.modes.in(Mode::warm_up) &&
         std::ranges::all_of(std::as_const(context_.fleet).shards(),
                             [](const auto& entry) { return entry.second.heard; });
}

void Resyncs::acknowledged(Shard& shard, const GameId& game) {
  if (shard.resync) {
    shard.resync->outstanding.erase(game);
  }
}

void Resyncs::finish_if_done(Shard& shard, EventId cause) {
  if (!shard.resync || !shard.resync->started) {
    return;
  }
  // A game that ended or moved on meanwhile is nobody's to acknowledge.
  std::erase_if(shard.resync->outstanding, [&](const GameId& game) {
    const GameState* state = std::as_const(context_.ledger).find(game);
    return state == nullptr || (!state->deciding && state->row && state->row->owner != shard.id);
  });
  if (!shard.resync->outstanding.empty()) {
    return;
  }
  const Duration took = context_.now() - shard.resync->started_at;
  const EventId completed = context_.ports.events.record(
      ResyncCompleted{shard.id, shard.generation, shard.resync->resent, took}, cause);
  context_.voice.notify(wire::service_resync_channel,
                        wire::service_resync_complete(shard.subject(), shard.resync->resent, took,
                                                      context_.ports.clock.wall_now()),
                        completed);
  shard.resync.reset();
}

/// An owner is granted a game whatever the mode (ownership.md 5). Where its row is in doubt it needs a new epoch for that: an operator's pause,
/// which may well be the answer to the alert, does not hold it back.
bool Resyncs::may_start() const {
  const Modes& modes = context_.modes;
  const bool paused_in_doubt = modes.in(Mode::paused) && !modes.in(Mode::blind) &&
                               context_.ledger.lost_leases_over().has_value();
  return modes.allows(Action::resync) || paused_in_doubt;
}

void Resyncs::advance(MonoTime now) {
  if (!may_start()) {
    return;
  }
  const std::vector<ShardId> waiting(waiting_.begin(), waiting_.end());
  for (const ShardId& id : waiting) {
    Shard* shard = context_.fleet.find(id);
    if (shard == nullptr || !shard->resync || shard->resync->started) {
      waiting_.erase(id);  // It died, left, or was forgotten meanwhile.
    } else if (shard->resync->due <= now && shard->alive()) {
      start(*shard, now);
    }
  }
}

std::optional<MonoTime> Resyncs::deadline() const {
  std::optional<MonoTime> first;
  if (!may_start()) {
    return first;
  }
  for (const ShardId& id : waiting_) {
    const Shard* shard = std::as_const(context_.fleet).find(id);
    if (shard != nullptr && shard->resync && !shard->resync->started && shard->alive() &&
        (!first || shard->resync->due < *first)) {
      first = shard->resync->due;
    }
  }
  return first;
}

}  // namespace arbees
