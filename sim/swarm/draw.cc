#include "sim/swarm/draw.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "sim/scenario/document_text.h"
#include "sim/scenario/service_kinds.h"
#include "sim/scenario/span.h"
#include "sim/swarm/coincidence.h"
#include "sim/swarm/companion.h"
#include "sim/swarm/counts.h"
#include "sim/swarm/episode.h"
#include "sim/swarm/mutate.h"
#include "sim/swarm/near_bounds.h"
#include "sim/swarm/orders.h"
#include "sim/swarm/plot.h"
#include "sim/swarm/variation.h"

namespace arbees::sim {
namespace {

constexpr Duration games_begin = seconds{15};
constexpr int attempts_per_episode = 4;

std::uint64_t between(Stream& draws, const CountRange& range) {
  return static_cast<std::uint64_t>(
      draws.between(static_cast<std::int64_t>(range.least), static_cast<std::int64_t>(range.most)));
}

/// So many games can be served by the shards that are never broken together, with room to move.
std::uint64_t capacity(const PolicySpec& policy, std::uint64_t shards) {
  const std::uint64_t left = shards > 1 ? shards - most_away(shards) : 1;
  return left * policy.shards.front().max_games * 3 / 4;
}

/// A random subset of the kinds, at least one, each with a weight of its own. Groce et al., "Swarm Testing"
/// (2012): what is always a little on suppresses what needs it off.
std::vector<SwarmKind> draw_kinds(const std::vector<FaultKind>& from, Stream& draws) {
  const std::int64_t out_of = 6;
  const std::uint64_t share = static_cast<std::uint64_t>(draws.between(1, out_of - 1));
  const auto sure =
      static_cast<std::size_t>(draws.between(0, static_cast<std::int64_t>(from.size()) - 1));
  std::vector<SwarmKind> kinds;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const bool on = draws.chance({share, static_cast<std::uint64_t>(out_of)});
    const auto weight = static_cast<std::uint64_t>(draws.between(1, 8));
    if (on || i == sure) {
      kinds.push_back({&fault_row(from[i]), weight});
    }
  }
  return kinds;
}

const FaultRow& draw_kind(const std::vector<SwarmKind>& kinds, Stream& draws) {
  std::uint64_t all = 0;
  for (const SwarmKind& kind : kinds) {
    all += kind.weight;
  }
  std::int64_t left = draws.between(1, static_cast<std::int64_t>(all));
  for (const SwarmKind& kind : kinds) {
    left -= static_cast<std::int64_t>(kind.weight);
    if (left <= 0) {
      return *kind.row;
    }
  }
  ensure(false, "the weights add up to their sum");
  return *kinds.front().row;
}

std::vector<SwarmGame> draw_games(std::uint64_t count, Duration active, Stream& draws) {
  std::vector<SwarmGame> games(count, {.from = games_begin, .until = {}, .again = {}});
  if (draws.chance({1, 2})) {
    return games;
  }
  for (SwarmGame& game : games) {
    const Duration from = draws.between({games_begin, active});
    const Duration until = draws.between({from + seconds{10}, active + minutes{5}});
    game.from = from / seconds{1} * seconds{1};
    if (until < active) {
      game.until = until / seconds{1} * seconds{1};
    }
  }
  return games;
}

/// Some of the kinds there are, each as likely as the others.
std::vector<std::string> draw_services(const CountRange& range, Stream& draws) {
  std::vector<std::string> left = service_names();
  std::vector<std::string> services;
  for (std::uint64_t wanted = between(draws, range); wanted > 0 && !left.empty(); --wanted) {
    const auto index = draws.between(0, static_cast<std::int64_t>(left.size()) - 1);
    services.push_back(left[static_cast<std::size_t>(index)]);
    left.erase(left.begin() + index);
  }
  return services;
}

/// What makes the episode felt, where it needs that; most of the time.
void add_companion(const Value& fault, const EpisodeTime& time,
                   std::vector<PlannedEpisode>& accepted, SwarmDraw& into, Stream& draws) {
  std::optional<DrawnEpisode> companion = draw_companion(fault, time, into.shards, draws);
  if (!companion || !draws.chance({3, 4})) {
    return;
  }
  const PlannedEpisode episode = planned(companion->fault, companion->time, into.shards);
  const std::string why = refusal(episode, accepted, into.stable, into.shards);
  if (why.empty()) {
    accepted.push_back(episode);
    into.episodes.push_back(std::move(companion->fault));
  } else {
    into.refused.push_back(companion->fault.find("name")->text + ": " + why);
  }
}

std::vector<PlannedEpisode> draw_episodes(const Scenario& scenario, SwarmDraw& into,
                                          Stream& draws) {
  const SwarmProfile& profile = *scenario.swarm;
  const Duration active = scenario.duration - profile.calm;
  const std::uint64_t count = between(draws, profile.episodes);
  std::vector<PlannedEpisode> accepted;
  for (std::uint64_t i = 1; i <= count; ++i) {
    std::string why = "no such fault can be drawn";
    std::string what;
    for (int attempt = 0; attempt < attempts_per_episode && !why.empty(); ++attempt) {
      const FaultRow& row = draw_kind(into.kinds, draws);
      EpisodeTime time;
      time.start =
          draws.between({seconds{5}, active - seconds{1}}) / milliseconds{100} * milliseconds{100};
      const Duration room = active - time.start;
      time.length =
          magnitude(draws, milliseconds{100}, std::max<Duration>(room, milliseconds{200}));
      time.length = std::min(time.length, room);
      what = std::string(row.name) + "-" + std::to_string(i);
      std::optional<Value> fault = draw_episode(row, what, time, into.shards, draws);
      if (!fault) {
        continue;
      }
      vary(*fault, row, into, draws);
      const PlannedEpisode episode = planned(*fault, time, into.shards);
      why = refusal(episode, accepted, into.stable, into.shards);
      if (why.empty()) {
        accepted.push_back(episode);
        into.episodes.push_back(*fault);
        add_companion(*fault, time, accepted, into, draws);
      }
    }
    if (!why.empty()) {
      into.refused.push_back(what + ": " + why);
    }
  }
  return accepted;
}

/// How many shards are of the existing system: none in most runs, for much else is not drawn beside them.
std::uint64_t draw_old_wire(const SwarmProfile& profile, std::uint64_t shards, Stream& draws) {
  if (!profile.old_wire || shards < 2 || !draws.chance(profile.old_wire->share)) {
    return 0;
  }
  return static_cast<std::uint64_t>(draws.between(1, static_cast<std::int64_t>(most_away(shards))));
}

void replace(DrawnSettings& settings, const DrawnSettings& by) {
  for (const auto& drawn : by) {
    std::erase_if(settings, [&](const auto& setting) { return setting.first == drawn.first; });
    settings.push_back(drawn);
  }
}

}  // namespace

SwarmDraw draw_swarm(const LoadedScenario& profile, std::uint64_t seed, std::uint64_t mutation) {
  const Scenario& scenario = profile.scenario;
  ensure(scenario.swarm.has_value(), "the scenario is a profile of a swarm");
  const SwarmProfile& swarm = *scenario.swarm;
  Streams streams(seed);
  Stream& fleet = streams.get("swarm:fleet");
  Stream& faults = streams.get("swarm:faults");

  SwarmDraw draw;
  draw.seed = seed;
  draw.mutation = mutation;
  draw.shards = between(fleet, swarm.shards);
  const std::uint64_t games =
      std::min(between(fleet, swarm.games), capacity(scenario.policies.front(), draw.shards));
  draw.games = draw_games(games, scenario.duration - swarm.calm, fleet);
  const Duration shortest = magnitude(fleet, std::chrono::microseconds{100}, milliseconds{20});
  draw.latency = {shortest, shortest + magnitude(fleet, milliseconds{1}, milliseconds{50})};
  draw.old_wire = draw_old_wire(swarm, draw.shards, streams.get("swarm:wire"));
  draw.services = draw_services(swarm.services, streams.get("swarm:services"));
  draw.kinds = draw_kinds(draw.old_wire > 0 ? swarm.old_wire->faults : swarm.faults, faults);
  draw.stable = magnitude(faults, milliseconds{100}, seconds{100});
  const std::vector<PlannedEpisode> planned = draw_episodes(scenario, draw, faults);
  draw_orders(scenario, planned, draw, streams.get("swarm:orders"));
  DrawnSettings of_plot;
  if (swarm.orders.most > 0) {  // Otherwise nobody works on these fleets.
    Additions additions(scenario.duration - swarm.calm,
                        swarm.old_wire ? swarm.old_wire->faults : std::vector<FaultKind>{}, planned,
                        draw);
    draw_coincidences(additions, streams.get("swarm:coincidences"));
    of_plot = draw_plot(additions, streams.get("swarm:plot"));
    draw_second_halves(additions, streams.get("swarm:second-halves"));
  }
  if (mutation > 0) {
    mutate_schedule(draw, scenario, mutation);
  }

  std::vector<SettingSource> base;
  if (const auto hardened = profile.policies.find(hardened_policy);
      hardened != profile.policies.end()) {
    base.push_back(hardened->second);
  }
  draw.settings = draw_settings_near_bounds(base, draw.latency.hi, swarm.settings,
                                            streams.get("swarm:settings"));
  if (swarm.settings > 0) {
    replace(draw.settings, draw_low_limits(streams.get("swarm:limits")));
    replace(draw.settings, draw_counts(base, streams.get("swarm:counts")));
    replace(draw.settings, of_plot);
  }
  return draw;
}

std::string swarm_text(const SwarmDraw& draw) {
  std::string text =
      "seed " + std::to_string(draw.seed) +
      (draw.mutation > 0 ? ", mutation " + std::to_string(draw.mutation) : std::string()) + ": " +
      std::to_string(draw.shards) + " shards" +
      (draw.old_wire > 0 ? " (" + std::to_string(draw.old_wire) + " of the existing system)"
                         : std::string()) +
      ", " + std::to_string(draw.games.size()) + " games, latency " + span_text(draw.latency) +
      ", " + std::to_string(draw.episodes.size()) + " episodes, a healed node stays whole for " +
      span_text(draw.stable) + "\n";
  text += "kinds that are on, with their weights:";
  for (const SwarmKind& kind : draw.kinds) {
    text += " " + std::string(kind.row->name) + " " + std::to_string(kind.weight);
  }
  text += "\nsettings:";
  for (const auto& [name, value] : draw.settings) {
    text += " " + name + "=" + value;
  }
  text += draw.settings.empty() ? " as they are\n" : "\n";
  text += draw.services.empty() ? "" : "services:";
  for (const std::string& service : draw.services) {
    text += " " + service;
  }
  text += draw.services.empty() ? "" : "\n";
  for (const Value& order : draw.orders) {
    text += "order: " + line_text(order) + "\n";
  }
  for (const std::string& refused : draw.refused) {
    text += "not allowed: " + refused + "\n";
  }
  return text;
}

}  // namespace arbees::sim
