#include "sim/disk/disk.h"

#include <gtest/gtest.h>

#include <expected>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/store/memory_store.h"
#include "core/store/sqlite/store_file.h"
#include "sim/disk/image_print.h"
#include "sim/disk/sqlite_vfs.h"
#include "sim/engine/recorder.h"
#include "tests/support/batch_dice.h"

namespace arbees::sim {
namespace {

constexpr std::uint64_t seed_of_dice = 4;
constexpr int commits = 20;
constexpr const char* store_name = "arbees.db";

/// A machine without a network: a disk, and the time that its operations take.
struct Machine {
  explicit Machine(std::uint64_t seed) : streams(seed), recorder(streams, {}) {
    node = recorder.add_node("node");
    disk = std::make_unique<Disk>(node, streams, recorder, now);
  }

  std::string read(const std::string& file) const {
    const auto copy = disk->copy();
    const auto found = copy.find(file);
    return found == copy.end() ? "(none)" : found->second;
  }
  void write(const std::string& file, std::size_t offset, const std::string& bytes) {
    EXPECT_EQ(disk->create(file), Disk::Result::ok);
    EXPECT_EQ(disk->write(file, offset, bytes), Disk::Result::ok);
  }
  /// All operations so far come to their end.
  void settle() {
    now += disk->busy();
    disk->settle();
    disk->begin();
  }
  void lose_power() {
    disk->program_ended();
    disk->lose_power({});
  }

  Streams streams;
  Recorder recorder;
  SimTime now{seconds{100}};
  NodeIndex node{};
  std::unique_ptr<Disk> disk;
};

TEST(Disk, WhatWasSyncedSurvivesTheLossOfPowerWhateverIsDrawn) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Machine machine(seed);
    machine.disk->begin();
    machine.write("a", 0, "before");
    EXPECT_EQ(machine.disk->sync("a", false), Disk::Result::ok);
    machine.settle();
    machine.write("a", 6, " and after");
    machine.settle();
    machine.lose_power();
    EXPECT_TRUE(machine.read("a").starts_with("before")) << seed;
  }
}

TEST(Disk, WhatWasNotSyncedIsLostKeptOrTornBySectors) {
  std::set<std::string> left;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Machine machine(seed);
    machine.disk->begin();
    machine.write("a", 0, std::string(2 * Disk::sector, 'o'));
    EXPECT_EQ(machine.disk->sync("a", false), Disk::Result::ok);
    machine.settle();
    machine.write("a", 0, std::string(2 * Disk::sector, 'n'));
    machine.settle();
    machine.lose_power();
    const std::string bytes = machine.read("a");
    ASSERT_EQ(bytes.size(), 2 * Disk::sector);
    for (const std::size_t start : {std::size_t{0}, Disk::sector}) {
      ASSERT_EQ(bytes.substr(start, Disk::sector), std::string(Disk::sector, bytes[start]))
          << "a sector is written as a whole";
    }
    left.insert({bytes.front(), bytes.back()});
  }
  EXPECT_EQ(left, (std::set<std::string>{"oo", "on", "no", "nn"}));
}

// A journal that was removed comes back unless the folder was synced; SQLite would take it for the undoing of
// what was committed since. So the first sync of a log syncs the folder.
TEST(Disk, ARemovedFileMayComeBackUnlessItsFolderWasSynced) {
  const auto left = [](std::uint64_t seed, bool folder) {
    Machine machine(seed);
    machine.disk->begin();
    machine.write("journal", 0, "undo");
    EXPECT_EQ(machine.disk->sync("journal", false), Disk::Result::ok);
    EXPECT_EQ(machine.disk->remove("journal", false), Disk::Result::ok);
    machine.write("log", 0, "done");
    EXPECT_EQ(machine.disk->sync("log", folder), Disk::Result::ok);
    machine.settle();
    machine.lose_power();
    EXPECT_EQ(machine.read("log"), "done");
    return machine.read("journal");
  };
  std::set<std::string> without;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    without.insert(left(seed, false));
    EXPECT_EQ(left(seed, true), "(none)");
  }
  EXPECT_EQ(without, (std::set<std::string>{"(none)", "undo"}));
}

TEST(Disk, AKilledProgramHasDoneWhatItHadTimeFor) {
  Machine machine(1);
  machine.disk->begin();
  const SimTime begun = machine.now;
  std::vector<SimTime> stamps;
  machine.disk->watch([&](SimTime at) { stamps.push_back(at); });
  machine.write("a", 0, "one");
  machine.write("a", 3, "two");
  EXPECT_EQ(machine.disk->sync("a", false), Disk::Result::ok);
  ASSERT_EQ(stamps.size(), 3U);
  ASSERT_LT(stamps[0], stamps[1]);
  machine.now = stamps[0];
  ASSERT_GT(machine.now, begun) << "opening took a while";
  EXPECT_EQ(machine.read("a"), "one");
  machine.disk->program_ended();
  EXPECT_EQ(machine.read("a"), "one");
  machine.now = stamps[2] + seconds{1};
  EXPECT_EQ(machine.read("a"), "one") << "the rest never happened";
}

TEST(Disk, AFullOneTakesWhatFitsIntoItsFiles) {
  Machine machine(1);
  machine.disk->begin();
  machine.write("a", 0, "before");
  machine.disk->trouble(EventId(1), {.kind = DiskTrouble::Kind::full});
  EXPECT_EQ(machine.disk->write("a", 0, "beyond"), Disk::Result::ok);
  EXPECT_EQ(machine.disk->write("a", 6, "!"), Disk::Result::full);
  machine.disk->heal(EventId(1));
  EXPECT_EQ(machine.disk->write("a", 6, "!"), Disk::Result::ok);
  machine.settle();
  EXPECT_EQ(machine.read("a"), "beyond!");
}

TEST(Disk, ItsTroublesAreFeltByOperations) {
  Machine machine(1);
  machine.disk->begin();
  machine.write("a", 0, "x");
  machine.settle();
  machine.disk->trouble(EventId(1), {.kind = DiskTrouble::Kind::slow,
                                     .delay = {milliseconds{100}, milliseconds{200}}});
  EXPECT_EQ(machine.disk->write("a", 0, "y"), Disk::Result::ok);
  EXPECT_GE(machine.disk->busy(), milliseconds{100});
  EXPECT_LE(machine.disk->busy(), milliseconds{201});
  machine.disk->trouble(EventId(2), {.kind = DiskTrouble::Kind::error});
  EXPECT_EQ(machine.disk->sync("a", false), Disk::Result::failed);
  EXPECT_EQ(machine.disk->create("a"), Disk::Result::ok);
  machine.disk->trouble(EventId(3), {.kind = DiskTrouble::Kind::out});
  EXPECT_EQ(machine.disk->create("a"), Disk::Result::failed);
  machine.disk->trouble(EventId(4), {.kind = DiskTrouble::Kind::locked});
  EXPECT_FALSE(machine.disk->lock("a", &machine));
}

/// A store on such a machine, used as an orchestrator does, until its power fails.
class PoweredStore {
 public:
  explicit PoweredStore(std::uint64_t seed) : machine_(seed) {}

  /// Runs until the operation of that number (counted from 1; 0: to the end) has begun or, if it is a sync,
  /// ended, and then loses power. Says how many operations there were.
  std::uint64_t run(std::uint64_t cut_after) {
    std::uint64_t operations = 0;
    std::optional<SimTime> cut;
    machine_.disk->watch([&](SimTime at) {
      if (++operations == cut_after) {
        cut = at;
      }
    });
    const SqliteVfs vfs(*machine_.disk);
    auto file = opened(vfs);
    if (!cut) {
      machine_.settle();
    }
    BatchDice dice(seed_of_dice);
    for (int i = 0; i < commits && !cut; ++i) {
      StoreBatch batch = dice.batch(acknowledged);
      batch.expected_term = acknowledged.term;
      in_flight = acknowledged;
      EXPECT_TRUE(apply(batch, in_flight).has_value());
      const SeededSqlite seeded(static_cast<std::uint64_t>(i) + 2);
      EXPECT_TRUE(file->commit(batch).has_value());
      if (!cut) {
        machine_.settle();
        acknowledged = in_flight;
      }
    }
    if (cut) {
      machine_.now = *cut;
    }
    machine_.lose_power();
    machine_.disk->watch({});
    return operations;
  }

  /// What the next program finds.
  StoreImage reopened() {
    machine_.disk->begin();
    const SqliteVfs vfs(*machine_.disk);
    auto file = opened(vfs);
    EXPECT_TRUE(file.has_value()) << file.error();
    auto image = file->load();
    EXPECT_TRUE(image.has_value()) << image.error().detail;
    return *image;
  }

  StoreImage acknowledged;
  StoreImage in_flight;

 private:
  static std::expected<sqlite::StoreFile, std::string> opened(const SqliteVfs& vfs) {
    const SeededSqlite seeded(1);
    return sqlite::StoreFile::open(store_name, vfs.name());
  }

  Machine machine_;
};

// Not one write or sync of twenty commits after which a loss of power would cost what was acknowledged, or
// leave a part of a commit.
TEST(PowerLoss, AtEveryWriteLeavesWhatWasAcknowledgedOrThatAndTheCommitInFlight) {
  const std::uint64_t operations = PoweredStore(1).run(0);
  ASSERT_GT(operations, 100U);
  std::uint64_t kept = 0;
  std::uint64_t lost = 0;
  for (std::uint64_t cut = 1; cut <= operations; ++cut) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      PoweredStore store(seed);
      store.run(cut);
      const StoreImage found = store.reopened();
      ASSERT_TRUE(found == store.acknowledged || found == store.in_flight)
          << "power lost after operation " << cut << ", seed " << seed;
      if (!(store.acknowledged == store.in_flight)) {
        ++(found == store.in_flight ? kept : lost);
      }
    }
  }
  EXPECT_GT(kept, 0U) << "some commits in flight survived";
  EXPECT_GT(lost, 0U) << "and some did not";
}

TEST(SeededSqlite, TwoWorldsThatTakeTurnsWriteTheSameBytesAsOneAlone) {
  const auto bytes_after = [](bool disturbed) {
    Machine machine(1);
    machine.disk->begin();
    const SqliteVfs vfs(*machine.disk);
    std::optional<sqlite::StoreFile> file;
    {
      const SeededSqlite seeded(1);
      file.emplace(sqlite::StoreFile::open(store_name, vfs.name()).value());
    }
    StoreImage image;
    BatchDice dice(seed_of_dice);
    for (int i = 0; i < 5; ++i) {
      if (disturbed) {
        Machine other(2);
        other.disk->begin();
        const SqliteVfs other_vfs(*other.disk);
        EXPECT_TRUE(sqlite::StoreFile::open(store_name, other_vfs.name()).has_value());
      }
      StoreBatch batch = dice.batch(image);
      batch.expected_term = image.term;
      const SeededSqlite seeded(static_cast<std::uint64_t>(i) + 2);
      EXPECT_TRUE(file->commit(batch).has_value());
      EXPECT_TRUE(apply(batch, image).has_value());
    }
    machine.now += seconds{1};
    return machine.disk->copy();
  };
  const Disk::Copy alone = bytes_after(false);
  EXPECT_EQ(alone.size(), 2U) << "the file and its log";
  EXPECT_TRUE(bytes_after(true) == alone);
}

TEST(ImagePrint, IsThatOfTheImageHoweverItCameAbout) {
  BatchDice dice(seed_of_dice);
  StoreImage image;
  ImagePrint print;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) {
    StoreBatch batch = dice.batch(image);
    batch.expected_term = image.term;
    if (dice.draw(5) == 0) {
      batch.set_farewell = Duration(static_cast<Duration::rep>(dice.draw(1'000)));
      batch.written_to = Epoch(dice.draw(1'000));
    }
    print.apply(batch, image);
    ASSERT_EQ(print.value(), ImagePrint(image).value());
    seen.insert(print.value());
  }
  EXPECT_GT(seen.size(), 150U) << "batches that change something change the print";
}

// Found without this: an image before a farewell, or before decisions were lost, had the print of the one after it.
TEST(ImagePrint, ChangesWithEachField) {
  StoreImage image;
  image.games[GameId("g")].next = Successor{};
  image.shards[ShardId("s")] = {};
  image.live[GameId("g")] = {};
  image.alerts[{"type", "subject"}] = {};
  image.paused = Pause{};
  image.lost = LostDecisions{.leases_left = {}, .epochs = {EpochSpan{}}};
  std::set<std::uint64_t> seen{ImagePrint(image).value()};
  const auto changes = [&](const char* field, auto&& change) {
    StoreImage other = image;
    change(other);
    EXPECT_FALSE(other == image) << field;
    EXPECT_TRUE(seen.insert(ImagePrint(other).value()).second) << field;
  };
  changes("term", [](auto& i) { i.term = Term(1); });
  changes("epochs_reserved", [](auto& i) { i.epochs_reserved = Epoch(1); });
  changes("epochs_written", [](auto& i) { i.epochs_written = Epoch(1); });
  changes("farewell_left", [](auto& i) { i.farewell_left = Duration(1); });
  changes("no pause", [](auto& i) { i.paused.reset(); });
  changes("who paused", [](auto& i) { i.paused->who = "x"; });
  changes("why paused", [](auto& i) { i.paused->why = "x"; });
  changes("nothing lost", [](auto& i) { i.lost.reset(); });
  changes("leases_left", [](auto& i) { i.lost->leases_left = Duration(1); });
  changes("no epochs lost", [](auto& i) { i.lost->epochs.clear(); });
  changes("more epochs lost", [](auto& i) { i.lost->epochs.push_back({}); });
  changes("epochs lost above", [](auto& i) { i.lost->epochs.front().above = Epoch(1); });
  changes("epochs lost up to", [](auto& i) { i.lost->epochs.front().upto = Epoch(1); });

  changes("no game", [](auto& i) { i.games.clear(); });
  const auto of_game = [&](const char* field, auto&& change) {
    changes(field, [&](auto& i) { change(i.games.begin()->second); });
  };
  of_game("game", [](GameRow& row) { row.game = GameId("x"); });
  of_game("sport", [](GameRow& row) { row.sport = "x"; });
  of_game("owner", [](GameRow& row) { row.owner = ShardId("x"); });
  of_game("owner_boot", [](GameRow& row) { row.owner_boot = Boot(1); });
  of_game("epoch", [](GameRow& row) { row.epoch = Epoch(1); });
  of_game("previous_owner", [](GameRow& row) { row.previous_owner = ShardId("x"); });
  of_game("phase", [](GameRow& row) { row.phase = GamePhase::removing; });
  of_game("no successor", [](GameRow& row) { row.next.reset(); });
  of_game("successor", [](GameRow& row) { row.next->shard = ShardId("x"); });
  of_game("boot of the successor", [](GameRow& row) { row.next->boot = Boot(1); });
  of_game("epoch of the successor", [](GameRow& row) { row.next->epoch = Epoch(1); });

  changes("no shard", [](auto& i) { i.shards.clear(); });
  const auto of_shard = [&](const char* field, auto&& change) {
    changes(field, [&](auto& i) { change(i.shards.begin()->second); });
  };
  of_shard("shard", [](ShardRow& row) { row.shard = ShardId("x"); });
  of_shard("process_id", [](ShardRow& row) { row.incarnation.process_id = "x"; });
  of_shard("started_at", [](ShardRow& row) { row.incarnation.started_at = "x"; });
  of_shard("boot", [](ShardRow& row) { row.incarnation.boot = Boot(1); });
  of_shard("generation", [](ShardRow& row) { row.generation = Generation(1); });
  of_shard("cordoned", [](ShardRow& row) { row.marks.cordoned = true; });
  of_shard("draining", [](ShardRow& row) { row.marks.draining = true; });
  of_shard("maintenance", [](ShardRow& row) { row.marks.maintenance = true; });
  of_shard("drain_left", [](ShardRow& row) { row.marks.drain_left = Duration(1); });

  changes("live", [](auto& i) { i.live.begin()->second.kalshi_market_id = "x"; });
  changes("alerts", [](auto& i) { i.alerts.begin()->second.state = "x"; });
}

TEST(ImagePrint, ChangesWithABatchThatSaysNothingElse) {
  StoreImage image;
  ImagePrint print;
  std::uint64_t before = print.value();
  const auto changes = [&](const StoreBatch& batch) {
    print.apply(batch, image);
    return std::exchange(before, print.value()) != print.value();
  };
  StoreBatch farewell;
  farewell.set_farewell = seconds{180};
  EXPECT_TRUE(changes(farewell));
  StoreBatch lost;
  lost.set_lost = LostDecisions{seconds{45}, {{Epoch(1), Epoch(9)}}};
  EXPECT_TRUE(changes(lost));
  StoreBatch written;
  written.written_to = Epoch(9);
  EXPECT_TRUE(changes(written));
}

}  // namespace
}  // namespace arbees::sim
