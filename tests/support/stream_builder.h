#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/alerts/events.h"
#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/redis/events.h"
#include "core/shard/events.h"
#include "sim/engine/recorder.h"
#include "sim/invariants/registry.h"
#include "sim/net/events.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// A hand-made stream of events for observers, written like a story:
///
///   stream.at(60'000ms).by("orchestrator").says(ShardDied{…});
///
/// Time and node stay until they are changed; each event gets the next id, and a cause unless
/// `uncaused()` comes before it, or that of `because`.
class StreamBuilder {
 public:
  explicit StreamBuilder(Observer& observer) : observer_(observer) {}

  StreamBuilder& at(Duration time) {
    EXPECT_GE(time, time_) << "a stream does not go back in time";
    time_ = time;
    return *this;
  }
  StreamBuilder& by(std::string_view node) {
    node_ =
        nodes_.try_emplace(std::string(node), static_cast<std::uint32_t>(nodes_.size() + 1)).first;
    return *this;
  }
  StreamBuilder& uncaused() {
    cause_ = EventId{};
    return *this;
  }
  StreamBuilder& because(EventId cause) {
    cause_ = cause;
    return *this;
  }
  template <EventStruct E>
  StreamBuilder& says(const E& event) {
    return record(event, cause_);
  }

  // What happens to nodes; said by the world.
  StreamBuilder& started(const char* node) {
    return of_world(NodeStarted{.node = NodeName(node), .starts = 1});
  }
  StreamBuilder& crashed(const char* node) { return of_world(NodeCrashed{.node = NodeName(node)}); }
  StreamBuilder& exited(const char* node) {
    return of_world(NodeExited{.node = NodeName(node), .code = 0, .why = "asked to"});
  }
  StreamBuilder& frozen(const char* node) { return of_world(NodeFrozen{.node = NodeName(node)}); }
  StreamBuilder& thawed(const char* node, Duration frozen_for) {
    return of_world(NodeThawed{.node = NodeName(node), .frozen_for = frozen_for});
  }
  /// Returns the id that `healed` needs.
  EventId fault(const char* kind, const char* target) {
    of_world(FaultStarted{.fault = kind, .target = target, .detail = {}});
    return last_;
  }
  StreamBuilder& feels(const char* node, EventId fault) {
    by("world");
    return record(NetworkFaultFelt{.node = NodeName(node)}, fault);
  }
  StreamBuilder& healed(EventId fault, const char* kind, const char* target) {
    by("world");
    return record(FaultHealed{.fault = kind, .target = target}, fault);
  }
  /// Both links of a node.
  StreamBuilder& links_ready(const char* node) {
    for (const auto role :
         {arbees::redis::LinkRole::publisher, arbees::redis::LinkRole::subscriber}) {
      by(node).says(arbees::redis::LinkReady{.role = role, .attempts = 1, .down_for = {}});
    }
    return *this;
  }
  StreamBuilder& link_lost(const char* node, arbees::redis::LinkRole role) {
    return by(node).says(arbees::redis::LinkLost{.role = role, .reason = "reset", .detail = {}});
  }
  /// Redis, an orchestrator and shards, all started and linked at once.
  StreamBuilder& fleet(std::initializer_list<const char*> programs) {
    started("redis");
    for (const char* node : programs) {
      started(node).links_ready(node);
    }
    return *this;
  }

  // What shards and the consumer say; the node of a shard has the shard's name.
  StreamBuilder& removes(const char* shard, const char* game, std::uint64_t epoch) {
    return by(shard).says(GameRemoved{ShardId(shard), GameId(game), Epoch(epoch), "ordered"});
  }
  StreamBuilder& fences(const char* shard, const char* game, std::uint64_t epoch) {
    return by(shard).says(GameFenced{ShardId(shard), GameId(game), Epoch(epoch), "no_grant_yet"});
  }
  StreamBuilder& unfences(const char* shard, const char* game, std::uint64_t epoch) {
    return by(shard).says(GameUnfenced{ShardId(shard), GameId(game), Epoch(epoch)});
  }
  StreamBuilder& emits(const char* shard, std::uint64_t boot, const char* game,
                       std::uint64_t epoch) {
    return by(shard).says(SignalEmitted{.shard = ShardId(shard),
                                        .boot = Boot(boot),
                                        .game = GameId(game),
                                        .epoch = Epoch(epoch),
                                        .seq = SignalSeq(++seq_),
                                        .lease_left = seconds{30}});
  }
  StreamBuilder& accepts(const char* shard, std::uint64_t boot, const char* game,
                         std::uint64_t epoch, bool by_feed = false) {
    return by("consumer")
        .says(SignalAccepted{.game = GameId(game),
                             .epoch = Epoch(epoch),
                             .seq = SignalSeq(++seq_),
                             .shard = ShardId(shard),
                             .boot = Boot(boot),
                             .lease_left = seconds{30},
                             .by_feed = by_feed});
  }

  // What the orchestrator says.
  StreamBuilder& discovers(const char* game) {
    return by("orchestrator").says(GameDiscovered{.game = GameId(game), .sport = "nba"});
  }
  StreamBuilder& joins(const char* shard, std::uint64_t boot, std::uint64_t max_games = 20) {
    return by("orchestrator")
        .says(ShardJoined{.shard = ShardId(shard),
                          .boot = Boot(boot),
                          .generation = Generation(boot),
                          .max_games = max_games,
                          .leased = true});
  }
  StreamBuilder& assigns(const char* game, const char* shard, std::uint64_t boot,
                         std::uint64_t epoch, const char* reason = "first", Duration took = {}) {
    return by("orchestrator")
        .says(GameAssigned{.game = GameId(game),
                           .shard = ShardId(shard),
                           .boot = Boot(boot),
                           .epoch = Epoch(epoch),
                           .previous = std::exchange(owners_[game], ShardId(shard)),
                           .reason = reason,
                           .took = took});
  }
  /// The next who is given the game gets it from nobody.
  StreamBuilder& nobody_owns(const char* game) {
    owners_.erase(game);
    return *this;
  }
  StreamBuilder& acknowledges(const char* game, const char* shard, std::uint64_t boot,
                              std::uint64_t epoch) {
    return by("orchestrator")
        .says(GameAcknowledged{.game = GameId(game),
                               .shard = ShardId(shard),
                               .boot = Boot(boot),
                               .epoch = Epoch(epoch),
                               .took = {}});
  }
  StreamBuilder& commands(const char* shard, const char* type, std::uint64_t seq, const char* game,
                          std::uint64_t epoch, std::uint64_t attempt = 1) {
    return by("orchestrator")
        .says(CommandSent{.shard = ShardId(shard),
                          .type = type,
                          .seq = CommandSeq(seq),
                          .game = GameId(game),
                          .epoch = Epoch(epoch),
                          .attempt = attempt});
  }
  StreamBuilder& command_ends(const char* shard, const char* type, std::uint64_t seq,
                              const char* game, const char* how = "acknowledged") {
    return by("orchestrator")
        .says(CommandEnded{.shard = ShardId(shard),
                           .type = type,
                           .seq = CommandSeq(seq),
                           .game = GameId(game),
                           .how = how,
                           .took = {}});
  }
  StreamBuilder& changes(const char* shard, const char* from, const char* to) {
    return by("orchestrator")
        .says(StatusChanged{
            .shard = ShardId(shard), .from = from, .to = to, .why = "a test", .lasted = {}});
  }
  StreamBuilder& dies(const char* shard, const std::vector<const char*>& games = {}) {
    return by("orchestrator")
        .says(ShardDied{.shard = ShardId(shard),
                        .generation = Generation(1),
                        .last_heard = {},
                        .silent = seconds{60},
                        .games = {games.begin(), games.end()}});
  }

  [[nodiscard]] SimTime now() const { return SimTime(time_); }
  /// The id of the last event.
  [[nodiscard]] EventId last() const { return last_; }

 private:
  template <EventStruct E>
  StreamBuilder& of_world(const E& event) {
    return by("world").record(event, EventId{});
  }
  StreamBuilder& record(EventView event, EventId cause) {
    last_ = last_.next();
    observer_.observe(SimEnvelope{{.id = last_,
                                   .cause = cause,
                                   .node = node_->first,
                                   .node_time = MonoTime(time_),
                                   .event = event},
                                  SimTime(time_),
                                  NodeIndex{node_->second}});
    cause_ = EventId(1);
    return *this;
  }

  std::map<std::string, ShardId> owners_;
  Observer& observer_;
  Duration time_{};
  std::map<std::string, std::uint32_t> nodes_;
  std::map<std::string, std::uint32_t>::iterator node_;
  EventId last_;
  EventId cause_{1};
  std::uint64_t seq_ = 0;
};

/// Limits of a fleet of an orchestrator, a Redis and shards that are named as their nodes, at the
/// default settings.
[[nodiscard]] inline Limits limits_of_shards(std::initializer_list<const char*> shards,
                                             std::uint64_t max_games = 20, bool old_wire = false) {
  std::vector<ShardOfFleet> fleet;
  for (const char* shard : shards) {
    ShardSettings settings;
    settings.id = ShardId(shard);
    settings.max_games = max_games;
    fleet.push_back({.node = shard, .settings = settings, .old_wire = old_wire});
  }
  Limits limits = limits_of({"redis"}, {"orchestrator"}, OrchestratorSettings{}, fleet);
  limits.clock_drift_ppm = 0;  // bounds in round numbers
  return limits;
}

}  // namespace arbees::sim
