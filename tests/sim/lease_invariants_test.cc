#include <gtest/gtest.h>

#include "tests/sim/bounds_fixture.h"

// Invariants that say how long a lease is waited for, and that two never emit: I28 and I29.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

// --- I28 --------------------------------------------------------------------------------------

TEST_F(Bounds, I28CatchesALeaseThatIsWaitedForThoughItsHolderFollowsTheNewTerm) {
  moves_to_b();
  term_two_begins();
  a_follows_it();
  stream_.at(21s);
  grants("B", 7, {});
  EXPECT_EQ(first_text("I28"), "(none)") << "the new term listens";
  stream_.at(31s);
  grants("B", 8, {});
  EXPECT_EQ(first_text("I28"), "(none)") << "a decision may be under way";
  stream_.at(33s);
  grants("B", 9, {});
  EXPECT_EQ(first_text("I28"),
            "B is not granted g at 33.000 s, although A, which had it before, has said that it "
            "cannot emit for it");
}

TEST_F(Bounds, I28CountsTheListeningOfANewTermFromWhenItSees) {
  moves_to_b();
  term_two_begins();
  stream_.at(40s);
  says(ModeLeft{.mode = "BLIND", .lasted = 28s});
  a_follows_it();
  stream_.at(58s);
  grants("B", 7, {});
  EXPECT_EQ(first_text("I28"), "(none)");
  stream_.at(61s);
  grants("B", 8, {});
  EXPECT_NE(first_text("I28"), "(none)");
}

TEST_F(Bounds, I28AllowsTheWaitForWhomTheStoreDoesNotName) {
  stream_.assigns("g", "A", 1, 1).at(10s);
  says(GameEnded{GameId("g")});
  stream_.nobody_owns("g").assigns("g", "B", 1, 2);
  term_two_begins();
  a_follows_it();
  stream_.at(40s);
  grants("B", 9, {});
  EXPECT_EQ(first_text("I28"), "(none)");
}

TEST_F(Bounds, I28CatchesALeaseThatIsWaitedForThoughItsHolderGaveItUp) {
  beats("A", 1);
  stream_.assigns("g", "A", 1, 1);
  grants("A", 1, {GameId("g")});
  stream_.at(45s).by("A").says(GameFenced{ShardId("A"), GameId("g"), Epoch(1), "lease_over"});
  stream_.assigns("g", "B", 1, 2, "deaf").at(46s);
  beats("A", 2);
  hears("A", 2);
  stream_.at(53s);
  grants("B", 8, {});
  EXPECT_NE(first_text("I28"), "(none)");
}

TEST_F(Bounds, I28AllowsTheWaitForWhoMayEmit) {
  beats("A", 1);
  stream_.assigns("g", "A", 1, 1);
  grants("A", 1, {GameId("g")});
  stream_.at(20s).assigns("g", "B", 1, 2, "order");
  beats("A", 2);
  hears("A", 2);
  stream_.at(30s);
  grants("B", 8, {});
  EXPECT_EQ(first_text("I28"), "(none)");
  EXPECT_EQ(of("I28").checks(), 0U);
}

TEST_F(Bounds, I28AllowsAGameThatEndedAndGoesOnToStartAnew) {
  moves_to_b();
  term_two_begins();
  says(GameEnded{GameId("g")});
  a_follows_it();
  stream_.at(40s);
  grants("B", 8, {});
  EXPECT_EQ(first_text("I28"), "(none)") << "B is its owner no more";
}

TEST_F(Bounds, I28AllowsAGrantThatNamesTheGame) {
  moves_to_b();
  term_two_begins();
  a_follows_it();
  stream_.at(20s);
  grants("B", 8, {GameId("g")});
  EXPECT_EQ(first_text("I28"), "(none)");
  EXPECT_EQ(of("I28").checks(), 1U);
}

// --- I29 --------------------------------------------------------------------------------------

TEST_F(Bounds, I29CatchesTwoThatMayEmit) {
  stream_.at(1s).unfences("A", "g", 1).at(2s).unfences("B", "g", 2);
  EXPECT_EQ(first_text("I29"), "B may emit for g from 2.000 s on, and so may A since 1.000 s");
}

TEST_F(Bounds, I29AllowsOneAfterTheOther) {
  stream_.unfences("A", "g", 1).fences("A", "g", 1).unfences("B", "g", 2).removes("B", "g", 2);
  stream_.unfences("A", "g", 3).crashed("A").unfences("C", "g", 4);
  EXPECT_EQ(first_text("I29"), "(none)");
  EXPECT_EQ(of("I29").checks(), 3U);
}

TEST_F(Bounds, I29DoesNotJudgeWhoCannotSayThatItsLeaseIsOver) {
  stream_.unfences("A", "g", 1).frozen("A").at(60s).unfences("B", "g", 2);
  EXPECT_EQ(first_text("I29"), "(none)");
}

TEST_F(Bounds, I29DoesNotJudgeWhoHasNoLease) {
  stream_.by("A").says(
      ShardStarted{.shard = ShardId("A"), .boot = Boot(1), .max_games = 20, .lease_mode = "off"});
  stream_.unfences("A", "g", 1).unfences("B", "g", 2);
  EXPECT_EQ(first_text("I29"), "(none)");
}

}  // namespace
}  // namespace arbees::sim
