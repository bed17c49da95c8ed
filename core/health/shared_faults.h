#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/health/conditions.h"

namespace arbees {

/// How much of a fleet has one established condition.
struct Spread {
  std::uint64_t sufferers;
  std::uint64_t living;
};

/// The conditions that more than half of the living shards, and at least two of them, have: their cause
/// lies outside of the shards, and moving games between them cures nothing (M11: when ESPN is down, every
/// shard would evict its games to the next one, in a circle).
[[nodiscard]] std::map<std::string, Spread> shared_faults(
    const std::vector<const Conditions*>& living);

/// Whether `target` has one of the conditions for which `source` might give its games away.
[[nodiscard]] bool share_a_fault(const Conditions& source, const Conditions& target);

/// Why the games of a shard that is alive should be elsewhere.
enum class LeaveReason : std::uint8_t { unstable, degraded };

[[nodiscard]] std::string_view to_string(LeaveReason reason);

/// The reason why a shard's games should move, if there is one: it is unstable, or its beats have shown a
/// condition for `sustained` that is not among the `shared`. Whether there is a better place is not asked
/// here; one that shares the fault is none. `sustained` 0: no condition is a reason.
///
/// A fault that was shared counts from the moment in `shared_until` on: when ESPN is back, some shards say so
/// earlier than others, and the last ones must not evict their games for what is as good as over.
[[nodiscard]] std::optional<LeaveReason> reason_to_leave(
    const Conditions& conditions, bool unstable, const std::map<std::string, Spread>& shared,
    Duration sustained, const std::map<std::string, MonoTime>& shared_until = {});

}  // namespace arbees
