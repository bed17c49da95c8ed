#pragma once

#include <initializer_list>

#include "core/health/events.h"
#include "tests/sim/invariants_fixture.h"

namespace arbees::sim {

/// On a fleet of five shards, for rules that compare what is said with what is so.
class Truth : public InvariantsFixture {
 protected:
  Truth() : InvariantsFixture(limits_of_shards({"A", "B", "C", "D", "E"})) {
    stream_.fleet({"orchestrator", "A", "B", "C", "D", "E"});
  }

  void hears(const char* shard) {
    stream_.by("orchestrator")
        .says(HeartbeatHeard{
            .shard = ShardId(shard), .boot = Boot(1), .hb_seq = HeartbeatSeq(1), .games = 0});
  }
  void all_are_heard() {
    for (const char* shard : {"A", "B", "C", "D", "E"}) {
      hears(shard);
    }
  }
  template <EventStruct E>
  void orchestrator_says(const E& event) {
    stream_.by("orchestrator").says(event);
  }
  void checks_fail(std::initializer_list<const char*> shards) {
    for (const char* shard : shards) {
      stream_.by(shard).says(DependencyFailed{ShardId(shard), "espn_api_ok"});
    }
  }
  void checks_pass(std::initializer_list<const char*> shards) {
    for (const char* shard : shards) {
      stream_.by(shard).says(DependencyRecovered{ShardId(shard), "espn_api_ok"});
    }
  }
};

}  // namespace arbees::sim
