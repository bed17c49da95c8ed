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
      if (into_.shards > 1 && earliest_loss <= time.start && draws_.chance({1, 2})) {
        forget_moves(fault, time.start);
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

  void at_end_of(std::size_t game) {
    const Duration until = *into_.games[game].until;
    additions_.move(game, until - draws_.between({milliseconds{1}, move_lasts}), {});
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

  /// The store is put back to before a start of the orchestrator and some moves after it, and whoever got those games is
  /// cut off meanwhile.
  void forget_moves(Value& restored, Duration start) {
    const Duration age = draws_.between({shortest_age, start - fleet_is_stored});
    set_member(restored, "age", text_value(span_text(whole_milliseconds(age))));
    set_member(restored, "for",
               text_value(span_text(whole_milliseconds(draws_.between(put_back_within)))));
    const Duration copied = start - age;
    add(FaultKind::crash, std::string(orchestrator_node),
        {whole_milliseconds(draws_.between({copied + seconds{1}, copied + age / 3})), seconds{1}},
        object_value({{"target", text_value(std::string(orchestrator_node))}}));
    const std::string shard = any_shard(into_, draws_);
    move_some(draws_.between({copied + age / 2, start - seconds{2}}), shard);
    const EpisodeTime lost =
        within(whole_milliseconds(start - draws_.between({Duration{}, seconds{1}})), lost_for);
    add(FaultKind::partition, shard, lost,
        object_value({{"from", text_value(shard)}, {"to", text_value(std::string(redis_node))}}));
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
