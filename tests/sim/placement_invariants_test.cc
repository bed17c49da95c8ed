#include <gtest/gtest.h>

#include <string>

#include "tests/sim/invariants_fixture.h"

// Where games may go, and when: I4 and I5.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

HandoffPrepared prepares(const char* game, const char* from, const char* to,
                         const char* reason = "drain") {
  return {.game = GameId(game),
          .from = ShardId(from),
          .to = ShardId(to),
          .epoch = Epoch(9),
          .reason = reason,
          .took = {}};
}

// I4

TEST_F(Invariants, I4CatchesAnAssignmentAboveMaxGames) {
  stream_.at(1s).joins("A", 1, 2).assigns("g1", "A", 1, 1).assigns("g2", "A", 1, 2);
  EXPECT_EQ(status("I4"), InvariantStatus::holds);
  EXPECT_EQ(of("I4").checks(), 2U);
  stream_.assigns("g3", "A", 1, 3);
  EXPECT_EQ(first_text("I4"),
            "g3 was assigned (first) at 1.000 s to A, which takes 2 games and now holds 3, 0 of "
            "them on their way out");
}

TEST_F(Invariants, I4CountsAGameThatIsPreparedUntilTheMoveIsGivenUp) {
  stream_.at(1s).joins("A", 1, 2).joins("B", 2, 1).assigns("g1", "A", 1, 1);
  stream_.at(2s).by("orchestrator").says(prepares("g1", "A", "B"));
  EXPECT_EQ(status("I4"), InvariantStatus::holds);
  stream_.at(3s).assigns("g2", "B", 2, 3);
  EXPECT_EQ(status("I4"), InvariantStatus::violated) << "B takes one game";
}

TEST_F(Invariants, I4CountsWhatIsPreparedAfterItsGameHasEndedUntilItIsDropped) {
  const auto ends_while_it_moves = [&](const char* game, std::uint64_t epoch) {
    stream_.assigns(game, "A", 1, epoch).says(GameEnded{.game = GameId(game)});
    stream_.says(prepares(game, "A", "B"));
  };
  stream_.at(1s).joins("A", 1, 2).joins("B", 2, 1);
  ends_while_it_moves("g1", 1);
  stream_.says(OwnershipTold{.game = GameId("g1"), .shard = ShardId{}, .epoch = Epoch(1)});
  stream_.at(2s).assigns("g2", "B", 2, 3);
  EXPECT_EQ(status("I4"), InvariantStatus::holds);
  ends_while_it_moves("g3", 4);
  EXPECT_EQ(status("I4"), InvariantStatus::violated) << "B takes one game";
}

TEST_F(Invariants, I4CountsAGameUntilItsRemovalIsSettled) {
  stream_.at(1s).joins("A", 1, 1).joins("B", 2, 1).assigns("g1", "A", 1, 1);
  stream_.at(2s).assigns("g1", "B", 2, 2, "deaf").commands("A", "remove_game", 1, "g1", 2);
  stream_.at(3s).command_ends("A", "remove_game", 1, "g1").assigns("g2", "A", 1, 3);
  EXPECT_EQ(status("I4"), InvariantStatus::holds);
  stream_.at(4s).by("orchestrator").says(GameEnded{.game = GameId("g2")});
  stream_.commands("A", "remove_game", 2, "g2", 3).assigns("g3", "A", 1, 4);
  EXPECT_NE(first_text("I4").find("holds 2, 1 of them on their way out"), std::string::npos);
}

TEST_F(Invariants, I4TakesANewEpochOfTheSameShardForNoNewAssignment) {
  stream_.at(1s).joins("A", 1, 2).assigns("g1", "A", 1, 1).assigns("g2", "A", 1, 2);
  stream_.at(2s).joins("A", 2, 1);
  stream_.assigns("g1", "A", 2, 3, "restarted").assigns("g2", "A", 2, 4, "restarted");
  EXPECT_EQ(status("I4"), InvariantStatus::holds);
  EXPECT_EQ(of("I4").checks(), 2U);
}

// I5

TEST_F(Invariants, I5CatchesAMoveThatAModeForbids) {
  stream_.at(1s).joins("A", 1, 9).joins("B", 2, 9).assigns("g1", "A", 1, 1);
  stream_.at(2s).by("orchestrator").says(ModeEntered{.mode = "WARM_UP", .why = ""});
  stream_.at(4s).assigns("g2", "A", 1, 2, "first");
  EXPECT_EQ(status("I5"), InvariantStatus::not_exercised) << "a first placement is no move";
  stream_.at(60s).assigns("g1", "B", 2, 3, "dead");
  EXPECT_NE(first_text("I5").find("g1 moves (dead) although WARM_UP holds since 2.000 s"),
            std::string::npos)
      << first_text("I5");
}

TEST_F(Invariants, I5AllowsADecisionThatWasTakenBeforeTheMode) {
  stream_.at(1s).joins("A", 1, 9).joins("B", 2, 9).assigns("g1", "A", 1, 1);
  stream_.at(60s).by("orchestrator").says(ModeEntered{.mode = "BLIND", .why = ""});
  stream_.at(80s).assigns("g1", "B", 2, 3, "dead", 20'001ms);
  EXPECT_EQ(status("I5"), InvariantStatus::holds) << "the store was slow";
  stream_.at(81s).by("orchestrator").says(ModeLeft{.mode = "BLIND", .lasted = 1s});
  stream_.at(90s).assigns("g1", "A", 1, 4, "dead");
  EXPECT_EQ(status("I5"), InvariantStatus::holds);
}

TEST_F(Invariants, I5CatchesADecisionJustAfterTheMode) {
  stream_.at(1s).joins("A", 1, 9).joins("B", 2, 9).assigns("g1", "A", 1, 1);
  stream_.at(60s).by("orchestrator").says(ModeEntered{.mode = "BLIND", .why = ""});
  stream_.at(61s).assigns("g1", "B", 2, 3, "dead", 100ms);
  EXPECT_EQ(status("I5"), InvariantStatus::violated);
}

TEST_F(Invariants, I5CountsPlannedMovesUnderWay) {
  stream_.at(1s).by("orchestrator");
  for (int i = 0; i < 10; ++i) {
    stream_.says(prepares(("g" + std::to_string(i)).c_str(), "A", "B"));
  }
  EXPECT_EQ(status("I5"), InvariantStatus::holds);
  stream_.says(
      HandoffAbandoned{.game = GameId("g3"), .from = {}, .to = {}, .epoch = {}, .why = ""});
  stream_.says(prepares("g10", "A", "B"));
  EXPECT_EQ(status("I5"), InvariantStatus::holds);
  stream_.says(GameEnded{GameId("over")}).says(prepares("over", "A", "B"));
  EXPECT_EQ(status("I5"), InvariantStatus::holds) << "it ended while that was committed";
  stream_.says(prepares("g11", "A", "B"));
  EXPECT_EQ(status("I5"), InvariantStatus::violated);
}

// Swarm full, seed 3827: A was the owner by a decision that the store has lost.
TEST_F(Invariants, I5TakesANewEpochOfTheSameShardForNoMove) {
  stream_.at(1s).joins("A", 1, 9).joins("B", 2, 9).assigns("g1", "A", 1, 1);
  stream_.at(2s).by("orchestrator").says(ModeEntered{.mode = "PAUSED", .why = ""});
  stream_.at(60s)
      .by("orchestrator")
      .says(GameAssigned{.game = GameId("g1"),
                         .shard = ShardId("B"),
                         .boot = Boot(2),
                         .epoch = Epoch(9),
                         .previous = ShardId("B"),
                         .reason = "restarted",
                         .took = {}});
  EXPECT_EQ(status("I5"), InvariantStatus::not_exercised);
}

// Swarm mixed, seed 1338: planned moves under way, and then their owner was lost.
TEST_F(Invariants, I5CountsAMoveThatIsReadyOnce) {
  stream_.at(1s).joins("A", 1, 99).joins("B", 2, 99).by("orchestrator");
  const auto allowed = static_cast<int>(2 * OrchestratorSettings{}.failover_games_per_second);
  const auto name = [](int i) { return "g" + std::to_string(i); };
  for (int i = 0; i <= allowed; ++i) {
    stream_.assigns(name(i).c_str(), "A", 1, 1 + static_cast<std::uint64_t>(i));
  }
  stream_.at(9s).by("orchestrator").says(prepares("g0", "A", "B"));
  stream_.says(HandoffReady{.game = GameId("g0"),
                            .from = ShardId("A"),
                            .to = ShardId("B"),
                            .epoch = Epoch(500),
                            .took = {}});
  stream_.at(10s).assigns("g0", "B", 2, 500, "dead");
  for (int i = 1; i <= allowed; ++i) {
    stream_.assigns(name(i).c_str(), "B", 2, 500 + static_cast<std::uint64_t>(i), "dead");
  }
  EXPECT_EQ(status("I5"), InvariantStatus::holds) << first_text("I5");
  stream_.assigns("g0", "A", 1, 999, "dead");
  EXPECT_EQ(status("I5"), InvariantStatus::violated);
}

// Swarm full, seed 6831: the store was slow, and what was decided a second apart was committed together.
/// g1 was taken from A, which restarts again and again, and given to B two seconds after that was decided.
class PassedOn : public Invariants {
 protected:
  PassedOn() {
    stream_.fleet({"orchestrator", "A", "B", "C"}).at(1s).assigns("g1", "A", 1, 7);
    stream_.at(40s).assigns("g1", "B", 1, 8, "unstable", 2s);
  }
  void restarts(const char* shard) {
    stream_.by("orchestrator")
        .says(ShardRestarted{.shard = ShardId(shard),
                             .generation = Generation(2),
                             .old_process_id = {},
                             .new_process_id = {},
                             .old_started_at = {},
                             .new_started_at = {},
                             .games = {},
                             .overlap_possible = false});
  }
};

// Found without this: games were passed to and fro between shards that all restarted again and again, within the rate.
TEST_F(PassedOn, I5CatchesWhereNothingHappenedToWhoGotIt) {
  stream_.at(41s).assigns("g1", "A", 1, 9, "unstable");
  EXPECT_EQ(
      first_text("I5"),
      "g1 is taken from B, which restarts again and again, at 41.000 s: it was given it for that "
      "reason at 38.000 s, and has not restarted since");
}

TEST_F(PassedOn, I5AllowsItWhereThatOneHasRestartedSince) {
  restarts("B");
  stream_.at(41s).assigns("g1", "C", 1, 9, "unstable");
  EXPECT_EQ(first_text("I5"), "(none)");
}

TEST_F(PassedOn, I5AllowsItWhereItWasGivenToThatOneForAnotherReason) {
  stream_.at(41s).assigns("g1", "C", 1, 9, "order").at(42s).assigns("g1", "A", 1, 10, "unstable");
  EXPECT_EQ(first_text("I5"), "(none)");
}

TEST_F(Invariants, I5CountsFailoversWhenTheyWereDecided) {
  stream_.at(1s).joins("A", 1, 99).joins("B", 2, 99);
  const auto allowed = static_cast<int>(2 * OrchestratorSettings{}.failover_games_per_second);
  const auto name = [](int i) { return "g" + std::to_string(i); };
  for (int i = 0; i <= allowed; ++i) {
    stream_.assigns(name(i).c_str(), "A", 1, 1 + static_cast<std::uint64_t>(i));
  }
  stream_.at(20s);
  for (int i = 0; i <= allowed; ++i) {
    stream_.assigns(name(i).c_str(), "B", 2, 500 + static_cast<std::uint64_t>(i), "dead",
                    i == 0 ? 1'001ms : 0ms);
  }
  EXPECT_EQ(status("I5"), InvariantStatus::holds) << first_text("I5");
  stream_.at(21s).assigns("g0", "A", 1, 999, "dead", 1s);
  EXPECT_EQ(status("I5"), InvariantStatus::violated);
}

}  // namespace
}  // namespace arbees::sim
