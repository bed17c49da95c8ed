#include "sim/invariants/capacity.h"

#include <algorithm>

#include "sim/invariants/words.h"

namespace arbees::sim {

Capacity::Capacity(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen_each<&Capacity::on_fleet_event>(FleetEvents{});
  listen<&Capacity::on_started>();
  listen<&Capacity::on_fault>();
  listen<&Capacity::on_marked>();
  listen<&Capacity::on_joined>();
  listen<&Capacity::on_prepared>();
  listen<&Capacity::on_ready>();
  listen<&Capacity::on_abandoned>();
  listen<&Capacity::on_assigned>();
  listen<&Capacity::on_ended>();
  listen<&Capacity::on_told>();
  listen<&Capacity::on_sent>();
  listen<&Capacity::on_command_ended>();
}

void Capacity::on_joined(const ShardJoined& event, const SimEnvelope& at) {
  Shard& shard = shards_[event.shard];
  shard.excess_told = false;
  shard.max_games_before = shard.max_games;
  shard.max_games = event.max_games;
  shard.joined = at.time;
  shard.leaving.clear();  // a new process runs nothing yet
  on_fleet_event(at);
}

/// It may not know of a mark that its predecessor could not commit.
void Capacity::on_started(const OrchestratorStarted& /*event*/, const SimEnvelope& /*at*/) {
  for (auto& [id, shard] : shards_) {
    shard.kept_since = never;
  }
}

/// Nobody knows any more what a store that is restored has lost; what runs is found by and by.
void Capacity::on_fault(const FaultStarted& event, const SimEnvelope& /*at*/) {
  if (event.fault == "store_restored") {
    owners_.clear();
    for (auto& [id, shard] : shards_) {
      shard.committed.clear();
    }
  }
}

void Capacity::on_marked(const ShardMarked& event, const SimEnvelope& at) {
  Shard& shard = shards_[event.shard];
  const bool gets_games = FleetState::gets_games(event);
  shard.kept_since = gets_games ? never : std::min(shard.kept_since, at.time);
}

void Capacity::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  const auto [owner, first] = owners_.try_emplace(event.game, event.shard);
  if (!first && owner->second == event.shard) {
    shards_[event.shard].committed.insert(event.game);
    return;
  }
  if (!first) {
    shards_[owner->second].committed.erase(event.game);
    owner->second = event.shard;
  }
  Shard& shard = shards_[event.shard];
  shard.committed.insert(event.game);
  if (event.reason == "adopted" || event.reason == "restarted") {
    return;
  }
  const Given given{event.shard, event.game, event.reason, decided(at.time, event.took)};
  check_marks(given, at);
  check_room(given, at);
}

void Capacity::check_room(const Given& given, const SimEnvelope& at) {
  const Shard& shard = shards_[given.shard];
  const bool joined_meanwhile = shard.joined != never && given.decided < shard.joined;
  const std::uint64_t takes =
      joined_meanwhile ? std::max(shard.max_games, shard.max_games_before) : shard.max_games;
  if (takes == 0) {
    return;
  }
  checked();
  const auto leaving = std::ranges::count_if(shard.leaving, [&](const GameId& other) {
    return !shard.committed.contains(other) && !shard.prepared.contains(other);
  });
  const std::uint64_t held =
      shard.committed.size() + shard.prepared.size() + static_cast<std::uint64_t>(leaving);
  if (held > takes) {
    violated(at.time, at.id,
             given.game.str() + " was assigned (" + given.reason + ") at " + in_words(at.time) +
                 " to " + given.shard.str() + ", which takes " + std::to_string(takes) +
                 " games and now holds " + std::to_string(held) + ", " + std::to_string(leaving) +
                 " of them on their way out");
  }
}

void Capacity::check_marks(const Given& given, const SimEnvelope& at) {
  const SimTime since = shards_[given.shard].kept_since;
  if (given.reason != "order" && since != never && since < given.decided) {
    violated(at.time, at.id,
             given.game.str() + " was given (" + given.reason + ") at " + in_words(at.time) +
                 " to " + given.shard.str() + ", which an operator keeps from games since " +
                 in_words(since));
  }
}

void Capacity::on_prepared(const HandoffPrepared& event, const SimEnvelope& at) {
  const Given given{event.to, event.game, event.reason, decided(at.time, event.took)};
  check_marks(given, at);
  shards_[event.to].prepared.insert(event.game);
  check_room(given, at);
}

void Capacity::on_ready(const HandoffReady& event, const SimEnvelope& /*at*/) {
  shards_[event.to].prepared.erase(event.game);
}

void Capacity::on_abandoned(const HandoffAbandoned& event, const SimEnvelope& /*at*/) {
  shards_[event.to].prepared.erase(event.game);
}

void Capacity::on_ended(const GameEnded& event, const SimEnvelope& /*at*/) { forget(event.game); }

/// What was being decided when its game ended is written down all the same, and dropped next.
void Capacity::on_told(const OwnershipTold& event, const SimEnvelope& /*at*/) {
  if (event.shard.empty()) {
    forget(event.game);
  }
}

void Capacity::forget(const GameId& game) {
  const auto owner = owners_.find(game);
  if (owner != owners_.end()) {
    shards_[owner->second].committed.erase(game);
    owners_.erase(owner);
  }
  for (auto& [id, shard] : shards_) {
    shard.prepared.erase(game);  // A handoff ends with its game.
  }
}

void Capacity::on_sent(const CommandSent& event, const SimEnvelope& /*at*/) {
  if (event.type == "remove_game") {
    shards_[event.shard].leaving.insert(event.game);
  }
}

void Capacity::on_command_ended(const CommandEnded& event, const SimEnvelope& /*at*/) {
  if (event.type == "remove_game") {
    shards_[event.shard].leaving.erase(event.game);
  } else if (event.how == "refused") {
    shards_[event.shard].committed.erase(
        event.game);  // It does not run there, until it is given to it again.
  }
}

// --- an excess --------------------------------------------------------------------------------

void Capacity::on_fleet_event(const SimEnvelope& at) {
  disturbed_ = at.time;
  const auto* exited = at.event.get_if<NodeExited>();
  const auto* crashed = at.event.get_if<NodeCrashed>();
  const bool commands_forgotten =
      (exited != nullptr && fleet_.is_orchestrator(exited->node.str())) ||
      (crashed != nullptr && fleet_.is_orchestrator(crashed->node.str()));
  for (auto& [id, shard] : shards_) {
    if (commands_forgotten) {
      shard.leaving.clear();
    }
    if (const std::uint64_t found = excess(shard, at.time); found > 0) {
      wake_after(due_of(found));
    }
  }
}

std::uint64_t Capacity::excess(const Shard& shard, SimTime now) const {
  const auto live = static_cast<std::uint64_t>(std::ranges::count_if(
      shard.committed, [&](const GameId& game) { return !limits_.over(game, now); }));
  return shard.max_games > 0 && live > shard.max_games ? live - shard.max_games : 0;
}

std::uint64_t Capacity::room_beside(const ShardId& id) const {
  std::uint64_t room = 0;
  for (const auto& [other, shard] : shards_) {
    const std::uint64_t held =
        shard.committed.size() + shard.prepared.size() + shard.leaving.size();
    const bool counts = other != id && shard.kept_since == never && fleet_.any_answers(other);
    room += counts && shard.max_games > held ? shard.max_games - held : 0;
  }
  return room;
}

SimTime Capacity::due_of(std::uint64_t excess) const {
  const auto games = static_cast<Duration::rep>(excess);
  return disturbed_ + limits_.by_node_clock(limits_.tidied + games * seconds{1});
}

void Capacity::expired(SimTime moment) {
  for (auto& [id, shard] : shards_) {
    const std::uint64_t found = excess(shard, moment);
    if (found == 0 || shard.excess_told) {
      continue;
    }
    if (due_of(found) > moment) {
      wake_after(due_of(found));
    } else if (fleet_.healed() && fleet_.any_answers(id) && room_beside(id) >= found) {
      checked();
      shard.excess_told = true;
      violated(moment, EventId{},
               id.str() + " takes " + std::to_string(shard.max_games) + " games and has " +
                   std::to_string(found) + " more at " + in_words(moment) +
                   ", for which others have room; nothing happened to the fleet since " +
                   in_words(disturbed_));
    }
  }
}

}  // namespace arbees::sim
