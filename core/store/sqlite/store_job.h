#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "core/ports/store.h"

namespace arbees::sqlite {

/// Something asked of a store file: what is in it, or to commit a batch.
struct StoreJob {
  Store::Loaded loaded = {};  ///< empty: it is a commit
  StoreBatch batch = {};
  Store::Committed committed = {};
};

/// So many commits are written at once at most: the first of them does not wait for a transaction without end.
inline constexpr std::size_t together_max = 256;

/// Takes the next job out of `jobs`, which are not empty; with a commit those that wait behind it. They are written in one transaction: on a slow
/// disk, what was decided during one write waits for one more, not for one each (group commit).
[[nodiscard]] std::vector<StoreJob> take_together(std::deque<StoreJob>& jobs);

/// The batches of commits, in their order.
[[nodiscard]] std::vector<StoreBatch> batches_of(std::vector<StoreJob>& commits);

}  // namespace arbees::sqlite
