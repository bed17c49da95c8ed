#include "sim/metrics/signal_meter.h"

#include <algorithm>

namespace arbees::sim {

SignalMeter::SignalMeter(const Limits& limits) : limits_(limits) {
  listen<&SignalMeter::on_discovered>();
  listen<&SignalMeter::on_ended>();
  listen<&SignalMeter::on_emitted>();
  listen<&SignalMeter::on_accepted>();
  listen<&SignalMeter::on_refused>();
  for (const GameId& id : limits.games) {
    begin(games_[id], SimTime{});
  }
}

void SignalMeter::on_discovered(const GameDiscovered& event, const SimEnvelope& at) {
  Game& game = games_[event.game];
  if (!game.live) {
    begin(game, at.time);
  }
}

void SignalMeter::begin(Game& game, SimTime now) {
  game.live = true;
  game.emitted = false;
  game.served_until = now + limits_.warm_up_max + limits_.link_ready;
}

void SignalMeter::on_ended(const GameEnded& event, const SimEnvelope& at) {
  Game& game = games_[event.game];
  if (game.live) {
    count_dark(game, at.time);
    game.live = false;
  }
}

void SignalMeter::finish(SimTime end) {
  for (auto& [id, game] : games_) {
    if (game.live) {
      count_dark(game, end);
    }
  }
}

void SignalMeter::count_dark(const Game& game, SimTime until) {
  const Duration silent = until - game.served_until;
  if (!game.emitted) {
    dark_ += std::max(silent, Duration{});
  } else if (2 * silent > 3 * limits_.signal_period) {
    dark_ += silent - limits_.signal_period;
  }
}

void SignalMeter::on_emitted(const SignalEmitted& event, const SimEnvelope& at) {
  ++emitted_;
  Game& game = games_[event.game];
  const std::size_t place = place_of(game, event);
  const bool is_new = game.emitters[place].last == never;
  const SimTime before = game.emitters[place].last;
  const bool ordered = !event.epoch.none();
  const bool rightful = !ordered || event.epoch > game.highest ||
                        (event.epoch == game.highest && place == game.rightful);

  const bool in_turn = !ordered && !is_new && at.time - before <= 2 * limits_.signal_period &&
                       another_since(game, place, before + Duration{1});
  if (in_turn || (!rightful && another_since(game, place, at.time - limits_.signal_period))) {
    count_doubled(game, at.time);
  }
  game.emitters[place].last = at.time;
  if (rightful) {
    if (ordered) {
      game.highest = event.epoch;
      game.rightful = place;
    }
    if (game.live) {
      count_dark(game, at.time);
    }
    game.emitted = true;
    game.served_until = at.time;
  }
}

std::size_t SignalMeter::place_of(Game& game, const SignalEmitted& event) {
  for (std::size_t place = 0; place < game.emitters.size(); ++place) {
    if (game.emitters[place].boot == event.boot && game.emitters[place].shard == event.shard) {
      return place;
    }
  }
  game.emitters.push_back({.shard = event.shard, .boot = event.boot, .last = never});
  return game.emitters.size() - 1;
}

bool SignalMeter::another_since(const Game& game, std::size_t place, SimTime since) const {
  for (std::size_t other = 0; other < game.emitters.size(); ++other) {
    if (other != place && game.emitters[other].last != never &&
        game.emitters[other].last >= since) {
      return true;
    }
  }
  return false;
}

void SignalMeter::count_doubled(Game& game, SimTime now) {
  const std::int64_t second = now.time_since_epoch() / seconds{1};
  if (second != game.doubled_second) {
    game.doubled_second = second;
    duplicate_owner_ += seconds{1};
  }
}

void SignalMeter::on_accepted(const SignalAccepted& event, const SimEnvelope& at) {
  ++accepted_;
  Game& game = games_[event.game];
  const bool same = game.accepted_boot == event.boot && game.accepted_shard == event.shard;
  if (game.accepted) {
    const bool again = same && event.epoch == game.accepted_epoch && event.seq <= game.accepted_seq;
    const bool late = event.epoch < game.accepted_epoch;
    const bool shared =
        !same && event.epoch == game.accepted_epoch &&
        ((!event.epoch.none() && !event.by_feed) || at.time - game.accepted_at < seconds{1});
    if (again || late || shared) {
      ++duplicated_;
    }
    if (again || late) {
      return;
    }
  }
  game.accepted = true;
  game.accepted_epoch = event.epoch;
  game.accepted_seq = event.seq;
  if (!same) {
    game.accepted_shard = event.shard;
    game.accepted_boot = event.boot;
  }
  game.accepted_at = at.time;
}

void SignalMeter::on_refused(const SignalRefused& /*event*/, const SimEnvelope& /*at*/) {
  ++refused_;
}

std::optional<SimTime> SignalMeter::last_emission(const GameId& game) {
  const Game* found = games_.find(game);
  return found != nullptr && found->emitted ? std::optional(found->served_until) : std::nullopt;
}

void SignalMeter::report(RunMetrics& metrics) const {
  metrics.dark = dark_;
  metrics.duplicate_owner = duplicate_owner_;
  metrics.signals_emitted = emitted_;
  metrics.signals_delivered = accepted_;
  metrics.signals_duplicated = duplicated_;
  metrics.signals_lost = emitted_ - std::min(emitted_, accepted_ + refused_);
}

}  // namespace arbees::sim
