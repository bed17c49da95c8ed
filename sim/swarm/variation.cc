#include "sim/swarm/variation.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/scenario/document_text.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/span.h"
#include "sim/swarm/episode.h"
#include "sim/swarm/pick.h"

namespace arbees::sim {
namespace {

constexpr std::int64_t most_room = 60;
/// Bytes a second: a grant for a few games is longer than what passes in a lease.
constexpr std::int64_t most_starved = 8;

/// Two or more shards, at most as many as may be away at once; none if that is fewer.
std::optional<Value> several_shards(const SwarmDraw& fleet, Stream& draws) {
  const auto most = static_cast<std::int64_t>(most_away(fleet.shards));
  if (most < 2) {
    return std::nullopt;
  }
  std::vector<Value> names;
  for (const std::string& name : some_shards(draws.between(2, most), fleet, draws)) {
    names.push_back(text_value(name));
  }
  return list_value(std::move(names));
}

/// Kinds that happen to any program, ours or not.
bool happens_to_services(FaultKind kind) {
  return kind == FaultKind::crash || kind == FaultKind::restart || kind == FaultKind::pause ||
         kind == FaultKind::isolate;
}

std::optional<Value> other_target(FaultKind kind, const SwarmDraw& fleet, Stream& draws) {
  if (kind == FaultKind::check_failing) {
    // What shards work with, they mostly share.
    if (draws.chance({1, 3})) {
      return text_value("shards");
    }
    auto several = draws.chance({1, 2}) ? several_shards(fleet, draws) : std::nullopt;
    return several ? std::move(several) : text_value(any_shard(fleet, draws));
  }
  if (happens_to_services(kind) && !fleet.services.empty() && draws.chance({1, 8})) {
    const auto last = static_cast<std::int64_t>(fleet.services.size()) - 1;
    return text_value(fleet.services[static_cast<std::size_t>(draws.between(0, last))]);
  }
  return draws.chance({1, 5}) ? several_shards(fleet, draws) : std::nullopt;
}

/// So slow that what is sent does not arrive within a lease: heartbeats leave, grants never come.
void starve_reader(Value& fault, Stream& draws) {
  if (draws.chance({1, 2})) {
    set_member(fault, "bytes_per_second",
               count_value(static_cast<std::uint64_t>(draws.between(1, most_starved))));
  }
}

/// Few messages are held up, and those for so long that what was said after them has been done.
void hold_up_few(Value& fault, Stream& draws) {
  if (!draws.chance({1, 2})) {
    return;
  }
  const Duration longest = magnitude(draws, seconds{2}, seconds{30});
  set_member(fault, "delay",
             object_value({{"between", list_value({text_value(span_text(longest / 10)),
                                                   text_value(span_text(longest))})}}));
  set_member(fault, "share",
             object_value({{"of", count_value(static_cast<std::uint64_t>(draws.between(3, 20)))},
                           {"hits", count_value(1)}}));
}

/// What a shard is when it is back.
void change_shard(Value& fault, const SwarmDraw& fleet, Stream& draws) {
  if (draws.chance({1, 4})) {
    const Duration room = magnitude(draws, Duration{1}, Duration{most_room});
    set_member(fault, "max_games", count_value(static_cast<std::uint64_t>(room.count())));
  }
  if (fleet.old_wire > 0 && draws.chance({1, 3})) {
    set_member(fault, "wire", text_value(draws.chance({1, 2}) ? "old" : "ours"));
  }
}

/// A supervisor that restarts a server again and again does so every few seconds.
void flap_quickly(Value& fault, Stream& draws) {
  set_member(fault, "down", text_value(span_text(magnitude(draws, seconds{1}, seconds{5}))));
  set_member(fault, "up", text_value(span_text(magnitude(draws, seconds{8}, seconds{20}))));
}

}  // namespace

void vary(Value& fault, const FaultRow& row, const SwarmDraw& fleet, Stream& draws) {
  const bool has_a_way =
      row.kind == FaultKind::partition_one_way || row.kind == FaultKind::reset_mid_frame;
  if (has_a_way && draws.chance({1, 2})) {
    const Value from = *fault.find("from");
    set_member(fault, "from", *fault.find("to"));
    set_member(fault, "to", from);
  }
  if (row.kind == FaultKind::redis_flapping && draws.chance({3, 4})) {
    flap_quickly(fault, draws);
  } else if (row.kind == FaultKind::slow_reader) {
    starve_reader(fault, draws);
  } else if (row.kind == FaultKind::redis_messages_delayed) {
    hold_up_few(fault, draws);
  }
  if (fault.find("target") == nullptr) {
    return;
  }
  if (auto target = other_target(row.kind, fleet, draws)) {
    set_member(fault, "target", std::move(*target));
  }
  const Value& target = *fault.find("target");
  const bool changes = row.kind == FaultKind::crash || row.kind == FaultKind::restart;
  if (changes && target.text.starts_with("shard-")) {
    change_shard(fault, fleet, draws);
  }
}

}  // namespace arbees::sim
