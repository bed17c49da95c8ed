#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace arbees::sqlite {

/// What SQLite refused. Stays inside this library: callers of the store get a StoreError.
class Error : public std::runtime_error {
 public:
  Error(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
  [[nodiscard]] int code() const { return code_; }  ///< a primary result code of SQLite

 private:
  int code_;
};

/// One prepared statement. Numbers are 64 bits as they are: what is above 2^63 is stored negative.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  Statement& bind(std::string_view text);
  Statement& bind(std::uint64_t number);
  Statement& bind(std::int64_t number);
  Statement& bind_null();
  /// True while there is a row.
  bool step();
  /// For a statement that gives no rows; ready to be bound again.
  void run();

  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::uint64_t number(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

/// A database file that this process alone has open.
class Database {
 public:
  /// Opens or creates it through the VFS of that name (empty: the system's). Throws Error.
  Database(const std::string& path, const std::string& vfs);

  void execute(const std::string& sql);
  [[nodiscard]] Statement prepare(std::string_view sql) { return {database_.get(), sql}; }
  /// The whole file is read: "ok", or what is damaged.
  [[nodiscard]] std::string integrity();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

/// All or nothing: rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace arbees::sqlite
