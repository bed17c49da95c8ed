#include "core/store/sqlite/schema.h"

#include <array>
#include <cstdint>

#include "core/store/sqlite/database.h"

namespace arbees::sqlite {
namespace {

/// Each brings the file from the version of its index to the next one. Never changed, only added to:
/// files made by them are out there.
constexpr std::array migrations{
    R"sql(
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
)sql",
    // A check of a column cannot be changed: the games move to a table that knows the phase "prepare".
    // A term that was taken twice is refused by the key of its table, an audit row that would change by
    // its triggers, whatever program writes.
    R"sql(
  CREATE TABLE games_2 (
    game TEXT PRIMARY KEY,
    sport TEXT NOT NULL,
    owner TEXT NOT NULL,
    owner_boot INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    previous_owner TEXT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('active', 'prepare', 'removing')),
    next_shard TEXT,
    next_boot INTEGER,
    next_epoch INTEGER,
    CHECK ((phase = 'prepare') = (next_shard IS NOT NULL)),
    CHECK ((next_boot IS NULL) = (next_shard IS NULL)),
    CHECK ((next_epoch IS NULL) = (next_shard IS NULL))
  ) STRICT, WITHOUT ROWID;
  INSERT INTO games_2
    SELECT game, sport, owner, owner_boot, epoch, previous_owner, phase, NULL, NULL, NULL FROM games;
  DROP TABLE games;
  ALTER TABLE games_2 RENAME TO games;

  ALTER TABLE shards ADD COLUMN cordoned INTEGER NOT NULL DEFAULT 0 CHECK (cordoned IN (0, 1));
  ALTER TABLE shards ADD COLUMN draining INTEGER NOT NULL DEFAULT 0 CHECK (draining IN (0, 1));
  ALTER TABLE shards ADD COLUMN maintenance INTEGER NOT NULL DEFAULT 0 CHECK (maintenance IN (0, 1));
  ALTER TABLE shards ADD COLUMN drain_left_ns INTEGER NOT NULL DEFAULT 0;

  ALTER TABLE office ADD COLUMN epochs_written INTEGER NOT NULL DEFAULT 0;
  UPDATE office SET epochs_written = epochs_reserved;
  ALTER TABLE office ADD COLUMN farewell_left_ns INTEGER NOT NULL DEFAULT 0;

  CREATE TABLE terms (
    term INTEGER PRIMARY KEY,
    instance TEXT NOT NULL,
    epochs_from INTEGER NOT NULL
  ) STRICT;
  INSERT INTO terms SELECT term, '', epochs_reserved FROM office WHERE term <> 0;

  CREATE TABLE live_games (
    game TEXT PRIMARY KEY,
    sport TEXT NOT NULL,
    kalshi_market_id TEXT NOT NULL,
    polymarket_market_id TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE alerts (
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    acknowledged_by TEXT NOT NULL,
    age_ns INTEGER NOT NULL,
    PRIMARY KEY (type, subject)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pause (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    who TEXT NOT NULL,
    why TEXT NOT NULL
  ) STRICT;

  CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    term INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    why TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    cause INTEGER NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_stays BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
)sql",
    R"sql(
  CREATE TABLE lost_decisions (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    leases_left_ns INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE lost_epochs (
    number INTEGER PRIMARY KEY,
    above INTEGER NOT NULL,
    upto INTEGER NOT NULL
  ) STRICT;
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

}  // namespace

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
  if (version == migrations.size()) {
    return {};
  }
  // All of them or none: power lost in between leaves the old format, which every version knows.
  Transaction transaction(database);
  database.execute("PRAGMA application_id = " + std::to_string(application_id));
  for (std::uint64_t next = version; next < migrations.size(); ++next) {
    database.execute(migrations[next]);
  }
  database.execute("PRAGMA user_version = " + std::to_string(migrations.size()));
  transaction.commit();
  return {};
}

}  // namespace arbees::sqlite
