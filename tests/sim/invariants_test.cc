#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/sim/invariants_fixture.h"

// What holds for every invariant, and I3: no old order reaches a new owner.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

TEST_F(Invariants, AreListedInOrderWithASentenceEach) {
  std::string ids;
  std::set<std::string_view> sentences;
  for (const InvariantRow& row : invariant_rows()) {
    ids += std::string(row.id) + " ";
    sentences.insert(row.sentence);
  }
  EXPECT_EQ(ids,
            "I1 I2 I3 I4 I5 I6 I7 I8 I9 I10 I11 I12 I13 I14 I15 I16 I17 I18 I19 I20 I21 I22 I23 "
            "I24 I25 I26 I27 I28 I29 I30 I31 I32 ");
  EXPECT_EQ(sentences.size(), invariant_rows().size());
  EXPECT_EQ(set_.invariants().size(), invariant_rows().size() - 1) << "I10 is for two runs";
}

TEST_F(Invariants, ThatWereNotExercisedSaySo) {
  stream_.at(1s).emits("A", 1, "g1", 7).at(2s).emits("A", 1, "g1", 7);
  set_.finish(SimTime(3s));
  EXPECT_EQ(status("I1"), InvariantStatus::not_exercised);
  EXPECT_EQ(of("I1").checks(), 0U);
  EXPECT_TRUE(of("I1").violations().empty());
}

TEST_F(Invariants, KeepTheFirstViolationsAndCountTheRest) {
  stream_.at(1s).emits("A", 1, "g1", 7).at(2s).emits("B", 2, "g1", 8);
  for (int i = 0; i < 100; ++i) {
    stream_.emits("A", 1, "g1", 7);
  }
  EXPECT_EQ(of("I1").violation_count(), 100U);
  EXPECT_EQ(of("I1").violations().size(), Invariant::violations_kept);
}

// I3

TEST_F(Invariants, I3CatchesALateRetryThatReachesTheNewOwner) {
  stream_.at(1s).joins("A", 1).joins("B", 2).assigns("g1", "A", 1, 7);
  stream_.at(2s).assigns("g1", "B", 2, 8, "deaf").commands("A", "remove_game", 5, "g1", 8);
  EXPECT_EQ(status("I3"), InvariantStatus::holds);
  EXPECT_EQ(of("I3").checks(), 1U);
  stream_.at(60s).assigns("g1", "A", 1, 9, "dead").commands("A", "remove_game", 5, "g1", 8, 2);
  EXPECT_EQ(first_text("I3"),
            "g1: remove_game (command 5, attempt 2, epoch 8) was sent at 60.000 s to A (boot 1), "
            "which is "
            "its committed owner with epoch 9");
}

// The orchestrator ended between a commit and what it would have said of it (C11).
TEST_F(Invariants, I3KnowsAnOwnerThatOnlyTheStoreRemembered) {
  stream_.at(1s).joins("A", 1).joins("B", 2).assigns("g1", "A", 1, 7);
  stream_.at(2s).acknowledges("g1", "B", 2, 8).commands("A", "remove_game", 1, "g1", 8);
  EXPECT_EQ(status("I3"), InvariantStatus::holds);
  stream_.at(3s).commands("B", "remove_game", 2, "g1", 8);
  EXPECT_EQ(status("I3"), InvariantStatus::violated);
}

TEST_F(Invariants, I3DoesNotJudgeWhoWasInOfficeBeforeTheOwnerGotTheGame) {
  const auto takes = [&](const char* node, Term term) {
    stream_.by(node).says(
        TermTaken{.instance = InstanceId(node), .term = term, .known_shards = 1, .known_games = 1});
  };
  const GameAssigned given{.game = GameId("g1"),
                           .shard = ShardId("A"),
                           .boot = Boot(1),
                           .epoch = Epoch(1'001),
                           .previous = ShardId{},
                           .reason = "first",
                           .took = {}};
  takes("orchestrator", Term(1));
  stream_.at(1s).joins("A", 1);
  takes("second", Term(2));
  stream_.by("second").says(given);
  stream_.commands("A", "remove_game", 5, "g1", 8, 11);
  EXPECT_EQ(status("I3"), InvariantStatus::holds) << "it has not heard of the second one yet";
  takes("orchestrator", Term(3));
  stream_.commands("A", "remove_game", 6, "g1", 8);
  EXPECT_EQ(status("I3"), InvariantStatus::violated) << "the store told it";
}

TEST_F(Invariants, I3AllowsRemovalOfWhatEndedAndOfWhatAnEarlierIncarnationOwned) {
  stream_.at(1s).joins("A", 1).assigns("g1", "A", 1, 7).assigns("g2", "A", 1, 8);
  stream_.by("orchestrator").says(GameEnded{.game = GameId("g1")});
  stream_.commands("A", "remove_game", 1, "g1", 7).commands("A", "add_game", 2, "g2", 8);
  EXPECT_EQ(status("I3"), InvariantStatus::not_exercised);
  stream_.joins("A", 2).commands("A", "remove_game", 1, "g2", 8);
  EXPECT_EQ(status("I3"), InvariantStatus::holds);
}

}  // namespace
}  // namespace arbees::sim
