#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace arbees {

/// When each shard is to be looked at next. A moment may be too early, never too late: who looks finds out
/// when something is really due and says when to look again. So a heartbeat, which only puts things
/// off, costs nothing here, and a step costs what is due, not what there are shards.
class LookQueue {
 public:
  void at(const ShardId& shard, MonoTime moment) {
    forget(shard);
    moments_.emplace(shard, moment);
    order_.emplace(moment, shard);
  }

  void forget(const ShardId& shard) {
    if (const auto known = moments_.find(shard); known != moments_.end()) {
      order_.erase({known->second, shard});
      moments_.erase(known);
    }
  }

  /// The next moment after `now`: what is due by then has been looked at and waits for something else.
  [[nodiscard]] std::optional<MonoTime> next_after(MonoTime now) const {
    const auto found =
        std::ranges::find_if(order_, [&](const auto& entry) { return entry.first > now; });
    return found == order_.end() ? std::nullopt : std::optional(found->first);
  }

  /// Those to be looked at by now; they stay until they are given another moment or forgotten.
  [[nodiscard]] std::vector<ShardId> due(MonoTime now) const {
    std::vector<ShardId> found;
    for (auto entry = order_.begin(); entry != order_.end() && entry->first <= now; ++entry) {
      found.push_back(entry->second);
    }
    return found;
  }

 private:
  std::map<ShardId, MonoTime> moments_;
  std::set<std::pair<MonoTime, ShardId>> order_;
};

}  // namespace arbees
