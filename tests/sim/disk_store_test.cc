// The orchestrator of a fleet on the store of production, in whole worlds.
#include "sim/disk/disk_store.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sim/disk/events.h"
#include "sim/runner/fault_schedule.h"
#include "sim/runner/fleet.h"
#include "sim/scenario/library.h"
#include "sim/world/world.h"
#include "tests/prod/temp_folder.h"

namespace arbees::sim {
namespace {

const Scenario& durable_scenario() {
  static const Scenario loaded = [] {
    auto read = ScenarioLibrary(ARBEES_SOURCE_DIR "/scenarios").load("store-power-loss");
    if (!read) {
      throw std::runtime_error(read.error());
    }
    return std::move(read->scenario);
  }();
  return loaded;
}

/// One fleet in a world of its own.
struct Playing {
  explicit Playing(std::uint64_t seed)
      : world({.seed = seed}),
        fleet(durable_scenario(), durable_scenario().policies.front(), world) {
    fleet.install();
  }
  void with_faults() {
    faults = std::make_unique<FaultSchedule>(durable_scenario(), choices, world);
    faults->install();
  }
  void until(Duration time) { world.run_until(SimTime(time)); }
  [[nodiscard]] NodeIndex orchestrator() { return *world.find(orchestrator_node); }

  World world;
  Fleet fleet;
  ParameterChoices choices;
  std::unique_ptr<FaultSchedule> faults;
};

class Loads final : public Observer {
 public:
  void observe(const SimEnvelope& event) override {
    if (const auto* loaded = event.event.get_if<StoreLoaded>()) {
      terms.push_back(loaded->term);
      games = loaded->games;
    }
    writes += event.event.get_if<StoreWriteBegun>() != nullptr ? 1 : 0;
    acknowledged += event.event.get_if<StoreWriteAcknowledged>() != nullptr ? 1 : 0;
  }
  std::vector<Term> terms;
  std::uint64_t games = 0;
  int writes = 0;
  int acknowledged = 0;
};

// SQLite has one random generator for the process: a run must not hear of the others.
TEST(DiskStore, WorldsThatTakeTurnsComeOutAsEachDoesAlone) {
  const auto alone = [](std::uint64_t seed) {
    Playing one(seed);
    one.with_faults();
    one.until(durable_scenario().duration);
    return one.world.digest().value();
  };
  Playing first(1);
  Playing second(2);
  first.with_faults();
  second.with_faults();
  for (Duration now{}; now <= durable_scenario().duration; now += milliseconds{500}) {
    first.until(now);
    second.until(now);
  }
  EXPECT_EQ(first.world.digest().value(), alone(1));
  EXPECT_EQ(second.world.digest().value(), alone(2));
}

TEST(DiskStore, AProgramThatEndsInOrderClosesItsFile) {
  Playing one(3);
  Loads loads;
  one.world.add_observer(loads);
  one.until(seconds{30});
  EXPECT_EQ(one.world.disk(one.orchestrator()).copy().size(), 2U) << "the file and its log";
  one.world.terminate(one.orchestrator());
  one.until(seconds{40});
  ASSERT_FALSE(one.world.running(one.orchestrator()));
  const Disk::Copy left = one.world.disk(one.orchestrator()).copy();
  ASSERT_EQ(left.size(), 1U) << "all of the log is in the file";
  EXPECT_EQ(left.begin()->first, DiskStore::file_name);
  one.world.start(one.orchestrator());
  one.until(seconds{50});
  EXPECT_EQ(loads.terms, (std::vector<Term>{Term(0), Term(1)}));
  EXPECT_EQ(loads.games, durable_scenario().games.size());
}

/// Commits three batches as soon as the store is loaded. The second is of a term that is not in office.
class Committer final : public Program {
 public:
  Committer(Ports& ports, std::vector<std::string>& answers) : ports_(ports), answers_(answers) {}

  void start() override {
    ports_.store.load([this](const auto& /*loaded*/) {
      StoreBatch office;
      office.new_term = Term(1);
      office.new_instance = InstanceId("one");
      commit(std::move(office), Term(0));
      commit({}, Term(5));
      StoreBatch epochs;
      epochs.reserve_epochs_to = Epoch(100);
      commit(std::move(epochs), Term(1));
    });
  }
  void terminate() override {}

 private:
  void commit(StoreBatch batch, Term expected) {
    batch.expected_term = expected;
    ports_.store.commit(std::move(batch), [this](const auto& committed) {
      answers_.emplace_back(committed ? "ok" : committed.error().detail);
    });
  }

  Ports& ports_;
  std::vector<std::string>& answers_;
};

TEST(DiskStore, WhatWaitsIsWrittenTogetherAndEachIsAnswered) {
  World world({.seed = 5});
  Loads seen;
  world.add_observer(seen);
  std::vector<std::string> answers;
  const NodeIndex node = world.add_node({.name = "node",
                                         .factory = [&](Ports& ports) -> std::unique_ptr<Program> {
                                           return std::make_unique<Committer>(ports, answers);
                                         },
                                         .store =
                                             [](const StoreSite& site) {
                                               return std::make_unique<DiskStore>(
                                                   site.disk, site.clock, site.events, site.seed);
                                             },
                                         .restart_after_exit = {}});
  world.start(node);
  world.run_until(SimTime(seconds{1}));
  EXPECT_EQ(answers, (std::vector<std::string>{"ok", "term 1 is in office, not term 5", "ok"}));
  EXPECT_EQ(seen.writes, 1);
  EXPECT_EQ(seen.acknowledged, 1);

  world.faults().crash(node);
  world.start(node);
  world.run_until(SimTime(seconds{2}));
  EXPECT_EQ(seen.terms, (std::vector<Term>{Term(0), Term(1)})) << "what was acknowledged is there";
  EXPECT_EQ(answers.back(), "ok") << "term 1 is in office";
}

// The same file in both worlds: copied to a real disk, it is opened as any other.
TEST(DiskStore, WhatItKeepsIsAFileOfProduction) {
  Playing one(4);
  one.until(seconds{30});
  one.world.faults().crash(one.orchestrator());
  const prod::TempFolder folder;
  for (const auto& [name, bytes] : one.world.disk(one.orchestrator()).copy()) {
    prod::write_text(folder.file(name), bytes);
  }
  auto file = sqlite::StoreFile::open(folder.file(DiskStore::file_name));
  ASSERT_TRUE(file.has_value()) << file.error();
  const auto image = file->load();
  ASSERT_TRUE(image.has_value());
  EXPECT_EQ(image->term, Term(1));
  EXPECT_EQ(image->games.size(), durable_scenario().games.size());
  EXPECT_EQ(image->shards.size(), durable_scenario().shards.size());
}

}  // namespace
}  // namespace arbees::sim
