#include "prod/store/worker_store.h"

#include <utility>

namespace arbees::prod {

WorkerStore::WorkerStore(sqlite::StoreFile file, Loop& loop)
    : file_(std::move(file)),
      loop_(loop),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

WorkerStore::~WorkerStore() {
  thread_.request_stop();
  thread_.join();
}

void WorkerStore::load(Loaded done) { enqueue({.loaded = std::move(done)}); }

void WorkerStore::commit(StoreBatch batch, Committed done) {
  enqueue({.batch = std::move(batch), .committed = std::move(done)});
}

void WorkerStore::enqueue(sqlite::StoreJob job) {
  {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void WorkerStore::carry_out(std::vector<sqlite::StoreJob> jobs) {
  if (jobs.front().loaded) {
    complete([done = std::move(jobs.front().loaded), image = file_.load()] { done(image); });
    return;
  }
  const auto results = file_.commit(sqlite::batches_of(jobs));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    complete([done = std::move(jobs[i].committed), result = results[i]] { done(result); });
  }
}

void WorkerStore::complete(std::function<void()> completion) {
  loop_.post([completion = std::move(completion), alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) {
      completion();
    }
  });
}

void WorkerStore::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !jobs_.empty(); })) {
    std::vector<sqlite::StoreJob> jobs = sqlite::take_together(jobs_);
    lock.unlock();
    carry_out(std::move(jobs));
    lock.lock();
  }
}

}  // namespace arbees::prod
