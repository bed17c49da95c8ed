#include "core/monitors/monitors.h"

#include <algorithm>
#include <utility>

#include "core/monitors/events.h"
#include "core/wire/channels.h"

namespace arbees {
namespace {

/// From a monitor's start to the second round. Its start-up request takes 19 s if nobody answers it; after
/// that it asks its platform about each market.
constexpr Duration settling = seconds{60};

bool is_assigned(const GameState& game) { return game.row && game.wanted; }

bool same(const wire::Subject& a, const wire::Subject& b) {
  return a.service_type == b.service_type && a.instance_id == b.instance_id;
}

}  // namespace

void Monitors::on_assigned(const GameState& game) {
  for (Line& line : lines_) {
    note(line, game);
  }
}

void Monitors::note(Line& line, const GameState& game) {
  const std::string& market = wire::market_of(game.live, line.platform);
  const auto told = line.told.find(game.live.id);
  if (!is_assigned(game) || market.empty() || (told != line.told.end() && told->second == market)) {
    return;
  }
  line.fresh.emplace(game.live.id, game.assigned_event);
}

void Monitors::on_live_games() {
  for (Line& line : lines_) {
    std::erase_if(line.told, [&](const auto& known) {
      return assigned(known.first, line.platform) == nullptr;
    });
  }
  for (const auto& [id, game] : ledger_.games()) {
    on_assigned(game);
  }
}

void Monitors::on_links_ready(EventId cause) {
  for (Line& line : lines_) {
    schedule(line, ports_.clock.now() + settings_.resync_debounce, cause);
  }
}

void Monitors::on_monitor_ready(wire::Platform platform, const wire::Subject& monitor,
                                EventId cause) {
  const EventId scheduled = ports_.events.record(
      MonitorResyncScheduled{monitor.service_type, monitor.instance_id, settings_.resync_debounce},
      cause);
  Round& round =
      schedule(line_of(platform), ports_.clock.now() + settings_.resync_debounce, scheduled);
  if (std::ranges::none_of(round.monitors,
                           [&](const auto& other) { return same(other, monitor); })) {
    round.monitors.push_back(monitor);
  }
}

void Monitors::on_monitor_gone(wire::Platform platform, const wire::Subject& monitor) {
  Line& line = line_of(platform);
  for (std::optional<Round>* round : {&line.waiting, &line.running}) {
    if (*round) {
      std::erase_if((*round)->monitors, [&](const auto& other) { return same(other, monitor); });
    }
  }
}

/// The first unserved reason sets the time; a monitor that restarts every few seconds does not put it off.
Monitors::Round& Monitors::schedule(Line& line, MonoTime due, EventId cause) {
  if (!line.waiting) {
    line.waiting = Round{due, cause, {}};
  } else {
    line.waiting->due = std::min(line.waiting->due, due);
    line.waiting->repeats = true;
  }
  return *line.waiting;
}

void Monitors::advance(MonoTime now) {
  for (Line& line : lines_) {
    if (line.waiting && line.waiting->due <= now && !line.running) {
      start(line, now);
    }
    if (line.resumes > now) {
      continue;
    }
    std::uint64_t told = 0;
    while (told < settings_.resync_batch && tell_next(line)) {
      ++told;
    }
    if (told > 0) {
      line.resumes = now + settings_.resync_pause;
    }
    if (line.running && line.running->left.empty()) {
      finish(line, now);
    }
  }
}

std::optional<MonoTime> Monitors::deadline() const {
  std::optional<MonoTime> first;
  for (const Line& line : lines_) {
    std::optional<MonoTime> due;
    if (line.running || !line.fresh.empty()) {
      due = line.resumes;
    } else if (line.waiting) {
      due = line.waiting->due;
    }
    if (due && (!first || *due < *first)) {
      first = due;
    }
  }
  return first;
}

void Monitors::start(Line& line, MonoTime now) {
  line.running = std::exchange(line.waiting, std::nullopt);
  line.running->started = now;
  for (const auto& [id, game] : ledger_.games()) {
    if (assigned(id, line.platform) != nullptr && !line.fresh.contains(id)) {
      line.running->left.push_back(id);
    }
  }
  std::ranges::reverse(line.running->left);
}

void Monitors::finish(Line& line, MonoTime now) {
  const Round round = *std::exchange(line.running, std::nullopt);
  for (const wire::Subject& monitor : round.monitors) {
    const EventId completed =
        ports_.events.record(MonitorResyncCompleted{monitor.service_type, monitor.instance_id,
                                                    round.told, now - round.started},
                             round.cause);
    if (round.told > 0) {
      voice_.notify(wire::service_resync_channel,
                    wire::service_resync_complete(monitor, round.told, now - round.started,
                                                  ports_.clock.wall_now()),
                    completed);
    }
  }
  if (round.repeats && !line.waiting) {
    line.waiting = Round{round.started + settling, round.cause, {}, false};
  }
}

bool Monitors::tell_next(Line& line) {
  while (!line.fresh.empty()) {
    const auto [game, cause] = *line.fresh.begin();
    line.fresh.erase(line.fresh.begin());
    if (tell(line, game, cause)) {
      return true;
    }
  }
  while (line.running && !line.running->left.empty()) {
    const GameId game = std::move(line.running->left.back());
    line.running->left.pop_back();
    if (tell(line, game, line.running->cause)) {
      ++line.running->told;
      return true;
    }
  }
  return false;
}

bool Monitors::tell(Line& line, const GameId& game, EventId cause) {
  const LiveGame* live = assigned(game, line.platform);
  if (live == nullptr) {
    return false;  // It ended before its turn came.
  }
  const std::string& market = wire::market_of(*live, line.platform);
  const bool again = !line.told.insert_or_assign(game, market).second;
  const EventId said = ports_.events.record(
      MarketAssigned{game, std::string(to_string(line.platform)), market, again}, cause);
  voice_.notify(wire::market_assignments_channel, wire::market_assignment(*live, line.platform),
                said);
  return true;
}

const LiveGame* Monitors::assigned(const GameId& game, wire::Platform platform) const {
  const auto found = ledger_.games().find(game);
  const bool current = found != ledger_.games().end() && is_assigned(found->second) &&
                       !wire::market_of(found->second.live, platform).empty();
  return current ? &found->second.live : nullptr;
}

Monitors::Line& Monitors::line_of(wire::Platform platform) {
  return *std::ranges::find(lines_, platform, &Line::platform);
}

}  // namespace arbees
