#pragma once

#include "tests/sim/invariants_fixture.h"

namespace arbees::sim {

/// On a fleet of two shards, one of which may be started a second time.
class Prompt : public InvariantsFixture {
 protected:
  explicit Prompt(Limits limits = default_limits()) : InvariantsFixture(std::move(limits)) {
    stream_.fleet({"orchestrator", "A", "A-second", "B"});
  }

  static Limits default_limits() {
    Limits limits = limits_of_shards({"A", "B"});
    limits.shards.push_back(
        {.node = "A-second", .shard = ShardId("A"), .max_games = 20, .second = true});
    limits.unanswered_repeat = seconds{2};
    limits.heartbeat = seconds{10};
    return limits;
  }
  template <EventStruct E>
  void says(const char* node, const E& event) {
    stream_.by(node).says(event);
  }
  void beats(const char* shard, std::uint64_t number, const char* why = "interval") {
    says(shard, HeartbeatSent{ShardId(shard), HeartbeatSeq(number), why, 0});
  }
  void is_granted(const char* node, std::uint64_t number) {
    says(node, GrantReceived{ShardId("A"), Term(1), HeartbeatSeq(number), 0});
  }
  void hears(const char* shard, std::uint64_t number, std::uint64_t boot = 1) {
    says("orchestrator", HeartbeatHeard{ShardId(shard), Boot(boot), HeartbeatSeq(number), 0});
  }
  void grants(const char* shard, std::uint64_t boot, std::uint64_t number) {
    says("orchestrator",
         GrantSent{ShardId(shard), Boot(boot), HeartbeatSeq(number), seconds{45}, {}});
  }
  void enters(const char* mode) { says("orchestrator", ModeEntered{mode, "a test"}); }
  void leaves(const char* mode) { says("orchestrator", ModeLeft{mode, seconds{1}}); }
  void takes_office() { says("orchestrator", TermTaken{InstanceId("o"), Term(1), 0, 0}); }
  void starts(const char* node, std::uint64_t boot) {
    says(node, ShardStarted{ShardId("A"), Boot(boot), 20, "suppress"});
  }
  /// Until then nothing happens.
  void until(Duration time) {
    stream_.at(time);
    says("B", DependencyRecovered{ShardId("B"), "espn_api_ok"});
  }
};

}  // namespace arbees::sim
