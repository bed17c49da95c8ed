#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "core/ports/clock.h"
#include "core/ports/event_sink.h"
#include "core/ports/store.h"
#include "core/store/sqlite/store_file.h"
#include "sim/disk/disk.h"
#include "sim/disk/image_print.h"
#include "sim/disk/sqlite_vfs.h"

namespace arbees::sim {

/// The store of production, SQLite and all, on a simulated disk: one job after the other, each as long as
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
  using Completion = std::function<void()>;
  /// Does its work on the disk, and says what to do when that is over.
  using Job = std::function<Completion()>;

  void enqueue(Job job);
  void begin_next();
  void complete();
  [[nodiscard]] std::expected<StoreImage, StoreError> load_file();
  [[nodiscard]] std::expected<void, StoreError> write(const StoreBatch& batch);

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
  std::deque<Job> jobs_;
  Completion in_flight_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace arbees::sim
