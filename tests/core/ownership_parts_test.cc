#include <gtest/gtest.h>

#include "core/assignment/holders.h"
#include "core/assignment/ledger.h"
#include "core/assignment/planner.h"
#include "core/assignment/rate_limit.h"
#include "core/orchestrator/canary.h"
#include "core/orchestrator/command_queue.h"
#include "core/orchestrator/fleet.h"
#include "core/orchestrator/modes.h"
#include "core/orchestrator/sight.h"
#include "core/store/memory_store.h"
#include "tests/core/parts.h"

namespace arbees {
namespace {

using testing::at;
using testing::until_settled;

Order add(const char* game, std::uint64_t epoch) {
  return wire::AddGame{{GameId(game), "nba", "", ""}, Epoch(epoch)};
}
Order remove(const char* game, std::uint64_t epoch) {
  return wire::RemoveGame{GameId(game), Epoch(epoch)};
}

TEST(CommandQueue, ResendsWithDoubledWaitsUpToTheCap) {
  CommandQueue queue(until_settled);
  queue.push(add("g", 1), at(0), at(0), {});
  MonoTime now = at(0);
  std::vector<std::int64_t> waits_ms;
  for (int attempt = 0; attempt < 7; ++attempt) {
    ASSERT_EQ(queue.take_due(now).size(), 1U);
    waits_ms.push_back((*queue.deadline() - now) / milliseconds{1});
    now = *queue.deadline();
  }
  EXPECT_EQ(waits_ms, (std::vector<std::int64_t>{500, 1000, 2000, 4000, 8000, 8000, 8000}));
}

TEST(CommandQueue, KeepsTheNewestOrderPerGame) {
  CommandQueue queue(until_settled);
  queue.push(add("g", 1), at(0), at(0), {});
  queue.push(add("h", 2), at(0), at(0), {});
  const auto superseded = queue.push(remove("g", 3), at(0), at(0), {});
  ASSERT_TRUE(superseded.has_value());
  EXPECT_EQ(superseded->seq, CommandSeq(1));
  EXPECT_EQ(queue.of_game(GameId("g"))->type(), "remove_game");
  EXPECT_EQ(queue.floor(), CommandSeq(2));
}

TEST(CommandQueue, FloorIsTheNextNumberWhenNothingIsWanted) {
  CommandQueue queue(until_settled);
  EXPECT_EQ(queue.floor(), CommandSeq(1));
  queue.push(add("g", 1), at(0), at(0), {});
  queue.settle(CommandSeq(1));
  EXPECT_EQ(queue.floor(), CommandSeq(2));
}

TEST(CommandQueue, NobodyListeningBringsOneEarlyRetryAndNoHotLoop) {
  CommandQueue queue(until_settled);
  queue.push(add("g", 1), at(0), at(0), {});
  queue.take_due(at(0));
  queue.reached_nobody(CommandSeq(1), at(0) + milliseconds{100});
  EXPECT_EQ(queue.deadline(), at(0) + milliseconds{100});
  queue.take_due(*queue.deadline());
  const auto second = queue.deadline();
  queue.reached_nobody(CommandSeq(1), at(0) + milliseconds{200});
  EXPECT_EQ(queue.deadline(), second);
}

TEST(CommandQueue, WhatReachedNobodyIsSaidAgainWhenTheListenerIsBack) {
  CommandQueue queue(until_settled);
  queue.push(add("g", 1), at(0), at(0), {});
  MonoTime now = at(0);
  for (int attempt = 0; attempt < 6; ++attempt) {
    queue.take_due(now);
    queue.reached_nobody(CommandSeq(1), now);
    now = *queue.deadline();
  }
  const MonoTime back = now - seconds{3};
  queue.listener_is_back(back);
  EXPECT_EQ(queue.deadline(), back);
  queue.take_due(back);
  queue.listener_is_back(back + seconds{1});
  EXPECT_EQ(queue.deadline(), back + seconds{8}) << "once, not with every beat";
}

TEST(CommandQueue, WithLimitZeroACommandIsSentOnce) {
  CommandQueue queue({milliseconds{500}, seconds{8}, 0});
  queue.push(add("g", 1), at(0), at(0), {});
  EXPECT_EQ(queue.take_due(at(0)).size(), 1U);
  EXPECT_EQ(queue.deadline(), std::nullopt);
  EXPECT_TRUE(queue.take_due(at(1'000)).empty());
}

Plan place(const std::vector<Need>& needs, const std::vector<Candidate>& candidates) {
  Placer placer(candidates);
  for (const Need& need : needs) {
    placer.place(need);
  }
  return placer.finish();
}

TEST(Planner, PrefersRankThenRoomThenId) {
  const Plan plan = place({{GameId("g1"), MoveReason::first, {}},
                           {GameId("g2"), MoveReason::first, {}},
                           {GameId("g3"), MoveReason::first, {}}},
                          {{ShardId("b"), Boot(2), 2, 0},
                           {ShardId("a"), Boot(1), 2, 0},
                           {ShardId("c"), Boot(3), 9, 1}});
  ASSERT_EQ(plan.placements.size(), 3U);
  EXPECT_EQ(plan.placements[0].shard, ShardId("a"));
  EXPECT_EQ(plan.placements[1].shard, ShardId("b"));
  EXPECT_EQ(plan.placements[2].shard, ShardId("a"));
}

TEST(Planner, NeverExceedsTheRoomAndSaysWhy) {
  const Plan plan =
      place({{GameId("g1"), MoveReason::first, {}}, {GameId("g2"), MoveReason::first, {}}},
            {{ShardId("a"), Boot(1), 1, 0}});
  ASSERT_EQ(plan.placements.size(), 1U);
  ASSERT_EQ(plan.unplaced.size(), 1U);
  EXPECT_EQ(plan.unplaced[0].reason, "every shard is full");
  EXPECT_EQ(place({{GameId("g"), MoveReason::first, {}}}, {}).unplaced[0].reason,
            "no shard is alive");
  EXPECT_EQ(place({{GameId("g"), MoveReason::first, {{ShardId("a"), Unsuitable::refused}}}},
                  {{ShardId("a"), Boot(1), 1, 0}})
                .unplaced[0]
                .reason,
            "every shard with room refused it");
  const auto why = [](std::map<ShardId, Unsuitable> unsuitable) {
    return place({{GameId("g"), MoveReason::unstable, std::move(unsuitable)}},
                 {{ShardId("a"), Boot(1), 1, 0}, {ShardId("b"), Boot(2), 0, 0}})
        .unplaced[0]
        .reason;
  };
  EXPECT_EQ(why({{ShardId("a"), Unsuitable::owner}}), "only the shard it leaves has room");
  EXPECT_EQ(why({{ShardId("a"), Unsuitable::same_fault}}), "no shard with room is a better place");
}

TEST(Planner, SaysOfEachShardWhyItDoesNotTakeAGame) {
  const Plan plan =
      place({{GameId("g1"), MoveReason::first, {}},
             {GameId("g2"),
              MoveReason::degraded,
              {{ShardId("b"), Unsuitable::owner}, {ShardId("c"), Unsuitable::same_fault}}},
             {GameId("g3"), MoveReason::first, {{ShardId("a"), Unsuitable::refused}}}},
            {{ShardId("a"), Boot(1), 1, 0},
             {ShardId("b"), Boot(2), 1, 1},
             {ShardId("c"), Boot(3), 0, 2}});
  ASSERT_EQ(plan.unplaced.size(), 1U);
  EXPECT_EQ(plan.unplaced[0].game, GameId("g2"));
  const std::map<ShardId, std::string_view> expected{{ShardId("a"), "full"},
                                                     {ShardId("b"), "it leaves this one"},
                                                     {ShardId("c"), "has the same fault"}};
  EXPECT_EQ(plan.reasons_for(plan.unplaced[0]), expected);
}

TEST(Holders, AnotherShardsGrantBlocksUntilItIsOver) {
  Holders holders;
  holders.named(ShardId("a"), Boot(1), HeartbeatSeq(4), at(47));
  EXPECT_NE(holders.other_than(ShardId("b"), at(46)), nullptr);
  EXPECT_EQ(holders.other_than(ShardId("b"), at(47)), nullptr);
  EXPECT_EQ(holders.other_than(ShardId("a"), at(0)), nullptr);
  EXPECT_EQ(holders.others_over(ShardId("b")), at(47));
  EXPECT_EQ(holders.expire(at(47)), std::vector{ShardId("a")});
}

TEST(Holders, AnOlderGrantDoesNotShortenANewerOne) {
  Holders holders;
  holders.named(ShardId("a"), Boot(1), HeartbeatSeq(5), at(50));
  holders.named(ShardId("a"), Boot(1), HeartbeatSeq(4), at(40));
  EXPECT_EQ(holders.find(ShardId("a"), Boot(1))->over, at(50));
  EXPECT_EQ(holders.find(ShardId("a"), Boot(1))->last_named, HeartbeatSeq(5));
}

// Swarm full, seed 300236: a farewell of 180 s outlived its term, since the new one had named the game before the shard said that it
// followed.
TEST(Holders, WhatAnEarlierTermGrantedIsVoidOnceTheShardFollows) {
  Holders holders;
  const ShardId a("a");
  holders.named(a, Boot(1), HeartbeatSeq{}, at(180));
  holders.named(a, Boot(1), HeartbeatSeq(5), at(50));
  EXPECT_EQ(holders.others_over(ShardId("b")), at(180)) << "it does not follow yet";
  EXPECT_EQ(holders.find(a, Boot(1))->over, at(50));
  EXPECT_FALSE(holders.forget_earlier_terms(a, Boot(1))) << "what our term granted stands";
  EXPECT_EQ(holders.others_over(ShardId("b")), at(50));
  EXPECT_EQ(holders.expire(at(50)), std::vector{a});
  holders.named(a, Boot(1), HeartbeatSeq{}, at(180));
  EXPECT_TRUE(holders.forget_earlier_terms(a, Boot(1)));
  EXPECT_EQ(holders.find(a, Boot(1)), nullptr);
}

TEST(Holders, AShardIsNoHolderAnyMoreWhenAllThatItWasGrantedIsOver) {
  Holders holders;
  holders.named(ShardId("a"), Boot(1), HeartbeatSeq{}, at(60));
  holders.named(ShardId("a"), Boot(1), HeartbeatSeq(5), at(50));
  EXPECT_TRUE(holders.expire(at(55)).empty());
  EXPECT_EQ(holders.expire(at(60)), std::vector{ShardId("a")});
}

TEST(Ledger, HandsOutEpochsOnlyFromReservedBlocks) {
  Ledger ledger;
  StoreImage image;
  image.term = Term(3);
  image.epochs_reserved = Epoch(1'000);
  ledger.load(image, at(0), at(0));
  EXPECT_EQ(ledger.take_epoch(), std::nullopt);
  ledger.epochs_reserved(Epoch(2'000));
  EXPECT_EQ(ledger.take_epoch(), Epoch(1'001));
  ledger.skip_epochs_to(Epoch(1'999));
  EXPECT_EQ(ledger.epochs_to_reserve(), Epoch(3'000));
  EXPECT_EQ(ledger.epochs_to_reserve(), std::nullopt) << "one reservation at a time";
  EXPECT_EQ(ledger.take_epoch(), Epoch(2'000));
  EXPECT_EQ(ledger.take_epoch(), std::nullopt);
}

TEST(Ledger, AMoveThatBeginsTakesRoomBeforeItIsWrittenDown) {
  Ledger ledger;
  const GameId g("g");
  StoreImage image;
  image.games.emplace(
      g, GameRow{g, "nba", ShardId("a"), Boot(1), Epoch(1), ShardId{}, GamePhase::active});
  ledger.load(image, at(0), at(0));
  ledger.decide(*ledger.find(g), {ShardId("a"), Epoch(2), ShardId("b")});
  EXPECT_TRUE(ledger.incoming_to(ShardId("b")).contains(g));
  EXPECT_TRUE(ledger.incoming_to(ShardId("a")).empty());
  ledger.decided(*ledger.find(g));
  EXPECT_TRUE(ledger.incoming_to(ShardId("b")).empty());
}

TEST(Ledger, KeepsClearOfEpochsThatItsStoreKnowsNothingOf) {
  Ledger ledger;
  StoreImage image;
  image.epochs_reserved = Epoch(1'000);
  ledger.load(image, at(0), at(0));
  ledger.epochs_reserved(Epoch(2'000));
  EXPECT_FALSE(ledger.hear_epoch(Epoch(700)));
  EXPECT_EQ(ledger.take_epoch(), Epoch(1'001));
  EXPECT_FALSE(ledger.hear_epoch(Epoch(believed_max).next())) << "nobody has seen so many";
  EXPECT_TRUE(ledger.hear_epoch(Epoch(5'002)));
  EXPECT_EQ(ledger.take_epoch(), std::nullopt);
  ledger.epochs_reserved(*ledger.epochs_to_reserve());
  EXPECT_GT(ledger.take_epoch(), Epoch(5'002 + Ledger::used_by_a_term));
}

TEST(Ledger, SaysWhichGamesBeganAndEnded) {
  Ledger ledger;
  const LiveGame g{GameId("g"), "nba", "", ""};
  const LiveGame h{GameId("h"), "nfl", "", ""};
  EXPECT_EQ(ledger.set_live({g, h, g}, at(0)).discovered, (std::vector{GameId("g"), GameId("h")}));
  const LiveChange change = ledger.set_live({h}, at(0));
  EXPECT_TRUE(change.discovered.empty());
  EXPECT_EQ(change.ended, std::vector{GameId("g")});
}

TEST(Sight, BlindTimeDoesNotCountFromTheLastProofOn) {
  Sight sight(at(0));
  EXPECT_EQ(sight.seen(at(10)), seconds{10});
  sight.lose(at(8));
  EXPECT_EQ(sight.seen(at(50)), seconds{8});
  sight.regain(at(60));
  EXPECT_EQ(sight.seen(at(65)), seconds{13});
}

TEST(Canary, IsMissingOnlyAfterItsTimeout) {
  Canary canary(seconds{2}, seconds{5});
  const auto first = canary.send(at(0));
  canary.send(at(2));
  EXPECT_FALSE(canary.missing(at(4)));
  EXPECT_TRUE(canary.missing(at(5)));
  EXPECT_EQ(canary.heard(first, at(5)), seconds{5});
  EXPECT_FALSE(canary.missing(at(6)));
  EXPECT_TRUE(canary.missing(at(7)));
}

TEST(Canary, ALaterOneSettlesTheEarlierOnes) {
  Canary canary(seconds{2}, seconds{5});
  const auto first = canary.send(at(0));
  const auto second = canary.send(at(2));
  EXPECT_TRUE(canary.heard(second, at(3)).has_value());
  EXPECT_TRUE(canary.returned(first));
  EXPECT_EQ(canary.heard(first, at(4)), std::nullopt);
  EXPECT_FALSE(canary.missing(at(100)));
}

TEST(Modes, AllowWhatAllOfThemAllow) {
  Modes modes;
  EXPECT_TRUE(modes.allows(Action::replace_dead));
  modes.set(Mode::warm_up, true);
  EXPECT_TRUE(modes.allows(Action::resync));
  EXPECT_FALSE(modes.allows(Action::remove_zombie));
  modes.set(Mode::blind, true);
  EXPECT_FALSE(modes.allows(Action::resync));
  modes.set(Mode::warm_up, false);
  EXPECT_FALSE(modes.allows(Action::first_placement));
}

TEST(Modes, InHoldOnlyTheConfirmedDeadAreReplaced) {
  Modes modes;
  modes.set(Mode::hold, true);
  EXPECT_TRUE(modes.allows(Action::replace_dead));
  EXPECT_FALSE(modes.allows(Action::replace_living));
  EXPECT_TRUE(modes.allows(Action::resync));
  EXPECT_TRUE(modes.allows(Action::first_placement));
  EXPECT_TRUE(modes.allows(Action::remove_zombie));
}

TEST(RateLimit, AllowsABurstOfOneSecondAndThenTheRate) {
  RateLimit limit(10, at(0));
  EXPECT_EQ(limit.available(at(0)), 10U);
  limit.take(10, at(0));
  EXPECT_EQ(limit.available(at(0)), 0U);
  EXPECT_EQ(limit.available(at(0) + milliseconds{250}), 2U);
  EXPECT_EQ(limit.available(at(5)), 10U);
  EXPECT_EQ(RateLimit(0, at(0)).available(at(9)), 0U);
}

class FleetTest : public ::testing::Test {
 protected:
  Shard& heard(const wire::Heartbeat& beat, MonoTime now) {
    Shard& shard = fleet_.get_or_add(beat.shard, now);
    if (fleet_.classify(beat) != Hearing::same) {
      replace_incarnation(shard, beat.incarnation(), beat.generation);
    }
    shard.heard = true;
    shard.hb_seq = beat.hb_seq;
    shard.last_heard = now;
    shard.heard_at_seen = sight_.seen(now);
    shard.status.heard(Status::healthy, now);
    return shard;
  }
  static wire::Heartbeat beat(std::uint64_t boot, std::uint64_t hb_seq) {
    wire::Heartbeat beat;
    beat.shard = ShardId("a");
    beat.boot = Boot(boot);
    beat.process_id = "1";
    beat.hb_seq = HeartbeatSeq(hb_seq);
    return beat;
  }

  OrchestratorSettings settings_;
  Fleet fleet_{settings_};
  Sight sight_{MonoTime{}};
};

TEST_F(FleetTest, ARestartIsOneRestart) {
  heard(beat(1, 1), at(0));
  EXPECT_EQ(fleet_.classify(beat(2, 1)), Hearing::restarted);
  heard(beat(2, 1), at(5));
  EXPECT_EQ(fleet_.classify(beat(2, 2)), Hearing::same) << "M1: identity advances with a restart";
  EXPECT_EQ(fleet_.classify(beat(2, 1)), Hearing::repeated);
}

TEST_F(FleetTest, WhatALostStoreToldAProcessIsCountedOnFrom) {
  wire::Heartbeat told = beat(1, 9);
  told.generation = Generation(3);
  EXPECT_EQ(heard(told, at(0)).generation, Generation(3));
  EXPECT_EQ(heard(beat(2, 1), at(5)).generation, Generation(4)) << "the first ends at that word";
  told = beat(3, 4);
  told.generation = Generation(2);
  EXPECT_EQ(heard(told, at(6)).generation, Generation(5)) << "and none is given twice";
}

TEST_F(FleetTest, WhoWasReplacedInAnEarlierTermDoesNotComeBack) {
  wire::Heartbeat newer = beat(2, 4);
  newer.generation = Generation(6);
  heard(newer, at(0));
  wire::Heartbeat older = beat(1, 90);
  older.generation = Generation(5);
  EXPECT_EQ(fleet_.classify(older), Hearing::superseded);
  EXPECT_EQ(fleet_.classify(beat(3, 1)), Hearing::restarted)
      << "a new process was told nothing yet";

  fleet_.find(ShardId("a"))->heard = false;
  EXPECT_EQ(fleet_.classify(older), Hearing::restarted) << "of that one only the store knows";
}

TEST_F(FleetTest, TheSamePidAndStartTimeWithAnotherBootIsARestart) {
  heard(beat(1, 9), at(0));
  EXPECT_EQ(fleet_.classify(beat(3, 1)), Hearing::restarted);
}

TEST_F(FleetTest, AReplacedProcessIsNeverAdoptedAgain) {
  heard(beat(1, 1), at(0));
  heard(beat(2, 1), at(1));
  EXPECT_EQ(fleet_.classify(beat(1, 2)), Hearing::superseded);
}

TEST_F(FleetTest, OldWireRestartsShowInWhatIsKnownOfThem) {
  wire::Heartbeat old;
  old.shard = ShardId("old");
  old.process_id = "p1";
  heard(old, at(0));
  EXPECT_EQ(fleet_.classify(old), Hearing::same);
  old.started_at = "later";
  EXPECT_EQ(fleet_.classify(old), Hearing::same) << "what was not known cannot have changed";
  old.process_id = "p2";
  EXPECT_EQ(fleet_.classify(old), Hearing::restarted);
}

TEST_F(FleetTest, DeathIsDueAfterTheTimeoutInSeeingTime) {
  Shard& shard = heard(beat(1, 1), at(0));
  EXPECT_EQ(fleet_.death_due(shard, sight_, at(1)), at(60));
  sight_.lose(at(10));
  EXPECT_EQ(fleet_.death_due(shard, sight_, at(40)), std::nullopt);
  sight_.regain(at(100));
  EXPECT_EQ(fleet_.death_due(shard, sight_, at(100)), at(150));
}

TEST_F(FleetTest, AGridRoundsDeathUp) {
  settings_.death_check_grid = seconds{15};
  Shard& shard = heard(beat(1, 1), at(3));
  EXPECT_EQ(fleet_.death_due(shard, sight_, at(4)), at(75));
}

TEST_F(FleetTest, AShardWithALongIntervalGetsThreeOfThem) {
  Shard& shard = heard(beat(1, 1), at(0));
  shard.interval = seconds{30};
  EXPECT_EQ(fleet_.death_due(shard, sight_, at(0)), at(90));
}

TEST(StoreImage, RefusesABatchOfATermThatIsNotInOffice) {
  StoreImage image;
  image.term = Term(4);
  StoreBatch batch;
  batch.expected_term = Term(3);
  batch.put_games.push_back(
      {GameId("g"), "nba", ShardId("a"), Boot(1), Epoch(1), {}, GamePhase::active});
  const auto applied = apply(batch, image);
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().failure, StoreFailure::superseded);
  EXPECT_TRUE(image.games.empty());
}

}  // namespace
}  // namespace arbees
