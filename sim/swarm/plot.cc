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

/// After a start is written down by a slow store, and before what follows from it is.
constexpr DurationRange started_again{milliseconds{1'900}, milliseconds{3'500}};
constexpr DurationRange slow_around{seconds{10}, seconds{20}};
/// As fast as shards can be told to end.
constexpr DurationRange all_at_once{milliseconds{100}, seconds{3}};
/// The third start within a minute makes a shard unstable.
constexpr DurationRange between_upgrades{seconds{2}, seconds{28}};
constexpr DurationRange dead_after_parting{seconds{10}, seconds{110}};
constexpr Duration long_dead = seconds{100};
/// An order to a shard of the existing system is open until its next heartbeat.
constexpr DurationRange order_is_open{milliseconds{1}, seconds{10}};

Value text_list(const std::vector<std::string>& words) {
  std::vector<Value> values;
  std::ranges::transform(words, std::back_inserter(values), text_value);
  return list_value(std::move(values));
}

/// Each write takes somewhere between these two.
void slow_down_the_store(Additions& additions, const EpisodeTime& time,
                         const std::pair<const char*, const char*>& between) {
  const Value delay = list_value({text_value(between.first), text_value(between.second)});
  additions.add(FaultKind::store_slow, {.time = time, .nodes = {}},
                object_value({{"delay", object_value({{"between", delay}})}}));
}

/// One seed's draws, while something is added to them.
class Plot {
 public:
  Plot(Additions& additions, Stream& draws)
      : additions_(additions), into_(additions.drawn()), draws_(draws) {}

  DrawnSettings draw() {
    if (into_.old_wire > 0) {
      return an_old_one_starts_unseen();
    }
    const bool many = most_away(into_.shards) >= more_than_few;
    switch (draws_.between(0, many ? 6 : 5)) {
      case 0: return orders_are_overtaken();
      case 1: return two_start_unheard();
      case 2: return one_has_room();
      case 3: return one_starts_twice();
      case 4: return all_start_again_and_again();
      case 5: return one_dies_after_a_farewell();
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

  /// What is decided for a process is written down when the next one has started, and is served already (H5).
  DrawnSettings one_starts_twice() {
    const std::string shard = any_shard(into_, draws_);
    const Duration slow = whole_milliseconds(draws_.between(slow_around));
    const EpisodeTime first{moment(slow) + seconds{1}, seconds{1}};
    const EpisodeTime second{first.start + whole_milliseconds(draws_.between(started_again)),
                             milliseconds{500}};
    const Value target = object_value({{"target", text_value(shard)}});
    if (additions_.add(FaultKind::crash, {.time = first, .nodes = {shard}}, target) &&
        additions_.add_soon(FaultKind::crash, {.time = second, .nodes = {shard}}, target)) {
      slow_down_the_store(additions_, {first.start - seconds{1}, slow}, {"150ms", "400ms"});
    }
    return {{"RESYNC_DEBOUNCE_SECS", "1"}};
  }

  /// No shard is a better place than another one, and each wants to be left (4.9).
  DrawnSettings all_start_again_and_again() {
    const Duration wait = draws_.between(between_upgrades);
    const EpisodeTime slow{moment(seconds{70}), seconds{70}};
    bool soon = false;
    for (Duration start = slow.start; start < slow.start + 3 * wait; start += wait) {
      const EpisodeTime time{whole_milliseconds(start),
                             whole_milliseconds(draws_.between(all_at_once))};
      PlannedEpisode upgrade{.time = time, .nodes = {}, .in_turns = true};
      for (std::uint64_t number = 1; number <= into_.shards; ++number) {
        upgrade.nodes.push_back(shard_named(number));
      }
      const Value fault = object_value({{"down", text_value("1s")}});
      if (!(soon ? additions_.add_soon(FaultKind::rolling_upgrade, upgrade, fault)
                 : additions_.add(FaultKind::rolling_upgrade, upgrade, fault))) {
        return {};
      }
      soon = true;
    }
    if (draws_.chance({1, 2})) {
      slow_down_the_store(additions_, slow, {"10ms", "60ms"});
    }
    return {};
  }

  /// Who parts gives everybody a long grant; it is void when the next one is followed (4.15).
  DrawnSettings one_dies_after_a_farewell() {
    const std::string orchestrator(orchestrator_node);
    const std::string shard = any_shard(into_, draws_);
    const EpisodeTime parting{moment(dead_after_parting.hi + long_dead),
                              whole_milliseconds(draws_.between(successor_after))};
    const EpisodeTime dead{
        parting.start + parting.length + whole_milliseconds(draws_.between(dead_after_parting)),
        long_dead};
    if (into_.shards > 1 && additions_.add(FaultKind::pause, {.time = dead, .nodes = {shard}},
                                           object_value({{"target", text_value(shard)}}))) {
      additions_.add(FaultKind::restart, {.time = parting, .nodes = {orchestrator}},
                     object_value({{"target", text_value(orchestrator)}}));
    }
    return {};
  }

  /// An order to a shard of the existing system is open when the orchestrator stands still, and names no process: the next one
  /// might take it for its own (4.16).
  DrawnSettings an_old_one_starts_unseen() {
    const auto old = static_cast<std::int64_t>(into_.old_wire);
    const std::string shard = shard_named(static_cast<std::uint64_t>(draws_.between(1, old)));
    const std::string orchestrator(orchestrator_node);
    const Duration length = whole_milliseconds(draws_.between(long_silence));
    const EpisodeTime still{moment(length), length};
    const EpisodeTime away{still.start + length / 2, seconds{1}};
    if (!into_.games.empty() &&
        additions_.add(FaultKind::suspend, {.time = still, .nodes = {orchestrator}},
                       object_value({{"target", text_value(orchestrator)}}))) {
      additions_.add(FaultKind::crash, {.time = away, .nodes = {shard}},
                     object_value({{"target", text_value(shard)}}));
      const auto last = static_cast<std::int64_t>(into_.games.size()) - 1;
      for (std::int64_t moves = draws_.between(1, 4); moves > 0; --moves) {
        const auto game = static_cast<std::size_t>(draws_.between(0, last));
        additions_.move(game, still.start - draws_.between(order_is_open), shard);
      }
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
      // What is over is written down for so long that it may go on meanwhile.
      slow_down_the_store(
          additions, {*game.until - slow_before_the_end, slow_before_the_end + slow_after_the_end},
          {"10ms", "60ms"});
    }
  }
}

}  // namespace arbees::sim
