#include "core/store/sqlite/store_job.h"

#include <utility>

#include "core/base/assert.h"

namespace arbees::sqlite {

std::vector<StoreJob> take_together(std::deque<StoreJob>& jobs) {
  ensure(!jobs.empty(), "there is a job to take");
  std::vector<StoreJob> together;
  do {
    together.push_back(std::move(jobs.front()));
    jobs.pop_front();
  } while (!together.back().loaded && !jobs.empty() && !jobs.front().loaded &&
           together.size() < together_max);
  return together;
}

std::vector<StoreBatch> batches_of(std::vector<StoreJob>& commits) {
  std::vector<StoreBatch> batches;
  batches.reserve(commits.size());
  for (StoreJob& commit : commits) {
    ensure(!commit.loaded, "only commits have batches");
    batches.push_back(std::move(commit.batch));
  }
  return batches;
}

}  // namespace arbees::sqlite
