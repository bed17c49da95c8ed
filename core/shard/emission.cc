#include "core/shard/emission.h"

#include <algorithm>
#include <string>

#include "core/shard/events.h"

namespace arbees {
namespace {

constexpr const char* fenced_alert = "SHARD_FENCED";

}  // namespace

Emission::Emission(Ports& ports, const ShardSettings& settings, Boot boot,
                   const Allegiance& allegiance, GameTable& games, RecordedAlerts& alerts)
    : ports_(ports),
      settings_(settings),
      boot_(boot),
      allegiance_(allegiance),
      games_(games),
      alerts_(alerts) {}

void Emission::start() { next_signals_ = ports_.clock.now() + settings_.signal_period; }

void Emission::advance(MonoTime now) {
  if (lease_.over() && *lease_.over() <= now) {
    update_fences(EventId{});
  }
  if (next_signals_ <= now) {
    emit_signals();
  }
}

MonoTime Emission::deadline() const {
  const auto over = lease_.over();
  return over && *over > ports_.clock.now() ? std::min(next_signals_, *over) : next_signals_;
}

bool Emission::bound() const {
  return settings_.lease_mode != LeaseMode::off && allegiance_.sworn();
}

std::expected<Duration, FenceReason> Emission::may_emit(const GameId& id,
                                                        const RunningGame& game) const {
  return bound() ? lease_.check(id, game.epoch, ports_.clock.now())
                 : std::expected<Duration, FenceReason>(Duration{0});
}

void Emission::update_fences(EventId cause) {
  std::vector<GameId> to_stop;
  bool lost_by_time = false;
  bool fenced = false;
  for (auto& [id, game] : games_.games()) {
    const auto right = may_emit(id, game);
    fenced = fenced || !right;
    if (right.has_value() == game.may_emit) {
      continue;
    }
    game.may_emit = right.has_value();
    if (right) {
      ports_.events.record(GameUnfenced{settings_.id, id, game.epoch}, cause);
      continue;
    }
    ports_.events.record(
        GameFenced{settings_.id, id, game.epoch, std::string(to_string(right.error()))}, cause);
    lost_by_time = lost_by_time || right.error() == FenceReason::lease_over;
    if (settings_.lease_mode == LeaseMode::stop && right.error() == FenceReason::lease_over) {
      to_stop.push_back(id);
    }
  }
  for (const GameId& id : to_stop) {
    const Epoch epoch = games_.games().at(id).epoch;
    games_.games().erase(id);
    ports_.events.record(GameRemoved{settings_.id, id, epoch, "lease over"}, cause);
  }
  if (lost_by_time) {
    alerts_.raise(
        fenced_alert, settings_.id.str(),
        settings_.id.str() + " has no valid lease: it watches its games and emits nothing");
  } else if (!fenced) {
    alerts_.resolve(fenced_alert, settings_.id.str(), cause);
  }
}

std::vector<GameId> Emission::fenced() const {
  std::vector<GameId> fenced;
  for (const auto& [id, game] : games_.games()) {
    if (bound() && !game.may_emit) {
      fenced.push_back(id);
    }
  }
  return fenced;
}

void Emission::give_up_late_grants(HeartbeatSeq saying) {
  const MonoTime now = ports_.clock.now();
  if (fenced().empty()) {
    return;
  }
  if (lease_.over() && *lease_.over() <= now) {
    // Said in the same beat that says fenced, and kept: grants on their way are not used any more.
    lease_.give_up(HeartbeatSeq(saying.value() - 1));
  } else if (!lease_.over()) {
    // Grants may be sent to us all the time and not arrive (C4): whoever moves our games waits for the last
    // of them. Younger ones may be on their way; on a slow network all of them always are.
    lease_.give_up_sent_until(now - settings_.heartbeat_interval);
  }
}

void Emission::emit_signals() {
  const MonoTime now = ports_.clock.now();
  while (next_signals_ <= now) {
    next_signals_ += settings_.signal_period;  // Missed ones are not made up for: they are stale.
  }
  for (auto& [id, game] : games_.games()) {
    // Read anew for each game, inside the emission: between two of them the process may have been
    // frozen for longer than the lease (H1).
    const auto right = may_emit(id, game);
    if (!right) {
      if (game.may_emit) {
        update_fences(EventId{});
      }
      continue;
    }
    game.last_signal = game.last_signal.next();
    const EventId emitted = ports_.events.record(
        SignalEmitted{settings_.id, boot_, id, game.epoch, game.last_signal, *right}, EventId{});
    ports_.signals.publish({id, game.epoch, game.last_signal, settings_.id, boot_, *right},
                           emitted);
  }
}

}  // namespace arbees
