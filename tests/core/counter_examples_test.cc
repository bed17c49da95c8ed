#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/wire/timestamp.h"
#include "tests/support/played_fleet.h"

// Counter-examples of the ownership protocol that need two processes, two terms or a hand on the wire
// (docs/counter-examples.md); the others are scenarios.

namespace arbees {
namespace {

using testing::beat_interval;
using testing::PlayedShard;
using testing::RecordedEvent;

constexpr Duration a_day = minutes{24 * 60};

class CounterExamples : public testing::PlayedFleet {
 protected:
  explicit CounterExamples(const StoreImage& image = {})
      : PlayedFleet(without_rebalancing(), image) {}
  explicit CounterExamples(const OrchestratorSettings& settings) : PlayedFleet(settings, {}) {}

  /// What moves has another reason.
  static OrchestratorSettings without_rebalancing() {
    OrchestratorSettings settings;
    settings.rebalance_trigger_percent = 0;
    return settings;
  }

  /// Shards that run what they are told to, and these games, given to them evenly.
  void settled(int games, std::initializer_list<PlayedShard*> shards) {
    for (PlayedShard* shard : shards) {
      beats(*shard);
    }
    live(games);
    for (PlayedShard* shard : shards) {
      obeys(*shard);
    }
    evening(2, shards);
    ASSERT_EQ(count("game_acknowledged"), static_cast<std::size_t>(games));
  }
  void follows(PlayedShard& shard) {
    shard.beat.seen_instance =
        InstanceId(world.events.last("orchestrator_started").field("instance"));
  }
  [[nodiscard]] std::size_t grants_to(Boot boot) const {
    const auto grants = world.events.named("grant_sent");
    return static_cast<std::size_t>(std::ranges::count_if(
        grants,
        [boot](const RecordedEvent& grant) { return grant.count("boot") == boot.value(); }));
  }
};

TEST_F(CounterExamples, C3_OfTwoProcessesThatBeatInTurnsTheOneThatStartedLastIsServed) {
  settled(2, {&a_});
  PlayedShard later{"a", 9};
  beats(later);
  const std::size_t granted = grants_to(a_.beat.boot);
  for (int turn = 0; turn < 6; ++turn) {
    beats(a_);
    pass(beat_interval / 2);
    obeys(later);
    beats(later);
    pass(beat_interval / 2);
  }
  EXPECT_EQ(count("shard_restarted"), 1U);
  EXPECT_EQ(grants_to(a_.beat.boot), granted);
  EXPECT_EQ(alerts("alert_raised", "DUPLICATE_SHARD_ID"), 1U);
  EXPECT_EQ(count("game_acknowledged"), 4U) << "both games run in the later process";
}

// An orchestrator of a store that was put back has told it more than ours knows.
TEST_F(CounterExamples, C3_ItsSuccessorIsToldAHigherGenerationThanItWas) {
  settled(2, {&a_});
  a_.beat.generation = Generation(7);
  beats(a_);
  PlayedShard later{"a", 9};
  beats(later);
  EXPECT_EQ(world.events.last("shard_restarted").count("generation"), 8U);
}

/// Seven of ten shards are names that only the store remembers.
class CounterExamplesOfAnOldStore : public CounterExamples {
 protected:
  CounterExamplesOfAnOldStore() : CounterExamples(old_store()) {}

  static StoreImage old_store() {
    StoreImage image;
    image.term = Term(3);
    for (int i = 1; i <= 7; ++i) {
      const ShardId id("stale-" + std::to_string(i));
      image.shards.emplace(id, ShardRow{id, {"p", "t", Boot(100)}, Generation(1)});
    }
    return image;
  }
};

TEST_F(CounterExamplesOfAnOldStore, C7_WhoWasNotHeardForLongIsNoPartOfAMassFailure) {
  evening(
      2, {&a_, &b_, &c_});  // Whoever the store does not know has had its time to say what it runs.
  settled(3, {&a_, &b_, &c_});
  evening(7, {&a_, &b_});
  obeys(a_), obeys(b_);
  evening(1, {&a_, &b_});
  for (const RecordedEvent& entered : world.events.named("mode_entered")) {
    EXPECT_NE(entered.field("mode"), "HOLD") << entered.field("why");
  }
  EXPECT_EQ(count("game_acknowledged"), 4U) << "the game of the one that died runs elsewhere";
}

// It dropped the game by an order that nobody knows of any more: no older epoch brings it back.
TEST_F(CounterExamples, C8_WhoAnswersAndDoesNotRunItsGameGetsItUnderANewEpoch) {
  settled(1, {&a_});
  const std::uint64_t before = world.events.last("game_assigned").count("epoch");
  a_.beat.games.clear();
  a_.beat.epochs.clear();
  evening(7, {&a_});
  ASSERT_EQ(count("game_assigned"), 2U);
  EXPECT_EQ(world.events.last("game_assigned").field("shard"), "a");
  EXPECT_GT(world.events.last("game_assigned").count("epoch"), before);
}

/// A store counts as out before the orchestrator is blind, which nobody answers here either.
class CounterExamplesOfAHangingStore : public CounterExamples {
 protected:
  static constexpr Duration patience = seconds{2};
  static OrchestratorSettings impatient() {
    OrchestratorSettings settings = without_rebalancing();
    settings.store_patience = patience;
    settings.hold_enter_percent = 0;
    return settings;
  }
  CounterExamplesOfAHangingStore() : CounterExamples(impatient()) {}
};

TEST_F(CounterExamplesOfAHangingStore, C9_WhatHangsInItIsDecidedWithoutIt) {
  evening(5, {&a_});  // Nobody can hold a lease of an earlier term any more.
  beats(a_);
  announce({{GameId("g1"), "nba", "", ""}});
  ASSERT_GE(world.store.waiting_commits(), 1U);
  // Nobody is heard, nothing changes, and the store does not answer.
  for (Duration passed{}; passed <= 2 * patience; passed += milliseconds{500}) {
    world.clock.advance(milliseconds{500});
  }
  EXPECT_GE(world.store.waiting_commits(), 1U);
  EXPECT_EQ(count("game_assigned"), 1U);
}

// Swarm scale, seed 158: the store had done what it had not answered, and was then asked to take it back.
TEST_F(CounterExamplesOfAHangingStore, C9_EpochsThatMayBeReservedAreNotGivenBack) {
  settled(1, {&a_, &b_});
  store_hangs();
  a_.beat.seen_epoch =
      Epoch(5'000);  // Of no term that the store knows: others are reserved, far above it.
  beats(a_);
  pass(4 * patience);
  Epoch reserved;
  std::size_t asked = 0;
  for (const StoreBatch& batch : world.store.batches()) {
    if (batch.reserve_epochs_to) {
      ++asked;
      EXPECT_GE(*batch.reserve_epochs_to, reserved);
      reserved = *batch.reserve_epochs_to;
    }
  }
  EXPECT_GE(asked, 3U) << "with the term, for the epochs above, and to see whether it answers";
}

// Swarm storage, seed 309: the answer came after the move had been decided anew, to another successor, and undid that; the
// other one had been told to run the game, and was not told to drop it.
TEST_F(CounterExamplesOfAHangingStore, C9_ALateAnswerUndoesNothingThatWasDecidedWithoutIt) {
  settled(1, {&a_, &b_, &c_});
  store_hangs();
  ASSERT_TRUE(
      obey({.verb = Verb::move, .who = "ann", .why = "closer", .shard = {}, .game = GameId("g1")}));
  ASSERT_EQ(count("handoff_prepared"), 0U);
  pass(2 * patience);
  ASSERT_EQ(count("handoff_prepared"), 1U) << "decided without the store";
  const std::uint64_t epoch = world.events.last("handoff_prepared").count("epoch");
  store_answers();
  pass(seconds{1});
  EXPECT_EQ(count("handoff_prepared"), 1U);
  std::optional<Successor> written;
  for (const StoreBatch& batch : world.store.batches()) {
    for (const GameRow& row : batch.put_games) {
      written = row.next;
    }
  }
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(written->epoch, Epoch(epoch)) << "the store learns what was decided last";
}

// Swarm storage, seed 1279: its move was prepared, and waited for the store.
TEST_F(CounterExamplesOfAHangingStore, C9_AGameOfADeadShardMovesInTheMiddleOfAPlannedMove) {
  settled(1, {&a_, &b_, &c_});
  ASSERT_EQ(assigned_to(a_).size(), 1U);
  ASSERT_TRUE(obey({.verb = Verb::move,
                    .who = "ann",
                    .why = "closer",
                    .shard = ShardId("b"),
                    .game = GameId("g1")}));
  ASSERT_EQ(count("handoff_prepared"), 1U);
  store_hangs();
  live(2);  // Something to write.
  evening(8, {&b_, &c_});
  ASSERT_EQ(count("shard_died"), 1U);
  const auto assigned = world.events.named("game_assigned");
  const auto moved = std::ranges::find(
      assigned, "dead", [](const RecordedEvent& event) { return event.field("reason"); });
  ASSERT_NE(moved, assigned.end());
  EXPECT_EQ(moved->field("game"), "g1");
  EXPECT_GT(moved->count("epoch"), world.events.last("handoff_prepared").count("epoch"))
      << "the next term, which finds it prepared in the store, must not take its owner for a "
         "successor";
}

/// The store knows that b prepares for a's game; b was given it since, by a decision that was never written.
class CounterExamplesOfAnUnwrittenEnd : public CounterExamples {
 protected:
  CounterExamplesOfAnUnwrittenEnd() : CounterExamples(prepared()) {}

  static StoreImage prepared() {
    StoreImage image;
    image.term = Term(1);
    image.epochs_reserved = Epoch(1000);
    image.epochs_written = Epoch(2);
    const GameId game("g1");
    image.games.emplace(
        game, GameRow{game, "nba", ShardId("a"), Boot(1), Epoch(1), ShardId{}, GamePhase::prepare,
                      Successor{ShardId("b"), Boot(2), Epoch(2)}});
    image.live.emplace(game, LiveGame{game, "nba", "", ""});
    for (const PlayedShard& shard : {PlayedShard("a", 1), PlayedShard("b", 2)}) {
      image.shards.emplace(shard.beat.shard,
                           ShardRow{shard.beat.shard, shard.beat.incarnation(), Generation(1)});
    }
    return image;
  }
  void SetUp() override {
    CounterExamples::SetUp();
    live(1);
    a_.restart("a", 9);
    b_.beat.games = b_.beat.fenced = {GameId("g1")};
    b_.beat.epochs = {{GameId("g1"), Epoch(7)}};
  }
  [[nodiscard]] std::size_t removals_to(const PlayedShard& shard) const {
    const auto commands = world.events.named("command_sent");
    return static_cast<std::size_t>(
        std::ranges::count_if(commands, [&](const RecordedEvent& command) {
          return of(command, shard) && command.field("type") == "remove_game";
        }));
  }
};

// Swarm full, seed 388.
TEST_F(CounterExamplesOfAnUnwrittenEnd, C9_WhoWasGivenTheGameIsNotToldToDropIt) {
  beats(b_);
  evening(6, {&a_, &b_});
  ASSERT_EQ(world.events.last("game_assigned").field("shard"), "b") << "it has the newest epoch";
  EXPECT_EQ(removals_to(b_), 0U);
}

class CounterExamplesOfFewFailovers : public CounterExamples {
 protected:
  static OrchestratorSettings one_a_second() {
    OrchestratorSettings settings = without_rebalancing();
    settings.failover_games_per_second = 1;
    settings.hold_enter_percent = 0;
    return settings;
  }
  CounterExamplesOfFewFailovers() : CounterExamples(one_a_second()) {}
};

// Swarm full, seed 153: games that had been live for longer, of a shard that died later, were moved before.
TEST_F(CounterExamplesOfFewFailovers, M_WhoseOwnerWasLostFirstIsMovedFirst) {
  settled(1, {&b_});
  beats(a_), beats(c_);
  live(5);
  obeys(a_), obeys(c_);
  evening(2, {&a_, &b_, &c_});
  ASSERT_EQ(assigned_to(a_).size(), 2U);
  beats(a_);
  pass(milliseconds{500});
  beats(b_);
  for (int turn = 0; turn < 7; ++turn) {
    evening(1, {&c_});
  }
  ASSERT_EQ(count("shard_died"), 2U);
  std::vector<std::string> moved;
  for (const RecordedEvent& assigned : world.events.named("game_assigned")) {
    if (assigned.field("reason") == "dead") {
      moved.push_back(assigned.field("game"));
    }
  }
  EXPECT_THAT(moved, ::testing::ElementsAre("g2", "g4", "g1", "g5"));
}

TEST_F(CounterExamples, C10_WhoWasFrozenWhileAnotherTermRanStepsDown) {
  follows(a_), follows(b_);
  settled(2, {&a_, &b_});
  ASSERT_EQ(world.process.ended, std::nullopt);
  const std::size_t grants = count("grant_sent");
  world.clock.sleep_through(seconds{120});
  a_.beat.seen_term = Term(a_.beat.seen_term.value() + 1);
  a_.beat.seen_instance = InstanceId("orch-other");
  a_.beat.hb_seq = a_.beat.hb_seq.next();
  hear(a_.beat);
  EXPECT_EQ(world.process.ended, ExitCode::superseded);
  EXPECT_EQ(alerts("alert_raised", "LEADER_LOST"), 1U);
  EXPECT_EQ(count("grant_sent"), grants) << "nothing is granted in a term that is over";
}

TEST_F(CounterExamples, C10_WhatIsDecidedWhileAnotherHoldsTheStoreIsRefusedAndNeverSaid) {
  beats(a_);
  announce({{GameId("g1"), "nba", "", ""}});
  ASSERT_GE(world.store.waiting_commits(), 1U);
  while (world.store.waiting_commits() > 0) {
    world.store.answer_commit(std::unexpected(StoreError{StoreFailure::superseded, "term 2"}));
  }
  serve();
  EXPECT_EQ(world.process.ended, ExitCode::superseded);
  EXPECT_EQ(count("game_assigned"), 0U);
  EXPECT_EQ(count("command_sent"), 0U);
}

TEST_F(CounterExamples, C12_ABeatOfAnOldConnectionThatComesAfterANewerOneSaysNothing) {
  beats(a_);
  const wire::Heartbeat before_it_had_games = a_.beat;
  settled(2, {&a_});
  const std::size_t commands = count("command_sent");
  for (int again = 0; again < 3; ++again) {
    hear(before_it_had_games);
    pass(seconds{1});
  }
  EXPECT_EQ(count("heartbeat_ignored"), 3U);
  EXPECT_EQ(count("command_sent"), commands) << "it has its games: nothing is sent again";
}

TEST_F(CounterExamples, H10_AGameThatGoesOnWhileItIsDroppedStartsAnew) {
  settled(1, {&a_});
  announce({});
  ASSERT_GE(world.store.waiting_commits(), 1U);
  announce({{GameId("g1"), "nba", "", ""}});
  pass(seconds{1});
  EXPECT_EQ(count("game_assigned"), 2U);
  const RecordedEvent last = world.events.last("command_sent");
  EXPECT_EQ(last.field("type"), "add_game") << "what was dropped is not removed from its new owner";
  EXPECT_EQ(last.count("epoch"), world.events.last("game_assigned").count("epoch"));
}

class CounterExamplesOfASecondHalf : public CounterExamples {
 protected:
  void SetUp() override {
    CounterExamples::SetUp();
    settled(1, {&a_});
    beats(b_);
    live(0);
    ASSERT_EQ(world.events.last("command_sent").field("type"), "remove_game");
  }
  /// It has done all that it was told, and runs nothing any more.
  void lets_go(PlayedShard& shard) {
    for (const RecordedEvent& command : world.events.named("command_sent")) {
      if (of(command, shard)) {
        shard.beat.applied->watermark =
            std::max(shard.beat.applied->watermark, CommandSeq(command.count("seq")));
      }
    }
    shard.beat.games.clear();
    shard.beat.epochs.clear();
    beats(shard);
  }
  /// The shard that has more room is given it, and runs it.
  void goes_on_elsewhere() {
    live(1);
    ASSERT_EQ(world.events.last("game_assigned").field("shard"), "b");
    obeys(b_);
    beats(b_);
  }
  /// Whether the row of the game was dropped from the store.
  [[nodiscard]] bool store_forgets() const {
    return std::ranges::any_of(world.store.batches(), [](const StoreBatch& batch) {
      return std::ranges::count(batch.drop_games, GameId("g1")) > 0;
    });
  }
  bool granted_to_b() {
    const auto grants = heard("shard:b:command", "grant");
    return std::ranges::any_of(grants,
                               [](const auto& grant) { return grant["grants"].contains("g1"); });
  }
};

// Swarm full, seed 733: it beat before it had heard a command of any term.
TEST_F(CounterExamplesOfASecondHalf, C2_ABeatThatSaysNothingOfCommandsAnswersNone) {
  a_.beat.hb_seq = a_.beat.hb_seq.next();
  a_.beat.applied.reset();
  a_.beat.games.clear();
  a_.beat.epochs.clear();
  hear(a_.beat);
  EXPECT_EQ(count("command_ended"), 1U) << "add_game alone";
}

TEST_F(CounterExamplesOfASecondHalf, H10_IsGrantedElsewhereWhenItsOwnerHasLetGo) {
  goes_on_elsewhere();
  EXPECT_FALSE(granted_to_b()) << "a may still emit for it";
  lets_go(a_);
  EXPECT_TRUE(granted_to_b());
  EXPECT_EQ(world.events.last("game_released").field("proof"), "removed");
}

TEST_F(CounterExamplesOfASecondHalf, H10_IsGrantedElsewhereWhenTheLeaseOfItsOwnerIsOver) {
  goes_on_elsewhere();
  evening(3, {&b_});
  EXPECT_FALSE(granted_to_b());
  evening(1, {&b_});
  EXPECT_TRUE(granted_to_b());
  EXPECT_EQ(world.events.last("game_released").field("proof"), "lease_over");
}

// Should it go on under the next orchestrator, that one has to know of a.
TEST_F(CounterExamplesOfASecondHalf, H10_StaysInTheStoreUntilNobodyMayEmitForIt) {
  pass(seconds{1});
  EXPECT_FALSE(store_forgets());
  lets_go(a_);
  EXPECT_TRUE(store_forgets());
}

TEST_F(CounterExamplesOfASecondHalf, H10_StaysInTheStoreAlsoIfItEndsAgainBeforeItHasAnOwner) {
  a_.beat.max_games = b_.beat.max_games = 0;
  beats(a_);
  beats(b_);
  live(1);
  live(0);
  pass(seconds{1});
  ASSERT_EQ(count("game_assigned"), 1U);
  EXPECT_FALSE(store_forgets());
  lets_go(a_);
  EXPECT_TRUE(store_forgets());
}

TEST_F(CounterExamplesOfASecondHalf, H10_IsGrantedAtOnceIfItsOwnerHadLetGoBefore) {
  lets_go(a_);
  a_.beat.max_games = 0;
  beats(a_);
  goes_on_elsewhere();
  EXPECT_TRUE(granted_to_b());
}

TEST_F(CounterExamplesOfASecondHalf, H10_IsGrantedAtOnceIfItsOwnerHadEnded) {
  a_.beat.status = "stopping";
  a_.beat.games.clear();
  a_.beat.epochs.clear();
  beats(a_);
  goes_on_elsewhere();
  EXPECT_TRUE(granted_to_b());
}

TEST_F(CounterExamples, M_WhenCapacityIsCutTheExcessMovesAndNothingNewComes) {
  settled(8, {&a_, &b_});
  ASSERT_EQ(assigned_to(a_).size(), 4U);
  a_.beat.max_games = 2;
  for (int turn = 0; turn < 4; ++turn) {
    evening(1, {&a_, &b_});
    obeys(b_);
  }
  ASSERT_EQ(count("handoff_prepared"), 2U);
  EXPECT_EQ(world.events.last("handoff_prepared").field("reason"), "excess");
  EXPECT_EQ(assigned_to(b_).size(), 6U) << "two of four move";
  live(10);
  EXPECT_EQ(assigned_to(a_).size(), 4U) << "nothing beyond the four it had";
  EXPECT_EQ(assigned_to(b_).size(), 8U);
}

TEST_F(CounterExamples, M_AWallClockThatIsADayBehindKillsNobodyAndMovesNothing) {
  settled(2, {&a_, &b_});
  for (int beat = 0; beat < 12; ++beat) {
    a_.beat.timestamp = wire::to_rfc3339(world.clock.wall_now() - a_day);
    evening(1, {&a_, &b_});
  }
  world.clock.jump_wall(-a_day);
  evening(12, {&a_, &b_});
  EXPECT_EQ(count("shard_died"), 0U);
  EXPECT_EQ(count("game_assigned"), 2U);
  EXPECT_EQ(alerts("alert_raised", "CLOCK_SKEW"), 1U);
  EXPECT_EQ(alerts("alert_raised", "CLOCK_JUMP"), 1U);
}

}  // namespace
}  // namespace arbees
