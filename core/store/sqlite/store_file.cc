#include "core/store/sqlite/store_file.h"

#include <array>
#include <utility>

#include <sqlite3.h>

#include "core/base/assert.h"
#include "core/store/sqlite/database.h"

namespace arbees::sqlite {
namespace {

/// Each brings the file from the version of its index to the next one. Never changed, only added to:
/// files made by them are out there.
constexpr std::array migrations{R"sql(
  CREATE TABLE office (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    term INTEGER NOT NULL,
    epochs_reserved INTEGER NOT NULL
  ) STRICT;
  INSERT INTO office VALUES (1, 0, 0);
  CREATE TABLE games (
    game TEXT PRIMARY KEY,
    sport TEXT NOT NULL,
    owner TEXT NOT NULL,
    owner_boot INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    previous_owner TEXT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('active', 'removing'))
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE shards (
    shard TEXT PRIMARY KEY,
    process_id TEXT NOT NULL,
    started_at TEXT NOT NULL,
    boot INTEGER NOT NULL,
    generation INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
)sql"};

/// "arbe" in the header of the file: another program's database is not taken for ours.
constexpr std::uint64_t application_id = 0x61726265;

std::uint64_t pragma(Database& database, const std::string& name) {
  Statement question = database.prepare("PRAGMA " + name);
  return question.step() ? question.number(0) : 0;
}

bool is_empty(Database& database) {
  Statement tables = database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1");
  return !tables.step();
}

/// What forbids using the file; empty: nothing.
std::string migrate(Database& database) {
  const std::uint64_t version = pragma(database, "user_version");
  if (pragma(database, "application_id") != application_id && !is_empty(database)) {
    return "is the database of another program; name another file";
  }
  if (version > migrations.size()) {
    return "was written by a newer version of this program (its format is " +
           std::to_string(version) + ", known is " + std::to_string(migrations.size()) +
           "); start that version, or restore the copy that was made before it";
  }
  for (std::uint64_t next = version; next < migrations.size(); ++next) {
    Transaction transaction(database);
    database.execute("PRAGMA application_id = " + std::to_string(application_id));
    database.execute(migrations[next]);
    database.execute("PRAGMA user_version = " + std::to_string(next + 1));
    transaction.commit();
  }
  return {};
}

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

GamePhase phase_of(const std::string& word) {
  return word == to_string(GamePhase::removing) ? GamePhase::removing : GamePhase::active;
}

void load_games(Database& database, StoreImage& image) {
  Statement rows = database.prepare(
      "SELECT game, sport, owner, owner_boot, epoch, previous_owner, phase FROM games");
  while (rows.step()) {
    GameRow row{GameId(rows.text(0)),  rows.text(1),          ShardId(rows.text(2)),
                Boot(rows.number(3)),  Epoch(rows.number(4)), ShardId(rows.text(5)),
                phase_of(rows.text(6))};
    image.games.emplace(row.game, std::move(row));
  }
}

void load_shards(Database& database, StoreImage& image) {
  Statement rows =
      database.prepare("SELECT shard, process_id, started_at, boot, generation FROM shards");
  while (rows.step()) {
    ShardRow row{ShardId(rows.text(0)),
                 {rows.text(1), rows.text(2), Boot(rows.number(3))},
                 Generation(rows.number(4))};
    image.shards.emplace(row.shard, std::move(row));
  }
}

void load_office(Database& database, StoreImage& image) {
  Statement office = database.prepare("SELECT term, epochs_reserved FROM office");
  ensure(office.step(), "the table of the office has its row from the beginning");
  image.term = Term(office.number(0));
  image.epochs_reserved = Epoch(office.number(1));
}

void put_office(Database& database, const StoreBatch& batch, const StoreImage& stored) {
  if (!batch.new_term && !batch.reserve_epochs_to) {
    return;
  }
  const Term term = batch.new_term.value_or(stored.term);
  const Epoch reserved = batch.reserve_epochs_to.value_or(stored.epochs_reserved);
  ensure(!batch.new_term || term > stored.term, "terms only grow");
  ensure(reserved >= stored.epochs_reserved, "epochs are never given back");
  database.prepare("UPDATE office SET term = ?, epochs_reserved = ?")
      .bind(term.value())
      .bind(reserved.value())
      .run();
}

void put_games(Database& database, const StoreBatch& batch) {
  Statement drop = database.prepare("DELETE FROM games WHERE game = ?");
  for (const GameId& game : batch.drop_games) {
    drop.bind(game.str()).run();
  }
  Statement put = database.prepare("INSERT OR REPLACE INTO games VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const GameRow& row : batch.put_games) {
    put.bind(row.game.str())
        .bind(row.sport)
        .bind(row.owner.str())
        .bind(row.owner_boot.value())
        .bind(row.epoch.value())
        .bind(row.previous_owner.str())
        .bind(to_string(row.phase))
        .run();
  }
}

void put_shards(Database& database, const StoreBatch& batch) {
  Statement drop = database.prepare("DELETE FROM shards WHERE shard = ?");
  for (const ShardId& shard : batch.drop_shards) {
    drop.bind(shard.str()).run();
  }
  Statement put = database.prepare("INSERT OR REPLACE INTO shards VALUES (?, ?, ?, ?, ?)");
  for (const ShardRow& row : batch.put_shards) {
    put.bind(row.shard.str())
        .bind(row.incarnation.process_id)
        .bind(row.incarnation.started_at)
        .bind(row.incarnation.boot.value())
        .bind(row.generation.value())
        .run();
  }
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
    StoreImage image;
    load_office(*file.database_, image);
    file.created_ = image.term.none();
    return file;
  } catch (const Error& error) {
    return std::unexpected(explain(path, "opening", error));
  }
}

std::expected<StoreImage, StoreError> StoreFile::load() {
  try {
    StoreImage image;
    load_office(*database_, image);
    load_games(*database_, image);
    load_shards(*database_, image);
    return image;
  } catch (const Error& error) {
    return std::unexpected(StoreError{StoreFailure::unavailable, explain(path_, "reading", error)});
  }
}

std::expected<void, StoreError> StoreFile::commit(const StoreBatch& batch) {
  try {
    Transaction transaction(*database_);
    StoreImage stored;
    load_office(*database_, stored);
    if (const auto refused = check_term(batch, stored.term); !refused) {
      return refused;
    }
    put_office(*database_, batch, stored);
    put_games(*database_, batch);
    put_shards(*database_, batch);
    transaction.commit();
    return {};
  } catch (const Error& error) {
    return std::unexpected(StoreError{StoreFailure::unavailable, explain(path_, "writing", error)});
  }
}

}  // namespace arbees::sqlite
