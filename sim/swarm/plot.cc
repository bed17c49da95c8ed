#include "sim/swarm/plot.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"
#include "sim/swarm/pick.h"

namespace arbees::sim {
namespace {

constexpr int attempts = 8;
constexpr Duration plots_begin = seconds{40};

/// A shard is silent for a minute before it is dead, and a new orchestrator listens before it counts that.
constexpr DurationRange long_silence{seconds{90}, seconds{150}};
constexpr Duration drained_within = seconds{20};
constexpr std::uint64_t more_than_few = 3;
constexpr std::uint64_t hold_hysteresis = 15;

/// Before most shards start, and until each process has beaten twice.
constexpr Duration nobody_heard = seconds{2};
constexpr DurationRange deaf_start{seconds{16}, seconds{30}};
constexpr DurationRange successor_after{seconds{2}, seconds{6}};
constexpr DurationRange both_there{seconds{60}, seconds{200}};

constexpr DurationRange held_up_for{seconds{10}, seconds{20}};

/// Long enough that who had a game before it was moved there cannot emit for it any more.
constexpr Duration moved_before = seconds{55};
constexpr DurationRange closed_for{seconds{40}, seconds{90}};

Value text_list(const std::vector<std::string>& words) {
  std::vector<Value> values;
  std::ranges::transform(words, std::back_inserter(values), text_value);
  return list_value(std::move(values));
}

/// One seed's draws, while something is added to them.
class Plot {
 public:
  Plot(Additions& additions, Stream& draws)
      : additions_(additions), into_(additions.drawn()), draws_(draws) {}

  DrawnSettings draw() {
    const bool many = most_away(into_.shards) >= more_than_few;
    switch (draws_.between(0, many ? 3 : 2)) {
      case 0: return orders_are_overtaken();
      case 1: return two_start_unheard();
      case 2: return one_has_room();
      default: return the_idle_are_away();
    }
  }

 private:
  Duration moment(Duration lasting) {
    return whole_milliseconds(
        draws_.between({plots_begin, additions_.active() - lasting - seconds{1}}));
  }

  /// A shard is told again what it runs, and to drop all of it, in an order that the messages do not keep (H8).
  DrawnSettings orders_are_overtaken() {
    for (int attempt = 0; attempt < attempts; ++attempt) {
      const Duration length = whole_milliseconds(draws_.between(held_up_for));
      const EpisodeTime time{moment(length), length};
      const Value delay = list_value({text_value("2s"), text_value(span_text(length))});
      if (!additions_.add(
              FaultKind::redis_messages_delayed, {.time = time, .nodes = {std::string(redis_node)}},
              object_value(
                  {{"delay", object_value({{"between", delay}})},
                   {"order", text_value("lost")},
                   {"share", object_value({{"of", count_value(2)}, {"hits", count_value(1)}})}}))) {
        continue;
      }
      const std::string shard = any_shard(into_, draws_);
      const Duration told = time.start + seconds{1} + draws_.between({Duration{}, seconds{3}});
      additions_.order(told, Verb::resync, shard);
      additions_.order(told + draws_.between({-milliseconds{400}, milliseconds{200}}), Verb::drain,
                       shard);
      additions_.order(std::min(time.start + 2 * length, additions_.active() - seconds{1}),
                       Verb::uncordon, shard);
      break;
    }
    return {};
  }

  /// Who starts the orchestrator anew has a store that knows shards which nobody has heard since (C7).
  DrawnSettings the_idle_are_away() {
    const auto most = static_cast<std::int64_t>(most_away(into_.shards));
    for (int attempt = 0; attempt < attempts; ++attempt) {
      const std::int64_t count = draws_.between(more_than_few, most);
      const std::vector<std::string> idle = some_shards(count, into_, draws_);
      const Duration length = whole_milliseconds(draws_.between(long_silence));
      const EpisodeTime away{moment(length), length};
      const EpisodeTime start{away.start + seconds{2}, seconds{1}};
      if (!additions_.add(FaultKind::crash, {.time = away, .nodes = idle},
                          object_value({{"target", text_list(idle)}}))) {
        continue;
      }
      additions_.add(FaultKind::crash, {.time = start, .nodes = {std::string(orchestrator_node)}},
                     object_value({{"target", text_value(std::string(orchestrator_node))}}));
      for (const std::string& shard : idle) {
        additions_.order(away.start - drained_within, Verb::drain, shard);
        additions_.order(away.start + away.length, Verb::uncordon, shard);
      }
      const std::uint64_t enough = static_cast<std::uint64_t>(count) * 100 / into_.shards;
      return {{"HOLD_ENTER_PERCENT", std::to_string(enough)},
              {"HOLD_LEAVE_PERCENT", std::to_string(enough - hold_hysteresis)}};
    }
    return {};
  }

  /// What an orchestrator that stood still reads at once has beats of two processes of one name, both new to it (C3, M).
  DrawnSettings two_start_unheard() {
    const EpisodeTime still{nobody_heard, whole_milliseconds(draws_.between(deaf_start))};
    const std::string shard = any_shard(into_, draws_);
    const EpisodeTime both{seconds{6} + whole_milliseconds(draws_.between(successor_after)),
                           whole_milliseconds(draws_.between(both_there))};
    const std::string orchestrator(orchestrator_node);
    if (additions_.add(FaultKind::second_process, {.time = both, .nodes = {shard}},
                       object_value({{"target", text_value(shard)}}))) {
      additions_.add(FaultKind::pause, {.time = still, .nodes = {orchestrator}},
                     object_value({{"target", text_value(orchestrator)}}));
    }
    return {};
  }

  /// All others are closed: its own games cannot leave it, and theirs can.
  DrawnSettings one_has_room() {
    if (into_.games.empty() || into_.shards < 2) {
      return {};
    }
    const std::string open = any_shard(into_, draws_);
    const Duration length = whole_milliseconds(draws_.between(closed_for));
    const Duration from = moved_before + moment(length + moved_before);
    const std::int64_t own = draws_.between(1, 3);
    const auto last = static_cast<std::int64_t>(into_.games.size()) - 1;
    const auto any_game = [&] { return static_cast<std::size_t>(draws_.between(0, last)); };
    for (std::int64_t i = 0; i < own; ++i) {
      const std::size_t game = any_game();
      additions_.move(game, from - moved_before, open);
      additions_.move(game, from + seconds{1}, {});
    }
    for (std::uint64_t number = 1; number <= into_.shards; ++number) {
      if (const std::string shard = shard_named(number); shard != open) {
        additions_.order(from, Verb::cordon, shard);
        additions_.order(from + length, Verb::uncordon, shard);
      }
    }
    for (std::int64_t others = draws_.between(2, 6); others > 0; --others) {
      const std::size_t game =
          any_game();  // Compilers evaluate arguments in an order of their own.
      additions_.move(game, from + draws_.between({seconds{1}, seconds{4}}), {});
    }
    return {{"HANDOFFS_MAX", std::to_string(draws_.between(1, own))}};
  }

  Additions& additions_;
  SwarmDraw& into_;
  Stream& draws_;
};

constexpr DurationRange interruption{milliseconds{1}, seconds{3}};

constexpr Duration slow_before_the_end = seconds{1};
constexpr Duration slow_after_the_end = seconds{4};

/// What is over is written down for so long that it may go on meanwhile.
void slow_down_the_store(Additions& additions, Duration end) {
  const PlannedEpisode around_it{
      .time = {end - slow_before_the_end, slow_before_the_end + slow_after_the_end}, .nodes = {}};
  const Value delay = list_value({text_value("10ms"), text_value("60ms")});
  additions.add(FaultKind::store_slow, around_it,
                object_value({{"delay", object_value({{"between", delay}})}}));
}

}  // namespace

DrawnSettings draw_plot(Additions& additions, Stream& draws) {
  return draws.chance({1, 3}) ? Plot(additions, draws).draw() : DrawnSettings{};
}

void draw_second_halves(Additions& additions, Stream& draws) {
  if (!draws.chance({1, 4})) {
    return;
  }
  for (SwarmGame& game : additions.drawn().games) {
    const Duration after = magnitude(draws, interruption.lo, interruption.hi);
    const bool in_time = game.until && *game.until + slow_after_the_end <= additions.active();
    if (draws.chance({1, 2}) && in_time) {
      game.again = whole_milliseconds(*game.until + after);
      slow_down_the_store(additions, *game.until);
    }
  }
}

}  // namespace arbees::sim
