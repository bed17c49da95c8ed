#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "sim/disk/events.h"
#include "tests/sim/prompt_fixture.h"

// I21: no game waits for nothing.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

TEST_F(Prompt, I21CatchesAGameThatWaitsForNothing) {
  takes_office();
  stream_.at(100s);
  enters("BLIND");
  stream_.discovers("g1").at(110s);
  leaves("BLIND");
  until(113s);
  EXPECT_EQ(first_text("I21"),
            "g1, which nobody owned yet, waits since 100.000 s for orchestrator, which nothing "
            "keeps from deciding since 110.000 s");
}

TEST_F(Prompt, I21AllowsAGameThatIsAssignedOrUnplaced) {
  takes_office();
  stream_.at(100s).discovers("g1").discovers("g2").at(101s).assigns("g1", "A", 1, 1);
  says("orchestrator", GameUnplaced{GameId("g2"), "no room"});
  until(120s);
  EXPECT_EQ(first_text("I21"), "(none)");
  EXPECT_EQ(of("I21").checks(), 2U);
}

TEST_F(Prompt, I21AllowsToWaitForLeasesOfAnEarlierTermAndForAMode) {
  takes_office();
  stream_.at(5s).discovers("g1").at(40s);
  enters("PAUSED");
  until(200s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(Prompt, I21CatchesADeadShardsGameThatWaitsForTheStore) {
  takes_office();
  stream_.at(60s).assigns("g1", "A", 1, 1).at(100s);
  stream_.fault("store_out", "orchestrator");
  enters("STORE_OUT");
  stream_.at(120s).dies("A", {"g1"});
  until(123s);
  EXPECT_EQ(
      first_text("I21"),
      "g1, whose owner A is dead, waits since 120.000 s for orchestrator, which nothing keeps "
      "from deciding since 100.000 s (in STORE_OUT)");
}

class PromptOfFewFailovers : public Prompt {
 protected:
  PromptOfFewFailovers() : Prompt(one_a_second()) {
    takes_office();
    stream_.at(60s);
    for (const char* game : {"g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8"}) {
      stream_.assigns(game, "A", 1, 1);
    }
    stream_.at(100s).dies("A", {"g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8"});
  }
  static Limits one_a_second() {
    Limits limits = default_limits();
    limits.failover_games_per_second = 1;
    return limits;
  }
  /// One a second.
  void move(std::initializer_list<const char*> games, Duration first) {
    for (const char* game : games) {
      stream_.at(first).assigns(game, "B", 2, 9, "dead");
      first += 1s;
    }
  }
};

// Swarm full, seeds 350, 1885, 3258 and 4157: the more games had had their turn, the sooner the last one was due.
TEST_F(PromptOfFewFailovers, I21AllowsAGameToWaitForItsTurn) {
  move({"g1"}, 100s);
  move({"g2", "g3", "g4"}, 100s);
  until(102500ms);
  move({"g5", "g6", "g7"}, 103s);
  move({"g8"}, 106100ms);
  until(120s);
  EXPECT_EQ(first_text("I21"), "(none)");
  EXPECT_EQ(of("I21").checks(), 8U);
}

TEST_F(PromptOfFewFailovers, I21CatchesAGameWhoseTurnHasPassed) {
  move({"g1", "g2", "g3", "g4", "g5", "g6", "g7"}, 100s);
  until(112s);
  EXPECT_EQ(
      first_text("I21"),
      "g8, whose owner A is dead, waits since 100.000 s for orchestrator, which nothing keeps "
      "from deciding since 0.000 s");
}

TEST_F(PromptOfFewFailovers, I21CatchesAGameThatLaterOnesAreMovedBefore) {
  for (const char* game : {"h1", "h2", "h3", "h4"}) {
    stream_.assigns(game, "B", 2, 2);
  }
  stream_.at(101s).dies("B", {"h1", "h2", "h3", "h4"});
  move({"g1", "g2", "g3", "g4", "g5", "g6", "g7", "h1", "h2", "h3", "h4"}, 101s);
  EXPECT_TRUE(first_text("I21").starts_with("g8, ")) << first_text("I21");
}

TEST_F(Prompt, I21AllowsToWaitForAStoreThatIsOutForLong) {
  takes_office();
  stream_.at(60s).assigns("g1", "A", 1, 1).at(100s);
  stream_.fault("store_out", "orchestrator");
  enters("STORE_OUT");
  stream_.at(390s).dies("A", {"g1"});
  until(500s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(Prompt, I21AllowsAnAssignmentThatItsOrchestratorCouldNotSay) {
  takes_office();
  stream_.at(100s).discovers("g1").crashed("orchestrator").started("orchestrator");
  stream_.links_ready("orchestrator");
  takes_office();
  stream_.discovers("g1").at(102s).acknowledges("g1", "A", 1, 1);
  until(200s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(Prompt, I21AllowsToWaitForACommit) {
  takes_office();
  stream_.at(100s).discovers("g1");
  says("orchestrator", StoreWriteBegun{1});
  until(104s);
  says("orchestrator", StoreWriteAcknowledged{1, 4s});
  stream_.assigns("g1", "A", 1, 1);
  until(120s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

class PromptOfAGameThatGoesOn : public Prompt {
 protected:
  PromptOfAGameThatGoesOn() {
    takes_office();
    stream_.at(60s).discovers("g1").assigns("g1", "A", 1, 1).at(100s);
    says("orchestrator", GameEnded{GameId("g1")});
    stream_.discovers("g1");
  }
};

TEST_F(PromptOfAGameThatGoesOn, I21CatchesThatItIsDroppedAllTheSame) {
  stream_.commands("A", "remove_game", 2, "g1", 1);
  until(110s);
  EXPECT_TRUE(first_text("I21").starts_with("g1, which nobody owned yet, waits since 100.000 s"))
      << first_text("I21");
}

TEST_F(PromptOfAGameThatGoesOn, I21AllowsItToStayWithItsOwner) {
  until(110s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

// Swarm scale, seed 174: a stranger had said that it runs it.
TEST_F(PromptOfAGameThatGoesOn, I21AllowsItToStayWithItsOwnerWhileNoEndIsWrittenDown) {
  enters("STORE_OUT");
  stream_.commands("A", "remove_game", 1, "g1", 1);
  until(300s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(PromptOfAGameThatGoesOn, I21AllowsItToStartAnew) {
  stream_.commands("A", "remove_game", 2, "g1", 1).assigns("g1", "B", 1, 2);
  until(110s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

/// An orchestrator ended in order, and the next one waits for its last grants.
class AfterAFarewell : public Prompt {
 protected:
  AfterAFarewell() {
    takes_office();
    stream_.at(10s).exited("orchestrator").at(20s);
    next_term();
  }
  void next_term() {
    stream_.started("orchestrator").links_ready("orchestrator");
    takes_office();
  }
  /// It is heard by who ends then, and by whose successor a game is found.
  void term_ends(Duration time) {
    stream_.at(time);
    hears("B", 1);
    stream_.crashed("orchestrator");
    next_term();
    stream_.discovers("g1");
  }

  const Duration over_ = 20s + limits_.farewell_out;
};

TEST_F(AfterAFarewell, I21AllowsToWaitForItsLastGrants) {
  stream_.at(30s).discovers("g1");
  until(over_);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(AfterAFarewell, I21AllowsTheNextTermToWaitForThemAnewIfTheyWereNotOver) {
  term_ends(over_ + 1s);
  until(over_ + limits_.farewell_out);
  EXPECT_EQ(first_text("I21"), "(none)");
}

// Found without this: after one orderly end each later term was excused for as long.
TEST_F(AfterAFarewell, I21CatchesThatTheNextTermWaitsForThemAnewThoughTheyWereOver) {
  term_ends(over_ + 10s);
  until(over_ + limits_.lease_out + 13s);
  EXPECT_TRUE(first_text("I21").starts_with("g1, which nobody owned yet, waits since "))
      << first_text("I21");
}

TEST_F(AfterAFarewell, I21AllowsTheNextTermToWaitWhereThatCouldNotBeWrittenDown) {
  stream_.at(over_ - 10s);
  enters("STORE_OUT");
  term_ends(over_ + 10s);
  until(over_ + limits_.farewell_out);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(AfterAFarewell, I21AllowsToWaitForThemWhereACopyFromBeforeTellsOfThem) {
  stream_.at(over_ + 10s);
  hears("B", 1);
  stream_.crashed("orchestrator");
  const EventId restored = stream_.fault("store_restored", "orchestrator");
  stream_.healed(restored, "store_restored", "orchestrator");
  next_term();
  stream_.discovers("g1");
  until(over_ + limits_.farewell_out);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(AfterAFarewell, I21AllowsToWaitAsLongForWhatWasLostMeanwhileUntilThatIsSettled) {
  stream_.at(30s);
  says("orchestrator", StoreRolledBack{ShardId("B"), Term(1), Epoch(3), Term(1)});
  term_ends(over_ + 20s);
  until(over_ + limits_.farewell_out);
  EXPECT_EQ(first_text("I21"), "(none)");
  stream_.assigns("g1", "B", 1, 1);
  const Duration settled = over_ + 20s + limits_.farewell_out + limits_.doubt_settled + 1s;
  stream_.at(settled);
  hears("B", 2);
  stream_.crashed("orchestrator");
  next_term();
  stream_.discovers("g2");
  until(settled + limits_.lease_out + 3s);
  EXPECT_TRUE(first_text("I21").starts_with("g2, ")) << first_text("I21");
}

}  // namespace
}  // namespace arbees::sim
