#include <gtest/gtest.h>

#include "core/shard/allegiance.h"
#include "core/shard/applied_commands.h"
#include "core/shard/beat_schedule.h"
#include "core/shard/game_table.h"
#include "core/shard/lease.h"
#include "tests/core/parts.h"

namespace arbees {
namespace {

using testing::at;

const GameId g("g");

wire::Grant grant(std::uint64_t hb_seq, std::map<GameId, Epoch> games, std::uint64_t seq = 0) {
  return {{Term(1), InstanceId("o")},
          {Boot(1), Generation(1)},
          HeartbeatSeq(hb_seq),
          seconds{45},
          std::move(games),
          {},
          GrantSeq(seq),
          {}};
}

class LeaseTest : public ::testing::Test {
 protected:
  LeaseTest() {
    lease_.sent(HeartbeatSeq(1), at(0));
    lease_.sent(HeartbeatSeq(2), at(10));
  }
  Lease lease_;
};

TEST_F(LeaseTest, CountsFromWhenTheBeatWasSentNotFromWhenTheGrantCame) {
  ASSERT_TRUE(lease_.take(grant(2, {{g, Epoch(7)}})));
  EXPECT_EQ(lease_.check(g, Epoch(7), at(54)), seconds{1});
  EXPECT_EQ(lease_.check(g, Epoch(7), at(55)).error(), FenceReason::lease_over);
}

TEST_F(LeaseTest, NamesGamesWithTheirEpochs) {
  EXPECT_EQ(lease_.check(g, Epoch(7), at(10)).error(), FenceReason::no_grant_yet);
  lease_.take(grant(2, {{g, Epoch(7)}}));
  EXPECT_EQ(lease_.check(g, Epoch(6), at(11)).error(), FenceReason::not_named);
  EXPECT_EQ(lease_.check(GameId("h"), Epoch(7), at(11)).error(), FenceReason::not_named);
}

TEST_F(LeaseTest, AGrantForAnOlderBeatThatComesLateChangesNothing) {
  lease_.take(grant(2, {{g, Epoch(7)}}));
  EXPECT_FALSE(lease_.take(grant(1, {})));
  EXPECT_TRUE(lease_.check(g, Epoch(7), at(20)).has_value());
}

// Swarm full, seed 7316: a message came twice, and a game that had just been moved was fenced until the next beat.
TEST_F(LeaseTest, OfTwoGrantsForABeatTheLaterOneCountsWhicheverComesLast) {
  EXPECT_TRUE(lease_.take(grant(2, {}, 5)));
  EXPECT_TRUE(lease_.take(grant(2, {{g, Epoch(7)}}, 6)));
  EXPECT_FALSE(lease_.take(grant(2, {}, 5)));
  EXPECT_TRUE(lease_.check(g, Epoch(7), at(20)).has_value());
  EXPECT_TRUE(lease_.take(grant(2, {}, 7))) << "it was taken away";
  EXPECT_FALSE(lease_.take(grant(2, {{g, Epoch(7)}}, 6)));
  lease_.drop();
  EXPECT_TRUE(lease_.take(grant(2, {{g, Epoch(8)}}, 1))) << "of another term";
}

TEST_F(LeaseTest, AGrantForABeatNeverSentChangesNothing) {
  EXPECT_FALSE(lease_.take(grant(9, {{g, Epoch(7)}})));
  EXPECT_FALSE(lease_.over().has_value());
}

TEST_F(LeaseTest, WhatWasGivenUpIsNeverUsed) {
  lease_.give_up(HeartbeatSeq(2));
  EXPECT_FALSE(lease_.take(grant(2, {{g, Epoch(7)}})));
  lease_.sent(HeartbeatSeq(3), at(20));
  EXPECT_TRUE(lease_.take(grant(3, {{g, Epoch(7)}})));
}

TEST_F(LeaseTest, WhatIsUnderWayForTooLongIsGivenUpAndWhatIsYoungerIsNot) {
  lease_.give_up_sent_until(at(-1));
  EXPECT_TRUE(lease_.given_up().none());
  lease_.give_up_sent_until(at(9));
  EXPECT_EQ(lease_.given_up(), HeartbeatSeq(1));
  EXPECT_FALSE(lease_.take(grant(1, {{g, Epoch(7)}})));
  EXPECT_TRUE(lease_.take(grant(2, {{g, Epoch(7)}})));
}

TEST_F(LeaseTest, AHigherTermVoidsIt) {
  lease_.take(grant(2, {{g, Epoch(7)}}));
  lease_.drop();
  EXPECT_EQ(lease_.check(g, Epoch(7), at(11)).error(), FenceReason::no_grant_yet);
}

TEST(AppliedCommands, FillGapsAndCountAnewPerTerm) {
  AppliedCommands applied;
  applied.begin_term(Term(3));
  for (const std::uint64_t seq : {1U, 2U, 4U, 6U}) {
    applied.add(CommandSeq(seq));
  }
  EXPECT_EQ(applied.report().watermark, CommandSeq(2));
  EXPECT_EQ(applied.report().above, (std::vector{CommandSeq(4), CommandSeq(6)}));
  applied.add(CommandSeq(3));
  EXPECT_EQ(applied.report().watermark, CommandSeq(4));
  applied.lift(CommandSeq(6));
  EXPECT_EQ(applied.report().watermark, CommandSeq(6));
  applied.begin_term(Term(4));
  EXPECT_FALSE(applied.contains(CommandSeq(1)));
}

TEST(GameTable, ALateAddDoesNotReviveARemovedGame) {
  GameTable table(20, seconds{600});
  const LiveGame game{g, "nba", "", ""};
  EXPECT_EQ(table.add(game, Epoch(6), at(0)), AddOutcome::added);
  EXPECT_EQ(table.remove(g, Epoch(8), at(1)), RemoveOutcome::removed);
  EXPECT_EQ(table.add(game, Epoch(7), at(2)), AddOutcome::stale);
  EXPECT_EQ(table.add(game, Epoch(9), at(3)), AddOutcome::added);
}

TEST(GameTable, ARemovalBeforeTheAddHoldsToo) {
  GameTable table(20, seconds{600});
  EXPECT_EQ(table.remove(g, Epoch(8), at(0)), RemoveOutcome::not_running);
  EXPECT_EQ(table.add({g, "nba", "", ""}, Epoch(7), at(1)), AddOutcome::stale);
  EXPECT_EQ(table.add({g, "nba", "", ""}, Epoch(7), at(601)), AddOutcome::added)
      << "tombstones end";
}

TEST(GameTable, RefusesOnlyAGameTooMany) {
  GameTable table(1, seconds{600});
  EXPECT_EQ(table.add({g, "nba", "", ""}, Epoch(1), at(0)), AddOutcome::added);
  EXPECT_EQ(table.add({GameId("h"), "nba", "", ""}, Epoch(2), at(0)), AddOutcome::refused_full);
  EXPECT_EQ(table.refused().at(GameId("h")), Epoch(2));
  EXPECT_EQ(table.add({g, "nba", "K", ""}, Epoch(1), at(0)), AddOutcome::updated);
  EXPECT_EQ(table.games().at(g).live.kalshi_market_id, "K");
  EXPECT_EQ(table.remove(g, Epoch(0), at(0)), RemoveOutcome::removed) << "old wire has no epochs";
}

TEST(GameTable, AnOlderRemovalDoesNotEndANewerRun) {
  GameTable table(1, seconds{600});
  table.add({g, "nba", "", ""}, Epoch(5), at(0));
  EXPECT_EQ(table.remove(g, Epoch(4), at(0)), RemoveOutcome::stale);
}

constexpr wire::Addressee everybody{};

wire::Office office(std::uint64_t term, const char* instance = "o") {
  return {Term(term), InstanceId(instance)};
}

TEST(Allegiance, UntilSomebodySpeaksWithATermThoseWithoutOneAreFollowed) {
  Allegiance allegiance(Boot(1));
  EXPECT_FALSE(allegiance.follow({}, everybody));
  EXPECT_FALSE(allegiance.sworn());
  EXPECT_EQ(allegiance.objection({}, everybody), std::nullopt);
  EXPECT_TRUE(allegiance.follow(office(1), everybody));
  EXPECT_TRUE(allegiance.sworn());
  EXPECT_EQ(allegiance.objection({}, everybody), Objection::without_term);
}

TEST(Allegiance, IsToTheHighestTermAndToWhoSpokeInItFirst) {
  Allegiance allegiance(Boot(1));
  ASSERT_TRUE(allegiance.follow(office(4), everybody));
  EXPECT_EQ(allegiance.objection(office(3), everybody), Objection::earlier_term);
  EXPECT_EQ(allegiance.objection(office(4, "other"), everybody), Objection::rival);
  EXPECT_EQ(allegiance.objection(office(4), everybody), std::nullopt);
  EXPECT_FALSE(allegiance.follow(office(4), everybody)) << "it is no new term";
  EXPECT_EQ(allegiance.objection(office(5, "other"), everybody), std::nullopt);
  EXPECT_TRUE(allegiance.follow(office(5, "other"), everybody));
  EXPECT_EQ(allegiance.office(), office(5, "other"));
}

TEST(Allegiance, OnlyALaterProcessOfTheSameShardSupersedesThisOne) {
  Allegiance allegiance(Boot(1));
  const wire::Addressee later{Boot(2), Generation(8)};
  EXPECT_EQ(allegiance.objection(office(4), later), Objection::other_process);
  EXPECT_FALSE(allegiance.superseded_by(office(4), later)) << "nobody has told it which it is";
  allegiance.follow(office(4), {Boot(1), Generation(7)});
  EXPECT_TRUE(allegiance.superseded_by(office(4), later));
  EXPECT_FALSE(allegiance.superseded_by(office(3), later)) << "of an orchestrator of the past";
  EXPECT_FALSE(allegiance.superseded_by(office(4), {Boot(2), Generation(6)})) << "the one before";
  EXPECT_FALSE(allegiance.superseded_by(office(4), {Boot(1), Generation(8)})) << "it is that one";
}

TEST(BeatSchedule, RepeatsWhileUnansweredAndReturnsToTheInterval) {
  BeatSchedule beats(seconds{10}, seconds{2}, milliseconds{250});
  EXPECT_FALSE(beats.next().has_value());
  beats.want(at(0), "reconnected");
  beats.sent(at(0), true);
  EXPECT_EQ(beats.next()->at, at(2));
  EXPECT_EQ(beats.next()->why, "unanswered");
  beats.answered();
  EXPECT_EQ(beats.next()->at, at(10));
}

// Swarm full, seed 4488: the beat after a command waited for its gap, and with it the repeat that was due before.
TEST(BeatSchedule, ABeatThatWaitsForItsGapKeepsNoEarlierOneBack) {
  BeatSchedule beats(seconds{10}, seconds{2}, seconds{4});
  beats.sent(at(0), true);
  beats.want_after_command(at(1));
  EXPECT_EQ(beats.next()->at, at(2));
  EXPECT_EQ(beats.next()->why, "unanswered");
  beats.answered();
  EXPECT_EQ(beats.next()->at, at(4));
  EXPECT_EQ(beats.next()->why, "applied");
}

TEST(BeatSchedule, CommandsInARowShareBeats) {
  BeatSchedule beats(seconds{10}, seconds{2}, milliseconds{250});
  beats.sent(at(0), false);
  beats.want_after_command(at(0) + milliseconds{10});
  beats.want_after_command(at(0) + milliseconds{20});
  EXPECT_EQ(beats.next()->at, at(0) + milliseconds{250});
  beats.sent(at(0) + milliseconds{250}, false);
  beats.want_after_command(at(5));
  EXPECT_EQ(beats.next()->at, at(5));
}

}  // namespace
}  // namespace arbees
