#include "sim/swarm/orders.h"

#include <array>
#include <optional>
#include <string>

#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

constexpr Duration orders_begin = seconds{20};
constexpr Duration shortest_order = seconds{1};

/// What an operator may ask for, and what takes it back.
struct Request {
  Verb verb;
  std::optional<Verb> end;
};

constexpr std::array requests{
    Request{Verb::cordon, Verb::uncordon},
    Request{Verb::drain, Verb::uncordon},
    Request{Verb::maintenance, Verb::end_maintenance},
    Request{Verb::pause, Verb::resume},
    Request{Verb::resync, std::nullopt},
    Request{Verb::move, std::nullopt},
};

std::string numbered(std::string_view stem, std::uint64_t count, Stream& draws) {
  return std::string(stem) + std::to_string(draws.between(1, static_cast<std::int64_t>(count)));
}

Value order_of(Verb verb, Duration at) {
  return object_value(
      {{"at", text_value(span_text(at))}, {"order", text_value(std::string(to_string(verb)))}});
}

}  // namespace

void draw_orders(const Scenario& profile, std::vector<PlannedEpisode> planned, SwarmDraw& into,
                 Stream& draws) {
  const CountRange& range = profile.swarm->orders;
  const Duration active = profile.duration - profile.swarm->calm;
  const std::int64_t wanted =
      draws.between(static_cast<std::int64_t>(range.least), static_cast<std::int64_t>(range.most));
  for (std::int64_t i = 0; i < wanted; ++i) {
    const Request& request = requests[static_cast<std::size_t>(
        draws.between(0, static_cast<std::int64_t>(requests.size()) - 1))];
    EpisodeTime time;
    time.start = draws.between({orders_begin, active - 2 * shortest_order}) / milliseconds{100} *
                 milliseconds{100};
    time.length = magnitude(draws, shortest_order, active - time.start);
    const std::string shard = numbered("shard-", into.shards, draws);
    Value order = order_of(request.verb, time.start);
    if (request.verb == Verb::move) {
      if (into.games.empty()) {
        continue;
      }
      const auto game = draws.between(1, static_cast<std::int64_t>(into.games.size()));
      const Duration live = into.games[static_cast<std::size_t>(game) - 1].from + placed_within;
      if (time.start < live) {  // Before, there is nothing to be moved.
        set_member(order, "at", text_value(span_text(std::min(live, active - shortest_order))));
      }
      set_member(order, "game", text_value("game-" + std::to_string(game)));
    } else if (request.verb != Verb::pause) {
      set_member(order, "shard", text_value(shard));
    }
    if (request.verb == Verb::drain && draws.chance({1, 2})) {
      set_member(order, "deadline",
                 text_value(span_text(magnitude(draws, shortest_order, minutes{1}))));
    }
    if (request.verb == Verb::cordon || request.verb == Verb::drain) {
      // Another name than the shard's: it may break meanwhile.
      const PlannedEpisode episode{.time = time, .nodes = {shard + " gets no games"}};
      const std::string why = refusal(episode, planned, Duration{}, into.shards);
      if (!why.empty()) {
        into.refused.push_back(std::string(to_string(request.verb)) + " of " + shard + ": " + why);
        continue;
      }
      planned.push_back(episode);
    }
    into.orders.push_back(std::move(order));
    if (request.end) {
      Value end = order_of(*request.end, time.start + time.length);
      if (request.verb != Verb::pause) {
        set_member(end, "shard", text_value(shard));
      }
      into.orders.push_back(std::move(end));
    }
  }
}

}  // namespace arbees::sim
