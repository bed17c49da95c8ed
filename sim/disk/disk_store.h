#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/ports/clock.h"
#include "core/ports/event_sink.h"
#include "core/ports/store.h"
#include "core/store/sqlite/store_file.h"
#include "core/store/sqlite/store_job.h"
#include "sim/disk/disk.h"
#include "sim/disk/image_print.h"
#include "sim/disk/sqlite_vfs.h"

namespace arbees::sim {

/// The store of production, SQLite and all, on a simulated disk: one job after the other, or commits together, each as long as
/// its operations take, as by the worker thread in production. The file is opened by the first `load`,
/// and by the next ones until that succeeds.
///
/// Says what it begins, acknowledges and loads: invariant I14 is judged by that.
class DiskStore final : public Store {
 public:
  /// All must outlive the store. `seed` is that of what SQLite draws.
  DiskStore(Disk& disk, Clock& clock, EventSink& events, std::uint64_t seed);
  ~DiskStore() override;

  void load(Loaded done) override;
  void commit(StoreBatch batch, Committed done) override;
  [[nodiscard]] bool durable() const override { return true; }
  /// A fleet begins with its store: before the first file nobody was granted anything.
  [[nodiscard]] bool remembers_all() const override { return first_ || !created_; }

  static constexpr const char* file_name = "arbees.db";

 private:
  void enqueue(sqlite::StoreJob job);
  void begin_next();
  void begin_load(Loaded done);
  void begin_commits(std::vector<sqlite::StoreJob> jobs);
  void complete_next();
  [[nodiscard]] std::expected<StoreImage, StoreError> load_file();
  [[nodiscard]] std::vector<sqlite::StoreFile::Result> write(std::span<const StoreBatch> batches);

  Disk& disk_;
  Clock& clock_;
  EventSink& events_;
  std::uint64_t seed_;
  bool first_;  ///< this program is the first that ever used the disk
  bool created_ = false;
  SqliteVfs vfs_;
  std::optional<sqlite::StoreFile> file_;
  StoreImage image_;  ///< as acknowledged
  ImagePrint print_;
  std::deque<sqlite::StoreJob> jobs_;
  std::deque<std::function<void()>> completions_;  ///< of what is in flight, each a step
  bool settled_ = true;                            ///< what is in flight is on the disk
  std::unique_ptr<Timer> timer_;
};

}  // namespace arbees::sim
