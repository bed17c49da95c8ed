#include "sim/swarm/coincidence.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/orchestrator/operator_order.h"
#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

/// A move is under way for about so long.
constexpr Duration move_lasts = milliseconds{600};
constexpr Duration placed_within = seconds{3};
constexpr Duration shortest_game = seconds{10};
/// Whoever misses a game waits for two heartbeats, and gets it after the leases of before.
constexpr DurationRange lost_for{seconds{30}, seconds{240}};
constexpr std::int64_t most_moved = 4;

Duration span_of(const Value& fault, std::string_view key) {
  const Value* span = fault.find(key);
  return span == nullptr ? Duration{} : parse_span(span->text).value_or(Duration{});
}

bool is(const Value& fault, FaultKind kind) {
  return fault.find("fault")->text == fault_row(kind).name;
}

bool ends_orchestrator(const Value& fault) {
  const Value* target = fault.find("target");
  const bool ends = is(fault, FaultKind::crash) || is(fault, FaultKind::restart) ||
                    is(fault, FaultKind::power_loss);
  return (ends && target != nullptr && target->text == orchestrator_node) ||
         is(fault, FaultKind::store_restored);
}

bool live(const SwarmGame& game, Duration at) {
  return game.from + placed_within <= at && (!game.until || at < *game.until);
}

Duration whole_milliseconds(Duration span) { return span / milliseconds{1} * milliseconds{1}; }

/// One seed's draws, while something is added to them.
class Coincidences {
 public:
  Coincidences(Duration active, std::span<const PlannedEpisode> planned, SwarmDraw& into,
               Stream& draws)
      : active_(active), planned_(planned.begin(), planned.end()), into_(into), draws_(draws) {}

  void at(const Value& fault) {
    const EpisodeTime time{span_of(fault, "at"), span_of(fault, "for")};
    if (is(fault, FaultKind::store_restored)) {
      if (draws_.chance({1, 2})) {
        forget_moves(time, span_of(fault, "age"));
      }
      return;
    }
    if (draws_.chance({1, 2})) {
      move_some(time.start - draws_.between({milliseconds{1}, move_lasts}), {});
    }
    if (draws_.chance({1, 4})) {
      end_a_game(time);
    }
  }

  void at_end_of(std::size_t game) {
    const Duration until = *into_.games[game].until;
    move(game, until - draws_.between({milliseconds{1}, move_lasts}), {});
  }

 private:
  /// Several games, to one shard or to any.
  void move_some(Duration moment, const std::string& to) {
    if (into_.games.empty()) {
      return;
    }
    const auto last = static_cast<std::int64_t>(into_.games.size()) - 1;
    for (std::int64_t left = draws_.between(1, most_moved); left > 0; --left) {
      move(static_cast<std::size_t>(draws_.between(0, last)), moment, to);
    }
  }

  void move(std::size_t game, Duration moment, const std::string& to) {
    if (into_.shards < 2 || !live(into_.games[game], moment)) {
      return;
    }
    Value order = object_value({{"at", text_value(span_text(whole_milliseconds(moment)))},
                                {"order", text_value(std::string(to_string(Verb::move)))},
                                {"game", text_value("game-" + std::to_string(game + 1))}});
    if (!to.empty()) {
      set_member(order, "shard", text_value(to));
    }
    into_.orders.push_back(std::move(order));
  }

  /// A copy of the store from before some moves, and whoever got those games is cut off meanwhile.
  void forget_moves(const EpisodeTime& restored, Duration age) {
    const std::string shard =
        "shard-" + std::to_string(draws_.between(1, static_cast<std::int64_t>(into_.shards)));
    const Duration before = draws_.between({Duration{}, age});
    move_some(restored.start - before, shard);
    EpisodeTime lost;
    lost.start = whole_milliseconds(restored.start - draws_.between({Duration{}, before / 2}));
    lost.length =
        std::min<Duration>(draws_.between(lost_for) / seconds{1} * seconds{1}, active_ - lost.start);
    const bool cut = draws_.chance({2, 3});
    const PlannedEpisode episode{.time = lost, .nodes = {shard + " is cut off"}};
    if (cut && into_.shards > 1 && refusal(episode, planned_, into_.stable, into_.shards).empty()) {
      into_.episodes.push_back(object_value(
          {{"fault", text_value(std::string(fault_row(FaultKind::partition).name))},
           {"name", text_value("forgotten-" + shard)},
           {"at", text_value(span_text(lost.start))},
           {"from", text_value(shard)},
           {"to", text_value(std::string(redis_node))},
           {"for", text_value(span_text(lost.length))}}));
    }
  }

  void end_a_game(const EpisodeTime& outage) {
    if (into_.games.empty() || outage.length < milliseconds{2}) {
      return;
    }
    const auto last = static_cast<std::int64_t>(into_.games.size()) - 1;
    SwarmGame& game = into_.games[static_cast<std::size_t>(draws_.between(0, last))];
    const Duration end = whole_milliseconds(
        outage.start + draws_.between({milliseconds{1}, outage.length - milliseconds{1}}));
    if (game.from + shortest_game <= end && end < active_) {
      game.until = end;
    }
  }

  Duration active_;
  std::vector<PlannedEpisode> planned_;
  SwarmDraw& into_;
  Stream& draws_;
};

}  // namespace

void draw_coincidences(const Scenario& profile, std::span<const PlannedEpisode> planned,
                       SwarmDraw& into, Stream& draws) {
  if (profile.swarm->orders.most == 0) {
    return;  // Nobody works on these fleets.
  }
  Coincidences together(profile.duration - profile.swarm->calm, planned, into, draws);
  const std::vector<Value> episodes = into.episodes;
  for (const Value& fault : episodes) {
    if (ends_orchestrator(fault)) {
      together.at(fault);
    }
  }
  for (std::size_t game = 0; game < into.games.size(); ++game) {
    if (into.games[game].until && draws.chance({1, 4})) {
      together.at_end_of(game);
    }
  }
}

}  // namespace arbees::sim
