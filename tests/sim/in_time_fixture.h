#pragma once

#include <utility>

#include "tests/sim/invariants_fixture.h"

namespace arbees::sim {

/// For invariants that are judged when time has passed.
class InvariantsInTime : public InvariantsFixture {
 protected:
  /// A signal a second, accepted at once, from the present until before `end`.
  void serve(const char* game, const char* shard, std::uint64_t epoch, Duration end) {
    for (Duration time = stream_.now().time_since_epoch(); time < end; time += seconds{1}) {
      stream_.at(time).accepts(shard, 1, game, epoch);
    }
  }
  /// The bound for one game.
  Duration bound(Disturbance::Kind kind, std::uint64_t silent = 0) const {
    return limits_.recovery({.kind = kind, .silent_shards = silent}, 1);
  }

  explicit InvariantsInTime(Limits limits = limits_of_shards({"A", "B", "C"}))
      : InvariantsFixture(std::move(limits)) {}
};

}  // namespace arbees::sim
