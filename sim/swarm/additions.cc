#include "sim/swarm/additions.h"

#include <utility>

#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

bool live(const SwarmGame& game, Duration at) {
  return game.from + placed_within <= at && (!game.until || at < *game.until);
}

Value order_at(Duration at, Verb verb) {
  return object_value({{"at", text_value(span_text(whole_milliseconds(at)))},
                       {"order", text_value(std::string(to_string(verb)))}});
}

}  // namespace

Duration whole_milliseconds(Duration span) { return span / milliseconds{1} * milliseconds{1}; }

bool Additions::add(FaultKind kind, const PlannedEpisode& episode, Value fault) {
  if (into_.old_wire > 0) {
    return false;  // Beside shards of the existing system only those kinds happen that are named for it.
  }
  if (!refusal(episode, planned_, into_.stable, into_.shards).empty()) {
    return false;
  }
  planned_.push_back(episode);
  const std::string_view name = fault_row(kind).name;
  set_member(fault, "fault", text_value(std::string(name)));
  set_member(fault, "name",
             text_value("together-" + std::to_string(++added_) + "-" + std::string(name)));
  set_member(fault, "at", text_value(span_text(episode.time.start)));
  set_member(fault, "for", text_value(span_text(episode.time.length)));
  into_.episodes.push_back(std::move(fault));
  return true;
}

void Additions::order(Duration at, Verb verb, const std::string& shard) {
  Value order = order_at(at, verb);
  set_member(order, "shard", text_value(shard));
  into_.orders.push_back(std::move(order));
}

void Additions::move(std::size_t game, Duration at, const std::string& to) {
  if (into_.shards < 2 || !live(into_.games[game], at)) {
    return;
  }
  Value order = order_at(at, Verb::move);
  set_member(order, "game", text_value("game-" + std::to_string(game + 1)));
  if (!to.empty()) {
    set_member(order, "shard", text_value(to));
  }
  into_.orders.push_back(std::move(order));
}

}  // namespace arbees::sim
