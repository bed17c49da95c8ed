#include "core/store/sqlite/store_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "core/store/memory_store.h"
#include "core/store/sqlite/database.h"
#include "core/store/sqlite/store_job.h"
#include "tests/prod/temp_folder.h"
#include "tests/support/batch_dice.h"

namespace arbees {
namespace {

using sqlite::StoreFile;
using sqlite::StoreJob;
using sqlite::take_together;
using sqlite::together_max;

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

GameRow game(const std::string& id, std::uint64_t epoch, GamePhase phase = GamePhase::active) {
  return {GameId(id),     "nba", ShardId("shard-1"), Boot(largest), Epoch(epoch),
          ShardId("s-0"), phase};
}

ShardRow shard(const std::string& id, std::uint64_t generation) {
  return {ShardId(id),
          {"4711", "2026-01-15T18:00:00+00:00", Boot(largest - 1)},
          Generation(generation)};
}

/// What the first format was, frozen: files like this are out there.
constexpr const char* format_1 = R"sql(
  CREATE TABLE office (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    term INTEGER NOT NULL,
    epochs_reserved INTEGER NOT NULL
  ) STRICT;
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
  PRAGMA application_id = 1634886245;
  PRAGMA user_version = 1;
  INSERT INTO office VALUES (1, 41, 3000);
  INSERT INTO games VALUES ('g1', 'nba', 'shard-1', -1, -1, 's-0', 'active'),
                           ('g2', 'nba', 'shard-1', -1, 8, 's-0', 'removing');
  INSERT INTO shards VALUES ('shard-1', '4711', '2026-01-15T18:00:00+00:00', -2, 7);
)sql";

class SqliteStoreTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return folder_.file("arbees.db"); }
  [[nodiscard]] StoreFile open() const {
    auto opened = StoreFile::open(path());
    if (!opened) {
      throw std::runtime_error(opened.error());
    }
    return *std::move(opened);
  }
  [[nodiscard]] std::string why_not() const {
    const auto opened = StoreFile::open(path());
    return opened ? "it opens" : opened.error();
  }
  void write(const std::string& bytes) const { std::ofstream(path()) << bytes; }

  prod::TempFolder folder_;
};

TEST_F(SqliteStoreTest, ANewFileIsEmpty) { EXPECT_TRUE(open().load().value() == StoreImage{}); }

// A file that was made while shards run does not know what they were granted.
TEST_F(SqliteStoreTest, IsNewUntilATermWasTaken) {
  EXPECT_TRUE(open().created());
  EXPECT_TRUE(open().created());
  StoreBatch batch;
  batch.new_term = Term(1);
  ASSERT_TRUE(open().commit(batch).has_value());
  EXPECT_FALSE(open().created());
}

TEST_F(SqliteStoreTest, KeepsEveryFieldAcrossAReopening) {
  StoreBatch batch;
  batch.new_term = Term(1);
  batch.reserve_epochs_to = Epoch(largest);
  batch.put_games = {game("g1", largest), game("", 2, GamePhase::removing), {}};
  batch.put_games.back().game = GameId("'; DROP TABLE games; --");
  batch.put_games.push_back(game("g2", 3, GamePhase::prepare));
  batch.put_games.back().next = Successor{ShardId("shard-2"), Boot(largest), Epoch(largest - 2)};
  batch.put_shards = {shard("s1", largest), {}};
  batch.put_shards.front().marks = {true, false, true, -seconds{90}};
  batch.put_live = {{GameId("g1"), "nba", "kalshi", ""}, {}};
  batch.put_alerts = {{"SHARD_DEAD", "s1", "gone", "acknowledged", "ann", minutes{3}}, {}};
  batch.set_pause = std::optional(Pause{"ann", "maintenance"});
  batch.set_lost = LostDecisions{seconds{47}, {{Epoch(9), Epoch(largest)}, {Epoch(1), Epoch(2)}}};
  StoreImage expected;
  ASSERT_TRUE(apply(batch, expected).has_value());
  ASSERT_TRUE(open().commit(batch).has_value());
  EXPECT_TRUE(open().load().value() == expected);
}

// The same batches do the same to the file as to the store in memory.
TEST_F(SqliteStoreTest, DoesWhatTheStoreInMemoryDoes) {
  StoreImage expected;
  BatchDice dice(1'511);
  std::vector<AuditRow> audit;
  for (int reopened = 0; reopened < 20; ++reopened) {
    StoreFile file = open();
    ASSERT_TRUE(file.load().value() == expected) << "after " << reopened << " reopenings";
    for (int commits = 0; commits < 25; ++commits) {
      const StoreBatch batch = dice.batch(expected);
      const auto in_memory = apply(batch, expected);
      const auto in_file = file.commit(batch);
      ASSERT_EQ(in_file.has_value(), in_memory.has_value())
          << (in_file ? "" : in_file.error().detail);
      if (!in_file) {
        EXPECT_EQ(in_file.error().failure, in_memory.error().failure);
        EXPECT_EQ(in_file.error().detail, in_memory.error().detail);
      } else {
        audit.insert(audit.end(), batch.audit.begin(), batch.audit.end());
      }
      ASSERT_TRUE(file.load().value() == expected) << "after commit " << commits;
    }
  }
  EXPECT_EQ(open().audit(audit.size() + 7).value(), audit);
  EXPECT_EQ(open().audit(3).value(), std::vector(audit.end() - 3, audit.end()));
  EXPECT_GT(audit.size(), 100U);
}

TEST_F(SqliteStoreTest, WhatIsCommittedTogetherIsAnsweredAsIfAlone) {
  StoreImage expected;
  BatchDice dice(8'128);
  StoreFile file = open();
  std::size_t refused = 0;
  for (std::size_t together = 0; together < 40; ++together) {
    std::vector<StoreBatch> batches;
    std::vector<bool> accepted;
    for (std::size_t i = 0; i < together; ++i) {
      batches.push_back(dice.batch(expected));
      accepted.push_back(apply(batches.back(), expected).has_value());
    }
    const auto results = file.commit(batches);
    ASSERT_EQ(results.size(), together);
    for (std::size_t i = 0; i < together; ++i) {
      EXPECT_EQ(results[i].has_value(), accepted[i]) << i << " of " << together;
      refused += accepted[i] ? 0 : 1;
    }
    ASSERT_TRUE(file.load().value() == expected) << together;
  }
  EXPECT_GT(refused, 10U);
}

TEST(StoreJobs, CommitsAreTakenTogetherAndLoadsAlone) {
  const StoreJob load{.loaded = [](const auto& /*image*/) {}};
  std::deque<StoreJob> jobs(3);
  jobs.push_back(load);
  jobs.push_back(load);
  jobs.resize(5 + together_max + 2);
  std::vector<std::size_t> taken;
  while (!jobs.empty()) {
    taken.push_back(take_together(jobs).size());
  }
  EXPECT_EQ(taken, (std::vector<std::size_t>{3, 1, 1, together_max, 2}));
}

TEST_F(SqliteStoreTest, AFileOfTheFirstFormatIsTakenOver) {
  sqlite::Database(path(), {}).execute(format_1);
  StoreImage expected;
  expected.term = Term(41);
  expected.epochs_reserved = Epoch(3'000);
  expected.epochs_written = Epoch(3'000);  // Which of them are in rows that are gone, nobody knows.
  expected.games = {{GameId("g1"), game("g1", largest)},
                    {GameId("g2"), game("g2", 8, GamePhase::removing)}};
  expected.shards = {{ShardId("shard-1"), shard("shard-1", 7)}};
  {
    StoreFile file = open();
    EXPECT_FALSE(file.created());
    EXPECT_TRUE(file.load().value() == expected);
    StoreBatch batch;
    batch.expected_term = Term(41);
    batch.new_term = Term(42);
    batch.put_games = {game("g1", 9, GamePhase::prepare)};
    batch.put_games.back().next = Successor{ShardId("shard-2"), Boot(1), Epoch(10)};
    ASSERT_TRUE(file.commit(batch).has_value());
    ASSERT_TRUE(apply(batch, expected).has_value());
  }
  EXPECT_TRUE(open().load().value() == expected);
}

// The file itself holds what must never be: no program, ours or another, can take a term twice or rewrite
// what was done.
TEST_F(SqliteStoreTest, TheFileRefusesASecondTakingOfATermAndChangesOfTheAudit) {
  StoreBatch batch;
  batch.new_term = Term(1);
  batch.new_instance = InstanceId("first");
  batch.audit = {{WallTime(seconds{5}), "ann", "move", "g1", "", "shard-1", "shard-2", EventId(7)}};
  ASSERT_TRUE(open().commit(batch).has_value());
  {
    sqlite::Database file(path(), {});
    EXPECT_THROW(file.execute("DELETE FROM audit"), sqlite::Error);
    EXPECT_THROW(file.execute("UPDATE audit SET who = 'bob'"), sqlite::Error);
    file.execute("UPDATE office SET term = 0");
  }
  EXPECT_EQ(open().audit(10).value(), batch.audit);
  const auto again = open().commit(batch);
  ASSERT_FALSE(again.has_value());
  EXPECT_NE(again.error().detail.find("terms.term"), std::string::npos) << again.error().detail;
}

TEST_F(SqliteStoreTest, OneProcessAtATime) {
  const StoreFile first = open();
  EXPECT_NE(why_not().find("another process has it open"), std::string::npos) << why_not();
}

TEST_F(SqliteStoreTest, SaysWhatIsWrongWithAFileAndWhatToDo) {
  write(std::string(8'192, 'x'));
  EXPECT_NE(why_not().find("file is not a database; keep it for a look"), std::string::npos)
      << why_not();
  EXPECT_NE(
      StoreFile::open(folder_.file("nowhere/arbees.db")).error().find("its folder must exist"),
      std::string::npos);
}

TEST_F(SqliteStoreTest, ADamagedFileIsNotUsed) {
  {
    StoreFile file = open();
    StoreBatch batch;
    for (std::uint64_t i = 0; i < 500; ++i) {
      batch.put_games.push_back(game("game-" + std::to_string(i), i));
    }
    ASSERT_TRUE(file.commit(batch).has_value());
  }
  std::fstream damaged(path(), std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(4'096 * 4);
  damaged << std::string(4'096, '\xff');
  damaged.close();
  EXPECT_NE(why_not().find("restore a copy"), std::string::npos) << why_not();
}

TEST_F(SqliteStoreTest, AFileOfANewerVersionOrOfAnotherProgramIsNotTouched) {
  {
    const StoreFile made = open();
  }
  const auto patch_header = [&](std::streamoff at, char value) {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.put(value);
  };
  constexpr std::streamoff user_version_last_byte = 63;
  constexpr std::streamoff application_id_last_byte = 71;
  patch_header(user_version_last_byte, 9);
  EXPECT_NE(why_not().find("newer version of this program (its format is 9"), std::string::npos)
      << why_not();
  patch_header(user_version_last_byte, 2);
  patch_header(application_id_last_byte, 'x');
  EXPECT_NE(why_not().find("another program"), std::string::npos) << why_not();
}

// What was acknowledged is there after kill -9, whole: the term of each commit is in its game, too.
TEST_F(SqliteStoreTest, AKilledWriterLosesNothingThatWasAcknowledged) {
  std::uint64_t acknowledged = 0;
  for (int killed = 0; killed < 20; ++killed) {
    int told[2];
    ASSERT_EQ(::pipe(told), 0);
    const pid_t writer = ::fork();
    if (writer == 0) {
      StoreFile file = open();
      for (std::uint64_t term = file.load().value().term.value();; ++term) {
        StoreBatch batch;
        batch.expected_term = Term(term);
        batch.new_term = Term(term + 1);
        batch.put_games = {game("g", term + 1)};
        if (!file.commit(batch) ||
            ::write(told[1], &term, sizeof term) != static_cast<ssize_t>(sizeof term)) {
          ::_exit(1);
        }
      }
    }
    ::close(told[1]);
    std::uint64_t term = 0;
    for (int commits = 0; commits <= killed; ++commits) {
      ASSERT_EQ(::read(told[0], &term, sizeof term), static_cast<ssize_t>(sizeof term));
    }
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
    while (::read(told[0], &term, sizeof term) == static_cast<ssize_t>(sizeof term)) {
    }
    ::close(told[0]);
    const StoreImage image = open().load().value();
    EXPECT_GE(image.term, Term(term + 1));
    EXPECT_GT(image.term.value(), acknowledged);
    EXPECT_EQ(image.games.at(GameId("g")).epoch.value(), image.term.value()) << "all or nothing";
    acknowledged = image.term.value();
  }
}

}  // namespace
}  // namespace arbees
