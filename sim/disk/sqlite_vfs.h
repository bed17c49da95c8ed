#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct sqlite3_vfs;

namespace arbees::sim {

class Disk;

/// Lets the SQLite of one program work on a simulated disk, under a name of its own, as long as this lives. Time stands still
/// for it, and it gives no randomness: SQLite's generator is one for the whole process (SeededSqlite).
class SqliteVfs {
 public:
  explicit SqliteVfs(Disk& disk);
  ~SqliteVfs();
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

  /// Whom it serves. When that program is gone, nothing reaches the disk any more.
  struct Served {
    Disk* disk;
    std::uint64_t program;

    [[nodiscard]] bool dead() const;
  };

 private:
  Served served_;
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

/// While it lives, what SQLite draws follows from the seed alone, whatever else uses SQLite in this
/// process before, after or in between: worlds share nothing.
class SeededSqlite {
 public:
  explicit SeededSqlite(std::uint64_t seed);
  ~SeededSqlite();
  SeededSqlite(const SeededSqlite&) = delete;
  SeededSqlite& operator=(const SeededSqlite&) = delete;
};

}  // namespace arbees::sim
