#include "sim/swarm/coincidence.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"
#include "sim/swarm/pick.h"

namespace arbees::sim {
namespace {

/// A move is under way for about so long.
constexpr Duration move_lasts = milliseconds{600};
constexpr Duration shortest_game = seconds{10};
/// Whoever misses a game waits for two heartbeats, and gets it after the leases of before.
constexpr DurationRange lost_for{seconds{60}, seconds{240}};
constexpr DurationRange deaf_for{seconds{20}, seconds{90}};
constexpr Duration deaf_before = seconds{8};
/// A copy knows the fleet, a start after it, and moves after that.
constexpr Duration shortest_age = seconds{60};
constexpr Duration earliest_loss = fleet_is_stored + shortest_age + seconds{1};
constexpr DurationRange put_back_within{seconds{1}, seconds{10}};
constexpr std::int64_t most_moved = 4;
/// Some copies know no game yet, and the first of them no shard.
constexpr DurationRange before_the_games{seconds{1}, seconds{16}};
/// So long that all leases run out meanwhile.
constexpr DurationRange long_gone{seconds{60}, seconds{90}};
/// A shard is dead a minute after it was cut off, and its games have been given away some seconds later.
constexpr DurationRange cut_off_before{seconds{85}, seconds{120}};
constexpr DurationRange copied_before{seconds{1}, seconds{6}};
constexpr DurationRange cut_off_after{seconds{1}, seconds{8}};
constexpr Duration earliest_death = fleet_is_stored + cut_off_before.hi + copied_before.hi;
/// While it waits for leases of the decisions that are lost.
constexpr DurationRange ends_in_doubt{seconds{2}, seconds{40}};

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

/// One seed's draws, while something is added to them.
class Coincidences {
 public:
  Coincidences(Additions& additions, Stream& draws)
      : additions_(additions), into_(additions.drawn()), draws_(draws) {}

  void at(Value& fault) {
    const EpisodeTime time = time_of(fault);
    if (is(fault, FaultKind::store_restored)) {
      if (into_.shards > 1 && earliest_loss <= time.start && draws_.chance({3, 4})) {
        forget(fault, time.start);
      }
      return;
    }
    const Duration moment = time.start - draws_.between({milliseconds{1}, move_lasts});
    if (draws_.chance({1, 3})) {
      move_some(moment, {});
    } else if (draws_.chance({1, 2})) {
      drain_the_deaf(moment);
    }
    if (draws_.chance({1, 4})) {
      end_a_game(time);
    }
  }

  /// And another one waits for the place that it has among the moves.
  void at_end_of(std::size_t game) {
    const Duration until = *into_.games[game].until;
    const Duration moment = until - draws_.between({milliseconds{1}, move_lasts});
    additions_.move(game, moment, {});
    if (draws_.chance({1, 3})) {
      move_some(moment + draws_.between({milliseconds{1}, move_lasts}), {});
    }
  }

 private:
  /// Several games, to one shard or to any.
  void move_some(Duration moment, const std::string& to) {
    if (into_.games.empty()) {
      return;
    }
    const auto last = static_cast<std::int64_t>(into_.games.size()) - 1;
    for (std::int64_t left = draws_.between(1, most_moved); left > 0; --left) {
      additions_.move(static_cast<std::size_t>(draws_.between(0, last)), moment, to);
    }
  }

  /// Adds a fault of one node, if the policy allows it.
  bool add(FaultKind kind, const std::string& node, const EpisodeTime& time, Value fault) {
    return additions_.add(kind, {.time = time, .nodes = {node}, .cuts = kind != FaultKind::crash},
                          std::move(fault));
  }

  EpisodeTime within(Duration start, const DurationRange& lasting) {
    return {start, std::min<Duration>(draws_.between(lasting) / seconds{1} * seconds{1},
                                      additions_.active() - start)};
  }

  /// Who hears nothing looks odd to people before it is deaf: they take its games away.
  void drain_the_deaf(Duration moment) {
    const std::string shard = any_shard(into_, draws_);
    const Duration before = draws_.between({Duration{}, deaf_before});
    const EpisodeTime deaf = within(whole_milliseconds(moment - before), deaf_for);
    if (into_.shards > 1 && moment > earliest_loss &&
        add(FaultKind::partition_one_way, shard, deaf,
            object_value(
                {{"from", text_value(std::string(redis_node))}, {"to", text_value(shard)}}))) {
      additions_.order(moment, Verb::drain, shard);
      additions_.order(deaf.start + deaf.length, Verb::uncordon, shard);
    }
  }

  void forget(Value& restored, Duration start) {
    switch (draws_.between(0, 3)) {
      case 0: return forget_everything(restored, start);
      case 1:
        if (earliest_death <= start) {
          return forget_a_death(restored, start);
        }
        [[fallthrough]];
      default: return forget_moves(restored, start);
    }
  }

  bool put_back(Value& restored, Duration age, Duration lasting) {
    const Duration whole = whole_milliseconds(lasting);
    if (!additions_.put_back_for(whole)) {
      return false;
    }
    set_member(restored, "age", text_value(span_text(whole_milliseconds(age))));
    set_member(restored, "for", text_value(span_text(whole)));
    return true;
  }

  void end_orchestrator(Duration moment) {
    const std::string orchestrator(orchestrator_node);
    add(FaultKind::crash, orchestrator, {whole_milliseconds(moment), seconds{1}},
        object_value({{"target", text_value(orchestrator)}}));
  }

  bool cut_off(const std::string& shard, const EpisodeTime& time) {
    return add(
        FaultKind::partition, shard, time,
        object_value({{"from", text_value(shard)}, {"to", text_value(std::string(redis_node))}}));
  }

  /// The one that finds out that decisions are lost may not be the one that waits for their leases.
  void end_in_doubt(Duration back) {
    if (draws_.chance({1, 2})) {
      end_orchestrator(back + draws_.between(ends_in_doubt));
    }
  }

  /// The copy is of before the first games: all the shards run is unknown to it (4.5).
  void forget_everything(Value& restored, Duration start) {
    const Duration age = start - draws_.between(before_the_games);
    if (draws_.chance({1, 2}) || !put_back(restored, age, draws_.between(long_gone))) {
      put_back(restored, age, draws_.between(put_back_within));
    }
  }

  /// A shard is cut off, and its games are given to another one by a term that the store forgets. It is back when that one is
  /// cut off, or does not hear that it was given them.
  void forget_a_death(Value& restored, Duration start) {
    const std::vector<std::string> both = some_shards(2, into_, draws_);
    const std::string& dead = both[static_cast<std::size_t>(draws_.between(0, 1))];
    const std::string& since = &dead == &both.front() ? both.back() : both.front();
    const Duration away = whole_milliseconds(start - draws_.between(cut_off_before));
    if (!cut_off(dead, {away, whole_milliseconds(start + draws_.between(cut_off_after)) - away})) {
      return;
    }
    const Duration lasting = draws_.between(put_back_within);
    const Duration age = start - away + draws_.between(copied_before);
    if (!put_back(restored, age, lasting)) {
      return;
    }
    end_orchestrator(away + draws_.between({milliseconds{1}, seconds{5}}));
    for (std::uint64_t number = 1; number <= into_.shards; ++number) {
      if (const std::string shard = shard_named(number); shard != dead && shard != since) {
        additions_.order(away + seconds{30}, Verb::cordon, shard);
        additions_.order(start - seconds{1}, Verb::uncordon, shard);
      }
    }
    if (draws_.chance({1, 2})) {
      cut_off(since, within(whole_milliseconds(start - draws_.between({Duration{}, seconds{1}})),
                            lost_for));
    } else {
      add(FaultKind::partition_one_way, since, within(away + seconds{55}, lost_for),
          object_value({{"from", text_value(std::string(redis_node))}, {"to", text_value(since)}}));
    }
    end_in_doubt(start + lasting);
  }

  /// The store is put back to before a start of the orchestrator and some moves after it, and whoever got those games is
  /// cut off meanwhile.
  void forget_moves(Value& restored, Duration start) {
    const Duration age = draws_.between({shortest_age, start - fleet_is_stored});
    const Duration lasting = draws_.between(put_back_within);
    if (!put_back(restored, age, lasting)) {
      return;
    }
    const Duration copied = start - age;
    end_orchestrator(draws_.between({copied + seconds{1}, copied + age / 3}));
    const std::string shard = any_shard(into_, draws_);
    move_some(draws_.between({copied + age / 2, start - seconds{2}}), shard);
    cut_off(shard,
            within(whole_milliseconds(start - draws_.between({Duration{}, seconds{1}})), lost_for));
    end_in_doubt(start + lasting);
  }

  void end_a_game(const EpisodeTime& outage) {
    if (into_.games.empty() || outage.length < milliseconds{2}) {
      return;
    }
    const auto last = static_cast<std::int64_t>(into_.games.size()) - 1;
    SwarmGame& game = into_.games[static_cast<std::size_t>(draws_.between(0, last))];
    const Duration end = whole_milliseconds(
        outage.start + draws_.between({milliseconds{1}, outage.length - milliseconds{1}}));
    if (game.from + shortest_game <= end && end < additions_.active()) {
      game.until = end;
    }
  }

  Additions& additions_;
  SwarmDraw& into_;
  Stream& draws_;
};

}  // namespace

void draw_coincidences(Additions& additions, Stream& draws) {
  SwarmDraw& into = additions.drawn();
  Coincidences together(additions, draws);
  const std::size_t drawn = into.episodes.size();
  for (std::size_t i = 0; i < drawn; ++i) {
    if (ends_orchestrator(into.episodes[i])) {
      Value fault = into.episodes[i];
      together.at(fault);
      into.episodes[i] = std::move(fault);
    }
  }
  for (std::size_t game = 0; game < into.games.size(); ++game) {
    if (into.games[game].until && draws.chance({1, 4})) {
      together.at_end_of(game);
    }
  }
}

}  // namespace arbees::sim
