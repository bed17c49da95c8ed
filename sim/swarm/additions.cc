#include "sim/swarm/additions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/assert.h"
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
  return add(kind, episode, std::move(fault), into_.stable);
}

bool Additions::add_soon(FaultKind kind, const PlannedEpisode& episode, Value fault) {
  return add(kind, episode, std::move(fault), Duration{});
}

bool Additions::add(FaultKind kind, const PlannedEpisode& episode, Value fault, Duration stable) {
  const bool allowed =
      into_.old_wire == 0 || std::ranges::find(beside_old_wire_, kind) != beside_old_wire_.end();
  if (!allowed || !refusal(episode, planned_, stable, into_.shards).empty()) {
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

bool Additions::put_back_for(Duration length) {
  const auto lost = std::ranges::find(planned_, true, &PlannedEpisode::forgets);
  ensure(lost != planned_.end(), "the store is put back in this run");
  PlannedEpisode changed = *lost;
  changed.time.length = length;
  std::vector<PlannedEpisode> others(planned_.begin(), lost);
  others.insert(others.end(), std::next(lost), planned_.end());
  if (active_ < changed.time.start + length ||
      !refusal(changed, others, into_.stable, into_.shards).empty()) {
    return false;
  }
  *lost = changed;
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
