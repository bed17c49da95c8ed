#include "sim/invariants/one_unfenced.h"

#include <algorithm>

#include "sim/invariants/words.h"

namespace arbees::sim {

OneUnfenced::OneUnfenced(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&OneUnfenced::on_unfenced>();
  listen<&OneUnfenced::on_fenced>();
  listen<&OneUnfenced::on_removed>();
  listen<&OneUnfenced::on_shard_started>();
  listen<&OneUnfenced::on_started>();
  listen<&OneUnfenced::on_exited>();
  listen<&OneUnfenced::on_crashed>();
  listen<&OneUnfenced::on_thawed>();
}

void OneUnfenced::on_unfenced(const GameUnfenced& event, const SimEnvelope& at) {
  const std::string node(at.node);
  auto& grantees = games_[event.game];
  grantees.insert_or_assign(node, Grantee{event.shard, true, at.time});
  if (grantees.size() < 2 || !is_judged(node)) {
    return;
  }
  checked();
  for (const auto& [other, grantee] : grantees) {
    if (grantee.shard != event.shard && grantee.may_emit && is_judged(other) &&
        speaks(other, at.time)) {
      violated(at.time, at.id,
               event.shard.str() + " may emit for " + event.game.str() + " from " +
                   in_words(at.time) + " on, and so may " + grantee.shard.str() + " since " +
                   in_words(grantee.since));
    }
  }
}

void OneUnfenced::on_fenced(const GameFenced& event, const SimEnvelope& at) {
  games_[event.game].insert_or_assign(std::string(at.node), Grantee{event.shard, false, at.time});
}

void OneUnfenced::on_removed(const GameRemoved& event, const SimEnvelope& at) {
  games_[event.game].insert_or_assign(std::string(at.node), Grantee{event.shard, false, at.time});
}

void OneUnfenced::on_shard_started(const ShardStarted& event, const SimEnvelope& at) {
  if (event.lease_mode == "off") {
    unleased_.emplace(at.node);
  } else {
    unleased_.erase(std::string(at.node));
  }
}

void OneUnfenced::on_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  ended(event.node.str());
}

void OneUnfenced::on_exited(const NodeExited& event, const SimEnvelope& /*at*/) {
  ended(event.node.str());
}

void OneUnfenced::on_crashed(const NodeCrashed& event, const SimEnvelope& /*at*/) {
  ended(event.node.str());
}

void OneUnfenced::ended(std::string_view node) {
  if (!fleet_.is_shard(node)) {
    return;
  }
  for (auto& [game, grantees] : games_) {
    if (const auto found = grantees.find(std::string(node)); found != grantees.end()) {
      found->second.may_emit = false;
    }
  }
}

void OneUnfenced::on_thawed(const NodeThawed& event, const SimEnvelope& at) {
  thawed_[event.node.str()] = at.time;
}

bool OneUnfenced::speaks(const std::string& node, SimTime now) const {
  const auto thawed = thawed_.find(node);
  return fleet_.answers(node) && !fleet_.slow(node) &&
         (thawed == thawed_.end() || thawed->second + seconds{1} < now);
}

bool OneUnfenced::is_judged(const std::string& node) const {
  const auto process = std::ranges::find(limits_.shards, node, &FleetShard::node);
  return process != limits_.shards.end() && !process->old_wire && !unleased_.contains(node) &&
         std::ranges::count(limits_.shards, process->shard, &FleetShard::shard) == 1;
}

}  // namespace arbees::sim
