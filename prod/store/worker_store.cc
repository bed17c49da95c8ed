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

void WorkerStore::load(Loaded done) {
  enqueue([this, done = std::move(done)]() mutable {
    complete([done = std::move(done), image = file_.load()]() mutable { done(std::move(image)); });
  });
}

void WorkerStore::commit(StoreBatch batch, Committed done) {
  enqueue([this, batch = std::move(batch), done = std::move(done)]() mutable {
    complete([done = std::move(done), result = file_.commit(batch)]() mutable {
      done(std::move(result));
    });
  });
}

void WorkerStore::enqueue(Job job) {
  {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void WorkerStore::complete(Job completion) {
  loop_.post([completion = std::move(completion), alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) {
      completion();
    }
  });
}

void WorkerStore::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !jobs_.empty(); })) {
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace arbees::prod
