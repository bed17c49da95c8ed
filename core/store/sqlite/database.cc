#include "core/store/sqlite/database.h"

#include <bit>

#include <sqlite3.h>

#include "core/base/assert.h"

namespace arbees::sqlite {
namespace {

[[noreturn]] void refuse(sqlite3* database, int code) {
  constexpr int primary = 0xff;
  throw Error(code & primary,
              database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code));
}

void check(sqlite3* database, int code) {
  if (code != SQLITE_OK) {
    refuse(database, code);
  }
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  check(database, sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement,
                                     nullptr));
  statement_.reset(statement);
}

Statement& Statement::bind(std::string_view text) {
  // An empty text is no NULL: the pointer must not be null.
  const char* bytes = text.empty() ? "" : text.data();
  check(sqlite3_db_handle(statement_.get()),
        sqlite3_bind_text(statement_.get(), ++bound_, bytes, static_cast<int>(text.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind(std::uint64_t number) {
  return bind(std::bit_cast<std::int64_t>(number));
}

Statement& Statement::bind(std::int64_t number) {
  check(sqlite3_db_handle(statement_.get()),
        sqlite3_bind_int64(statement_.get(), ++bound_, number));
  return *this;
}

Statement& Statement::bind_null() {
  check(sqlite3_db_handle(statement_.get()), sqlite3_bind_null(statement_.get(), ++bound_));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    refuse(sqlite3_db_handle(statement_.get()), code);
  }
  return code == SQLITE_ROW;
}

void Statement::run() {
  ensure(!step(), "a statement that changes something gives no rows");
  check(sqlite3_db_handle(statement_.get()), sqlite3_reset(statement_.get()));
  bound_ = 0;
}

std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(bytes), size);
}

std::uint64_t Statement::number(int column) const {
  return std::bit_cast<std::uint64_t>(integer(column));
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

Database::Database(const std::string& path, const std::string& vfs) {
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                      vfs.empty() ? nullptr : vfs.c_str());
  database_.reset(database);
  check(database, code);
  // Exclusive before WAL: no shared memory is needed then, and another process is refused at once.
  execute("PRAGMA locking_mode = EXCLUSIVE");
  execute("PRAGMA journal_mode = WAL");
  execute("PRAGMA synchronous = FULL");
  // A read transaction alone does not lock out another reader; this does.
  execute("BEGIN IMMEDIATE");
  execute("COMMIT");
}

void Database::execute(const std::string& sql) {
  check(database_.get(), sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

std::string Database::integrity() {
  Statement check = prepare("PRAGMA integrity_check(1)");
  return check.step() ? check.text(0) : "no answer";
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_) {
    try {
      database_.execute("ROLLBACK");
    } catch (const Error&) {  // SQLite rolled back by itself, as it does when the disk is full.
    }
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace arbees::sqlite
