#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/ports/store.h"
#include "core/store/sqlite/store_file.h"
#include "core/store/sqlite/store_job.h"
#include "prod/asio/loop.h"

namespace arbees::prod {

/// A store file behind a thread of its own: the disk never holds up a step. Calls are carried out in
/// their order; each completion is a step of the loop. What was asked for before the end is still
/// written; nobody is told any more.
class WorkerStore final : public Store {
 public:
  /// `loop` must outlive the store.
  WorkerStore(sqlite::StoreFile file, Loop& loop);
  ~WorkerStore() override;
  WorkerStore(const WorkerStore&) = delete;
  WorkerStore& operator=(const WorkerStore&) = delete;

  void load(Loaded done) override;
  void commit(StoreBatch batch, Committed done) override;
  [[nodiscard]] bool durable() const override { return true; }
  [[nodiscard]] bool remembers_all() const override { return !created_; }

 private:
  void enqueue(sqlite::StoreJob job);
  void carry_out(std::vector<sqlite::StoreJob> jobs);
  /// `completion` becomes a step, unless the store is gone by then.
  void complete(std::function<void()> completion);
  void work(const std::stop_token& stop);

  sqlite::StoreFile file_;  ///< the thread's, once it runs
  bool created_ = file_.created();
  Loop& loop_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  ///< asked for by steps
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<sqlite::StoreJob> jobs_;
  std::jthread thread_;
};

}  // namespace arbees::prod
