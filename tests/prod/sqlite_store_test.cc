#include "core/store/sqlite/store_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "core/store/memory_store.h"
#include "tests/prod/temp_folder.h"

namespace arbees {
namespace {

using sqlite::StoreFile;

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

/// Every field, so that one that is forgotten shows.
std::string text_of(const StoreImage& image) {
  std::string text = std::to_string(image.term.value()) + " " +
                     std::to_string(image.epochs_reserved.value()) + "\n";
  for (const auto& [id, row] : image.games) {
    text += id.str() + "|" + row.game.str() + "|" + row.sport + "|" + row.owner.str() + "|" +
            std::to_string(row.owner_boot.value()) + "|" + std::to_string(row.epoch.value()) + "|" +
            row.previous_owner.str() + "|" + std::string(to_string(row.phase)) + "\n";
  }
  for (const auto& [id, row] : image.shards) {
    text += id.str() + "|" + row.shard.str() + "|" + row.incarnation.process_id + "|" +
            row.incarnation.started_at + "|" + std::to_string(row.incarnation.boot.value()) + "|" +
            std::to_string(row.generation.value()) + "\n";
  }
  return text;
}

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

TEST_F(SqliteStoreTest, ANewFileIsEmpty) {
  EXPECT_EQ(text_of(open().load().value()), text_of(StoreImage{}));
}

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
  batch.put_shards = {shard("s1", largest), {}};
  StoreImage expected;
  ASSERT_TRUE(apply(batch, expected).has_value());
  ASSERT_TRUE(open().commit(batch).has_value());
  EXPECT_EQ(text_of(open().load().value()), text_of(expected));
}

// The same batches do the same to the file as to the store in memory, which the simulator uses.
TEST_F(SqliteStoreTest, DoesWhatTheStoreInMemoryDoes) {
  StoreImage expected;
  std::uint64_t random = 1511;
  const auto draw = [&](std::uint64_t below) {
    random = random * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return (random >> 33U) % below;
  };
  for (int reopened = 0; reopened < 10; ++reopened) {
    StoreFile file = open();
    EXPECT_EQ(text_of(file.load().value()), text_of(expected));
    for (int commits = 0; commits < 30; ++commits) {
      StoreBatch batch;
      batch.expected_term = Term(expected.term.value() + (draw(8) == 0 ? 1 : 0));
      if (draw(6) == 0) {
        batch.new_term = Term(expected.term.value() + 1 + draw(3));
      }
      if (draw(3) == 0) {
        batch.reserve_epochs_to = Epoch(expected.epochs_reserved.value() + draw(1'000));
      }
      for (std::uint64_t i = draw(4); i > 0; --i) {
        batch.put_games.push_back(game("g" + std::to_string(draw(20)), draw(1'000),
                                       draw(2) == 0 ? GamePhase::active : GamePhase::removing));
        batch.drop_games.emplace_back("g" + std::to_string(draw(20)));
        batch.put_shards.push_back(shard("s" + std::to_string(draw(8)), draw(1'000)));
        batch.drop_shards.emplace_back("s" + std::to_string(draw(8)));
      }
      const auto in_memory = apply(batch, expected);
      const auto in_file = file.commit(batch);
      ASSERT_EQ(in_file.has_value(), in_memory.has_value());
      if (!in_file) {
        EXPECT_EQ(in_file.error().failure, in_memory.error().failure);
        EXPECT_EQ(in_file.error().detail, in_memory.error().detail);
      }
    }
    ASSERT_EQ(text_of(file.load().value()), text_of(expected));
  }
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
  patch_header(user_version_last_byte, 1);
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
