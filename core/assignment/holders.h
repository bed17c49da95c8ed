#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace arbees {

/// One process of a shard that was told it may emit for a game.
struct Holder {
  ShardId shard;
  Boot boot;
  HeartbeatSeq
      last_named;  ///< the beat answered by the newest grant that names the game; none: of an earlier term
  MonoTime over;  ///< when that grant has certainly run out
};

/// Who may still emit for one game (ownership.md 4.2). A game is granted to its owner only when no
/// other shard is in here. Another process of the same shard does not count: a restart must be served
/// although the old process may be cut off and alive; consumers then tell them apart by epoch.
///
/// What an earlier term granted a process stands by itself, beside what ours does: it may last for longer (a farewell), and is void
/// once the process follows our term.
class Holders {
 public:
  void named(const ShardId& shard, Boot boot, HeartbeatSeq hb_seq, MonoTime over) {
    for (Holder& holder : holders_) {
      if (holder.shard == shard && holder.boot == boot &&
          holder.last_named.none() == hb_seq.none()) {
        holder.last_named = std::max(holder.last_named, hb_seq);
        holder.over = std::max(holder.over, over);
        return;
      }
    }
    holders_.push_back({shard, boot, hb_seq, over});
  }

  [[nodiscard]] bool empty() const { return holders_.empty(); }

  void release(const ShardId& shard) {
    std::erase_if(holders_, [&](const Holder& holder) { return holder.shard == shard; });
  }

  /// The process follows our term: what an earlier one granted it is void. Whether that was all it held by.
  bool forget_earlier_terms(const ShardId& shard, Boot boot) {
    const auto forgotten = std::erase_if(holders_, [&](const Holder& holder) {
      return holder.shard == shard && holder.boot == boot && holder.last_named.none();
    });
    return forgotten > 0 && find(shard, boot) == nullptr;
  }

  /// The first holder other than `owner` whose grant may still be valid.
  [[nodiscard]] const Holder* other_than(const ShardId& owner, MonoTime now) const {
    const auto found = std::ranges::find_if(
        holders_, [&](const Holder& holder) { return holder.shard != owner && holder.over > now; });
    return found == holders_.end() ? nullptr : &*found;
  }

  /// What our term granted the process, or else an earlier one.
  [[nodiscard]] const Holder* find(const ShardId& shard, Boot boot) const {
    const Holder* found = nullptr;
    for (const Holder& holder : holders_) {
      if (holder.shard == shard && holder.boot == boot &&
          (found == nullptr || found->last_named < holder.last_named)) {
        found = &holder;
      }
    }
    return found;
  }

  /// When the last grant to anyone but `owner` is over; nothing if there is none.
  [[nodiscard]] std::optional<MonoTime> others_over(const ShardId& owner) const {
    std::optional<MonoTime> last;
    for (const Holder& holder : holders_) {
      if (holder.shard != owner) {
        last = std::max(last.value_or(holder.over), holder.over);
      }
    }
    return last;
  }

  /// Forgets grants that are over and returns who holds the game no more.
  std::vector<ShardId> expire(MonoTime now) {
    std::set<ShardId> expired;
    std::erase_if(holders_, [&](const Holder& holder) {
      const bool over = holder.over <= now;
      if (over) {
        expired.insert(holder.shard);
      }
      return over;
    });
    for (const Holder& holder : holders_) {
      expired.erase(holder.shard);
    }
    return {expired.begin(), expired.end()};
  }

 private:
  std::vector<Holder> holders_;
};

}  // namespace arbees
