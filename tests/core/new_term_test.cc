#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/core/healthy_heartbeat.h"
#include "tests/support/orchestrator_bench.h"

// What a new term makes of what the one before left behind in the store.

namespace arbees {
namespace {

constexpr Term term_before{4};
const Incarnation a_knew{"process-a", "t", Boot(10)};
const Incarnation b_knew{"process-b", "t", Boot(20)};

LiveGame live_game(const char* id) { return {GameId(id), "nba", "", ""}; }

StoreImage image_of(std::vector<GameRow> rows) {
  StoreImage image;
  image.term = term_before;
  image.epochs_reserved = Epoch(1'000);
  image.epochs_written = Epoch(9);
  image.shards[ShardId("a")] = {ShardId("a"), a_knew, Generation(1)};
  image.shards[ShardId("b")] = {ShardId("b"), b_knew, Generation(2)};
  for (GameRow& row : rows) {
    image.live[row.game] = {row.game, "nba", "", ""};
    image.games[row.game] = std::move(row);
  }
  return image;
}

/// A planned move from a to b whose orchestrator ended between its commit and the answer to the removal.
StoreImage a_handoff_cut_short() {
  return image_of({{.game = GameId("g1"),
                    .sport = "nba",
                    .owner = ShardId("b"),
                    .owner_boot = b_knew.boot,
                    .epoch = Epoch(9),
                    .previous_owner = ShardId("a"),
                    .phase = GamePhase::removing}});
}

class AHandoffCutShort : public ::testing::Test {
 protected:
  void SetUp() override { bench_.live({live_game("g1")}); }

  static wire::Heartbeat beat_of(const char* name, const Incarnation& process) {
    return testing::healthy_heartbeat(ShardId(name), process, term_before);
  }
  /// From now on it follows the term that the test is about.
  void follows(wire::Heartbeat& beat) {
    beat.seen_term = term_before.next();
    beat.seen_instance =
        InstanceId(bench_.world.events.last("orchestrator_started").field("instance"));
  }
  void says(wire::Heartbeat& beat) {
    beat.hb_seq = beat.hb_seq.next();
    bench_.hear(beat);
  }
  /// The successor, which runs the game and follows us from its second beat on.
  void hear_successor() {
    b_.games = {GameId("g1")};
    b_.epochs = {{GameId("g1"), Epoch(9)}};
    b_.fenced = b_.games;
    says(b_);
    follows(b_);
    says(b_);
  }
  bool successor_may_emit() {
    const auto grants = bench_.heard("shard:b:command", "grant");
    return std::ranges::any_of(grants,
                               [](const auto& grant) { return grant["grants"].contains("g1"); });
  }

  testing::OrchestratorBench bench_{{}, a_handoff_cut_short()};
  wire::Heartbeat a_ = beat_of("a", a_knew);
  wire::Heartbeat b_ = beat_of("b", b_knew);
};

TEST_F(AHandoffCutShort, EndsWhenTheOwnerBeforeFollowsTheNewTerm) {
  hear_successor();
  says(a_);
  EXPECT_FALSE(successor_may_emit()) << "it may still emit under a grant of the term before";
  follows(a_);
  says(a_);
  ASSERT_TRUE(successor_may_emit());
  EXPECT_EQ(bench_.world.events.last("game_released").field("proof"), "new_term");
}

// It still runs the game, fenced: nothing it was granted counts any more, and the removal comes in its own time.
TEST_F(AHandoffCutShort, EndsThoughTheOwnerBeforeHasNotDroppedTheGameYet) {
  hear_successor();
  a_.games = {GameId("g1")};
  a_.epochs = {{GameId("g1"), Epoch(8)}};
  follows(a_);
  says(a_);
  EXPECT_TRUE(successor_may_emit());
}

// The old process may be cut off and alive.
TEST_F(AHandoffCutShort, IsNotEndedByAnotherProcessOfTheOwnerBefore) {
  hear_successor();
  wire::Heartbeat other = beat_of("a", {"process-c", "u", Boot(11)});
  follows(other);
  says(other);
  EXPECT_FALSE(successor_may_emit());
  bench_.pass(seconds{47});
  says(b_);
  EXPECT_FALSE(successor_may_emit());
  bench_.pass(seconds{1});
  EXPECT_TRUE(successor_may_emit()) << "every lease of the term before is over";
}

TEST_F(AHandoffCutShort, IsNotEndedByAnOwnerThatEmitsWithoutGrants) {
  hear_successor();
  a_.leased = false;
  a_.games = {GameId("g1")};
  follows(a_);
  says(a_);
  EXPECT_FALSE(successor_may_emit());
}

// The list of live games is read from a file, and the store from a disk: either may be first.
TEST(NewTerm, AListOfLiveGamesThatComesBeforeTheStoreIsLoadedIsJudgedAgainWithWhatItRemembers) {
  testing::FakePorts world;
  const OrchestratorSettings settings;
  const auto orchestrator = make_orchestrator(world.ports, settings);
  orchestrator->start();
  orchestrator->on_live_games({live_game("g1")});
  const auto row = [](const char* id, std::uint64_t epoch) {
    return GameRow{.game = GameId(id),
                   .sport = "nba",
                   .owner = ShardId("a"),
                   .owner_boot = a_knew.boot,
                   .epoch = Epoch(epoch),
                   .previous_owner = {}};
  };
  world.store.answer_load(image_of({row("g1", 8), row("ended-meanwhile", 9)}));
  while (world.store.waiting_commits() > 0) {
    world.store.answer_commit();
  }
  ASSERT_EQ(world.events.count("game_ended"), 1U);
  EXPECT_EQ(world.events.last("game_ended").field("game"), "ended-meanwhile");
  std::vector<GameId> dropped;
  for (const StoreBatch& batch : world.store.batches()) {
    dropped.insert(dropped.end(), batch.drop_live.begin(), batch.drop_live.end());
  }
  EXPECT_EQ(dropped, std::vector{GameId("ended-meanwhile")});
}

}  // namespace
}  // namespace arbees
