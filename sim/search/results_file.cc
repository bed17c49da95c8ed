#include "sim/search/results_file.h"

#include <sqlite3.h>

#include <filesystem>

#include "core/store/sqlite/database.h"

namespace arbees::sim {
namespace {

constexpr std::string_view version = "1";

constexpr const char* schema = R"(
CREATE TABLE search (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE run (
  key TEXT PRIMARY KEY,     -- scenario|policy|seed|variant
  scenario TEXT NOT NULL, policy TEXT NOT NULL, seed TEXT NOT NULL, variant TEXT NOT NULL,
  verdict TEXT NOT NULL,    -- pass, fail, leak, crash
  digest TEXT NOT NULL,
  record TEXT NOT NULL      -- JSON: failures, checks by invariant, faults, marks, pairs of state and fault
) WITHOUT ROWID;
)";

std::string value_of(sqlite::Database& database, std::string_view name) {
  sqlite::Statement get = database.prepare("SELECT value FROM search WHERE name = ?");
  get.bind(name);
  return get.step() ? get.text(0) : std::string();
}

std::uint64_t tables(sqlite::Database& database, const char* which) {
  sqlite::Statement count =
      database.prepare(std::string("SELECT count(*) FROM sqlite_master WHERE ") + which);
  count.step();
  return count.number(0);
}

bool is_empty(sqlite::Database& database) { return tables(database, "1") == 0; }

bool has_results(sqlite::Database& database) {
  return tables(database, "type = 'table' AND name IN ('search', 'run')") == 2;
}

std::string problem_of(const std::string& path, const sqlite::Error& error) {
  return path + ": " +
         (error.code() == SQLITE_BUSY ? "another search or merge is using it; wait for it, or "
                                        "choose another file"
                                      : error.what());
}

std::unexpected<std::string> no_results(const std::string& path) {
  return std::unexpected(path + " is no file of results; expected one that search --out wrote");
}

}  // namespace

struct ResultsFile::Parts {
  explicit Parts(const std::string& path_) : path(path_), database(path_, {}) {}
  std::string path;
  sqlite::Database database;
  std::string plan;
  std::string build;
};

ResultsFile::ResultsFile(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ResultsFile::~ResultsFile() = default;
ResultsFile::ResultsFile(ResultsFile&&) noexcept = default;
ResultsFile& ResultsFile::operator=(ResultsFile&&) noexcept = default;

const std::string& ResultsFile::plan() const { return parts_->plan; }
const std::string& ResultsFile::build() const { return parts_->build; }

std::expected<ResultsFile, std::string> ResultsFile::open_existing(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return no_results(path);
  }
  try {
    auto parts = std::make_unique<Parts>(path);
    if (!has_results(parts->database)) {
      return no_results(path);
    }
    const std::string found = value_of(parts->database, "schema_version");
    if (found != version) {
      return std::unexpected(path + ": its schema_version is " + in_quotes(found) +
                             ", and this program reads " + std::string(version));
    }
    parts->plan = value_of(parts->database, "plan");
    parts->build = value_of(parts->database, "build");
    return ResultsFile(std::move(parts));
  } catch (const sqlite::Error& problem) {
    return std::unexpected(problem_of(path, problem));
  }
}

std::expected<ResultsFile, std::string> ResultsFile::open(const std::string& path,
                                                          const std::string& plan,
                                                          const std::string& build) {
  try {
    auto parts = std::make_unique<Parts>(path);
    sqlite::Transaction transaction(parts->database);
    if (is_empty(parts->database)) {
      parts->database.execute(schema);
      sqlite::Statement put = parts->database.prepare("INSERT INTO search VALUES (?, ?)");
      put.bind("schema_version").bind(version).run();
      put.bind("plan").bind(plan).run();
      put.bind("build").bind(build).run();
      transaction.commit();
      parts->plan = plan;
      parts->build = build;
      return ResultsFile(std::move(parts));
    }
  } catch (const sqlite::Error& problem) {
    return std::unexpected(problem_of(path, problem));
  }
  auto existing = open_existing(path);
  if (existing && existing->plan() != plan) {
    return std::unexpected(path + " has the results of another search (" + existing->plan() +
                           "); choose another file, or remove it");
  }
  if (existing && existing->build() != build) {
    return std::unexpected(path + " has results of build " + existing->build() + ", this is " +
                           build + "; choose another file, or remove it");
  }
  return existing;
}

std::expected<void, std::string> ResultsFile::add(const std::vector<RunRecord>& records) {
  try {
    sqlite::Transaction transaction(parts_->database);
    sqlite::Statement put =
        parts_->database.prepare("INSERT OR IGNORE INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const RunRecord& record : records) {
      put.bind(record.key())
          .bind(record.scenario)
          .bind(record.policy)
          .bind(std::to_string(record.seed))
          .bind(record.variant)
          .bind(record.verdict)
          .bind(record.digest)
          .bind(record_line(record))
          .run();
    }
    transaction.commit();
    return {};
  } catch (const sqlite::Error& problem) {
    return std::unexpected(problem_of(parts_->path, problem));
  }
}

std::expected<std::vector<RunRecord>, std::string> ResultsFile::read() const {
  try {
    std::vector<RunRecord> records;
    sqlite::Statement all = parts_->database.prepare("SELECT record FROM run ORDER BY key");
    while (all.step()) {
      auto record = parse_record(all.text(0));
      if (!record) {
        return std::unexpected(parts_->path + ": a damaged row in table run");
      }
      records.push_back(std::move(*record));
    }
    return records;
  } catch (const sqlite::Error& problem) {
    return std::unexpected(problem_of(parts_->path, problem));
  }
}

}  // namespace arbees::sim
