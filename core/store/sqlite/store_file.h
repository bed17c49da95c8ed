#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/ports/store.h"

namespace arbees::sqlite {

class Database;

/// The orchestrator's state in one SQLite file, open in one process at a time. What `commit` has
/// acknowledged survives a crash and the loss of power (synchronous=FULL). Calls block on the disk.
class StoreFile {
 public:
  /// Opens the file, or creates it, through the VFS of that name (empty: the system's). The error is for
  /// people: what is wrong with the file and what to do.
  [[nodiscard]] static std::expected<StoreFile, std::string> open(const std::string& path,
                                                                  const std::string& vfs = {});
  ~StoreFile();
  /// Whether nobody had ever committed anything to it when it was opened.
  [[nodiscard]] bool created() const { return created_; }
  StoreFile(StoreFile&& other) noexcept;
  StoreFile& operator=(StoreFile&& other) noexcept;

  [[nodiscard]] std::expected<StoreImage, StoreError> load();
  using Result = std::expected<void, StoreError>;
  /// All of the batch or nothing.
  [[nodiscard]] Result commit(const StoreBatch& batch);
  /// One after the other, each with its own compare and its own answer, and all durable at once. Where the disk fails, all fail:
  /// none of them is durable without the others.
  [[nodiscard]] std::vector<Result> commit(std::span<const StoreBatch> batches);
  /// The newest rows of the audit, oldest first.
  [[nodiscard]] std::expected<std::vector<AuditRow>, StoreError> audit(std::size_t newest);

 private:
  StoreFile(std::string path, std::unique_ptr<Database> database);

  std::string path_;
  std::unique_ptr<Database> database_;
  bool created_ = false;
};

}  // namespace arbees::sqlite
