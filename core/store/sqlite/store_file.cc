#include "core/store/sqlite/store_file.h"

#include <utility>

#include <sqlite3.h>

#include "core/store/sqlite/database.h"
#include "core/store/sqlite/rows.h"
#include "core/store/sqlite/schema.h"

namespace arbees::sqlite {
namespace {

std::string advice(int code) {
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process has it open; end that one first, only one orchestrator may use a "
             "file";
    case SQLITE_FULL: return "free space on its disk; nothing is lost, it is tried again";
    case SQLITE_CANTOPEN: return "its folder must exist and be writable";
    case SQLITE_READONLY:
    case SQLITE_PERM: return "give this user the right to write it and its folder";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "keep it for a look, and restore a copy or start with a new file: the orchestrator "
             "then "
             "learns from the shards who owns what";
    default: return "look at its disk";
  }
}

std::string explain(const std::string& path, const std::string& doing, const Error& error) {
  return doing + " " + path + ": " + error.what() + "; " + advice(error.code());
}

}  // namespace

StoreFile::StoreFile(std::string path, std::unique_ptr<Database> database)
    : path_(std::move(path)), database_(std::move(database)) {}
StoreFile::~StoreFile() = default;
StoreFile::StoreFile(StoreFile&& other) noexcept = default;
StoreFile& StoreFile::operator=(StoreFile&& other) noexcept = default;

std::expected<StoreFile, std::string> StoreFile::open(const std::string& path,
                                                      const std::string& vfs) {
  try {
    auto database = std::make_unique<Database>(path, vfs);
    if (const std::string damage = database->integrity(); damage != "ok") {
      throw Error(SQLITE_CORRUPT, "it is damaged (" + damage + ")");
    }
    if (const std::string problem = migrate(*database); !problem.empty()) {
      return std::unexpected(path + " " + problem);
    }
    StoreFile file(path, std::move(database));
    file.created_ = load_office(*file.database_).term.none();
    return file;
  } catch (const Error& error) {
    return std::unexpected(explain(path, "opening", error));
  }
}

std::expected<StoreImage, StoreError> StoreFile::load() {
  try {
    return load_image(*database_);
  } catch (const Error& error) {
    return std::unexpected(StoreError{StoreFailure::unavailable, explain(path_, "reading", error)});
  }
}

StoreFile::Result StoreFile::commit(const StoreBatch& batch) {
  return commit(std::span(&batch, 1)).front();
}

std::vector<StoreFile::Result> StoreFile::commit(std::span<const StoreBatch> batches) {
  try {
    std::vector<Result> results;
    Transaction transaction(*database_);
    for (const StoreBatch& batch : batches) {
      const StoreImage stored = load_office(*database_);
      results.push_back(check_term(batch, stored.term));
      if (results.back()) {
        put_batch(*database_, batch, stored);
      }
    }
    transaction.commit();
    return results;
  } catch (const Error& error) {
    return {batches.size(), std::unexpected(StoreError{StoreFailure::unavailable,
                                                       explain(path_, "writing", error)})};
  }
}

std::expected<std::vector<AuditRow>, StoreError> StoreFile::audit(std::size_t newest) {
  try {
    return load_audit(*database_, newest);
  } catch (const Error& error) {
    return std::unexpected(StoreError{StoreFailure::unavailable, explain(path_, "reading", error)});
  }
}

}  // namespace arbees::sqlite
