#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/health/events.h"
#include "sim/invariants/one_emitter.h"
#include "sim/invariants/registry.h"
#include "tests/support/stream_builder.h"

// Invariants that are judged event by event.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;
using testing::Test;

class Invariants : public Test {
 protected:
  const Invariant& of(std::string_view id) const {
    for (const auto& invariant : set_.invariants()) {
      if (invariant->id() == id) {
        return *invariant;
      }
    }
    throw std::out_of_range(std::string(id));
  }
  InvariantStatus status(std::string_view id) const { return of(id).status(); }
  std::string first_text(std::string_view id) const {
    return of(id).violations().empty() ? "(none)" : of(id).violations().front().text;
  }

  InvariantSet set_{limits_of_shards({"A", "B", "C"})};
  StreamBuilder stream_{set_};
};

TEST_F(Invariants, AreListedInOrderWithASentenceEach) {
  std::string ids;
  std::set<std::string_view> sentences;
  for (const InvariantRow& row : invariant_rows()) {
    ids += std::string(row.id) + " ";
    sentences.insert(row.sentence);
  }
  EXPECT_EQ(ids,
            "I1 I2 I3 I4 I5 I6 I7 I8 I9 I10 I11 I12 I13 I14 I15 I16 I17 I18 I19 I20 I21 I22 I23 "
            "I24 I25 I26 I27 I28 I29 I30 I31 ");
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

// I1

TEST_F(Invariants, I1CatchesTwoShardsThatNeverMeetInOneNanosecond) {
  stream_.at(60'000ms).emits("A", 1, "g1", 7);
  stream_.at(60'500ms).emits("B", 2, "g1", 8);
  stream_.at(61'000ms).emits("A", 1, "g1", 7);
  ASSERT_EQ(status("I1"), InvariantStatus::violated);
  EXPECT_EQ(
      first_text("I1"),
      "g1: A (boot 1) emitted under epoch 7 at 61.000 s, after B (boot 2), which has emitted under "
      "epoch 8 from 60.500 s to 60.500 s");
  const Violation& violation = of("I1").violations().front();
  EXPECT_EQ(violation.invariant, "I1");
  EXPECT_EQ(violation.at, SimTime(61s));
  EXPECT_EQ(violation.event, stream_.last());
}

TEST_F(Invariants, I1AllowsAHandoverAndCountsIt) {
  stream_.at(60'000ms).emits("A", 1, "g1", 7);
  stream_.at(60'001ms).emits("B", 2, "g1", 8);
  stream_.at(61'001ms).emits("B", 2, "g1", 8);
  stream_.emits("A", 1, "g2", 6);
  EXPECT_EQ(status("I1"), InvariantStatus::holds);
  EXPECT_EQ(of("I1").checks(), 2U) << "both emissions of B were judged against A";
}

TEST_F(Invariants, I1CatchesTwoEmittersInOneInstant) {
  stream_.at(60s).emits("A", 1, "g1", 7).emits("B", 2, "g1", 8);
  EXPECT_NE(first_text("I1").find("in the same instant as A (boot 1)"), std::string::npos);
}

TEST_F(Invariants, I1CatchesOneEpochWithTwoOwners) {
  stream_.at(1s).emits("A", 1, "g1", 7).at(2s).emits("A", 2, "g1", 7);
  EXPECT_NE(first_text("I1").find("the same epoch as A (boot 1)"), std::string::npos);
}

TEST_F(Invariants, I1OrdersEmittersWithoutEpochsByTime) {
  stream_.at(1s).emits("A", 1, "g1", 0).at(2s).emits("B", 2, "g1", 0);
  EXPECT_EQ(status("I1"), InvariantStatus::holds);
  stream_.at(3s).emits("A", 1, "g1", 0);
  EXPECT_EQ(of("I1").violation_count(), 1U);

  stream_.by("A").says(GameAdded{.shard = ShardId("A"), .game = GameId("g1"), .epoch = Epoch{}});
  stream_.at(4s).emits("A", 1, "g1", 0);
  EXPECT_EQ(of("I1").violation_count(), 1U) << "it was given the game again";
}

/// A is of the existing system: it emits without epochs, and nobody can fence it.
class UnfencedEmitter : public Test {
 protected:
  UnfencedEmitter() { stream_.fleet({"orchestrator", "A", "B"}); }
  /// Both emit for the game once a second.
  void both_emit(Duration from, Duration until) {
    for (Duration at = from; at < until; at += 1s) {
      stream_.at(at).emits("A", 1, "g1", 0).at(at + 1ms).emits("B", 2, "g1", 8);
    }
  }
  /// Of I1: what the consumer is said to have accepted was never emitted.
  [[nodiscard]] std::uint64_t violations() const {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        set_.violations(), [](const auto& found) { return found.invariant == "I1"; }));
  }

  InvariantSet set_{limits_of_shards({"A", "B"}, 20, true)};
  StreamBuilder stream_{set_};
  const Limits limits_ = limits_of_shards({"A", "B"}, 20, true);
};

TEST_F(UnfencedEmitter, I1LetsItGoOnUntilItCouldBeTold) {
  both_emit(200s, 201s + limits_.old_wire_lets_go);  // in turn from the second round on
  EXPECT_EQ(violations(), 0U);
  both_emit(202s + limits_.old_wire_lets_go, 204s + limits_.old_wire_lets_go);
  EXPECT_EQ(violations(), 2U);
}

TEST_F(UnfencedEmitter, I1LetsItGoOnWhileItIsCutOffAndNoLongerAfterwards) {
  const EventId cut = stream_.at(200s).fault("partition", "A<->redis");
  both_emit(201s, 400s);
  stream_.at(400s).healed(cut, "partition", "A<->redis");
  both_emit(401s, 400s + limits_.old_wire_lets_go);
  EXPECT_EQ(violations(), 0U);
  both_emit(401s + limits_.old_wire_lets_go, 402s + limits_.old_wire_lets_go);
  EXPECT_EQ(violations(), 1U);
}

TEST_F(UnfencedEmitter, I1SeesNoOtherWhereTheOtherHasEnded) {
  stream_.at(200s).emits("B", 2, "g1", 8).at(201s).emits("A", 1, "g1", 0);
  for (Duration at = 300s; at < 500s; at += 1s) {
    stream_.at(at).emits("B", 2, "g1", 8);
  }
  EXPECT_EQ(violations(), 0U);
}

TEST_F(UnfencedEmitter, I1HasNoExcuseForTheConsumer) {
  stream_.at(200s).accepts("B", 2, "g1", 8).accepts("A", 1, "g1", 7);
  EXPECT_EQ(violations(), 1U);
}

TEST_F(Invariants, I1CatchesAFencedShardThatEmits) {
  const GameFenced fence{
      .shard = ShardId("A"), .game = GameId("g1"), .epoch = Epoch(7), .why = "lease_over"};
  stream_.at(1s).emits("A", 1, "g1", 7).by("A").says(fence);
  stream_.at(2s).emits("A", 1, "g1", 7);
  EXPECT_EQ(
      first_text("I1"),
      "g1: A (boot 1) emitted under epoch 7 at 2.000 s although it had said that it was fenced for "
      "the game");
}

TEST_F(Invariants, I1CountsAFenceThatEndedInOrder) {
  const GameFenced fence{
      .shard = ShardId("A"), .game = GameId("g1"), .epoch = Epoch(7), .why = "lease_over"};
  stream_.at(1s).by("A").says(fence);
  stream_.at(2s).emits("A", 1, "g2", 6);
  stream_.at(3s).by("A").says(
      GameUnfenced{.shard = ShardId("A"), .game = GameId("g1"), .epoch = Epoch(7)});
  stream_.at(3s).emits("A", 1, "g1", 7);
  EXPECT_EQ(status("I1"), InvariantStatus::holds);
  EXPECT_EQ(of("I1").checks(), 1U);

  stream_.by("A").says(fence).at(4s).crashed("A").at(5s).started("A").emits("A", 2, "g1", 8);
  EXPECT_EQ(status("I1"), InvariantStatus::holds) << "a new process knows of no fence";
}

TEST_F(Invariants, I1CatchesAConsumerThatAcceptsALowerEpoch) {
  stream_.at(1s).accepts("A", 1, "g1", 7).at(2s).accepts("B", 2, "g1", 8);
  EXPECT_EQ(status("I1"), InvariantStatus::holds);
  EXPECT_EQ(of("I1").checks(), 1U);
  stream_.at(3s).accepts("A", 1, "g1", 7);
  EXPECT_EQ(
      first_text("I1"),
      "g1: the consumer accepted a signal of A (boot 1) under epoch 7 at 3.000 s after one of "
      "B (boot 2) under epoch 8 at 2.000 s");
}

TEST_F(Invariants, I1ExcusesOnlyTheOldProcessOfARestartedShardAndOnlyForItsLease) {
  const ShardRestarted restart{.shard = ShardId("A"),
                               .generation = Generation(2),
                               .old_process_id = "1",
                               .new_process_id = "2",
                               .old_started_at = "x",
                               .new_started_at = "y",
                               .games = {GameId("g1")},
                               .overlap_possible = true};
  stream_.at(10s).emits("A", 1, "g1", 7).by("orchestrator").says(restart);
  stream_.at(11s).emits("A", 2, "g1", 8).emits("A", 1, "g1", 7);
  EXPECT_EQ(status("I1"), InvariantStatus::holds);
  stream_.accepts("A", 2, "g1", 8).accepts("A", 1, "g1", 7);
  EXPECT_EQ(of("I1").violation_count(), 1U) << "the consumer has no excuse";

  const Duration lease_out = OrchestratorSettings{}.lease_out();
  stream_.at(10s + lease_out).emits("A", 1, "g1", 7);
  EXPECT_EQ(of("I1").violation_count(), 1U);
  stream_.at(10s + lease_out + 1ns).emits("A", 1, "g1", 7);
  EXPECT_EQ(of("I1").violation_count(), 2U) << "its lease is over";
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

HandoffPrepared prepares(const char* game, const char* from, const char* to,
                         const char* reason = "drain") {
  return {.game = GameId(game),
          .from = ShardId(from),
          .to = ShardId(to),
          .epoch = Epoch(9),
          .reason = reason,
          .took = {}};
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

// I6

BreakerOpened opens(bool relapse = false, Duration opens_for = 30s) {
  return {.shard = ShardId("A"),
          .why = "unanswered",
          .failures = 3,
          .opens_for = opens_for,
          .relapse = relapse};
}
BreakerHalfOpened half_opens() { return {.shard = ShardId("A"), .was_open = 30s}; }
BreakerClosed closes(const char* why = "answered") {
  return {.shard = ShardId("A"), .why = why, .was_not_closed = 40s};
}

TEST_F(Invariants, I6AllowsTheWayRoundWithARelapse) {
  stream_.fleet({"orchestrator", "A"}).by("orchestrator");
  stream_.at(10s).says(opens()).at(40s).uncaused().says(half_opens());
  stream_.at(41s).says(opens(true, 60s)).at(101s).uncaused().says(half_opens());
  stream_.at(120s).says(closes());
  stream_.at(130s).says(opens()).at(140s).says(closes("restarted"));
  set_.finish(SimTime(1'000s));
  EXPECT_EQ(first_text("I6"), "(none)");
  EXPECT_EQ(of("I6").checks(), 7U);
}

TEST_F(Invariants, I6CatchesEveryOtherEdge) {
  stream_.by("orchestrator").at(1s).says(half_opens());
  EXPECT_EQ(first_text("I6"), "the breaker of A became half-open at 1.000 s, but it was closed");
  stream_.says(opens());
  EXPECT_EQ(of("I6").violation_count(), 2U) << "it says that it was closed";
  stream_.says(closes());
  EXPECT_EQ(of("I6").violation_count(), 3U) << "an answer closes no open one";
  stream_.says(closes());
  EXPECT_EQ(of("I6").violation_count(), 4U);
  stream_.says(opens(true));
  EXPECT_EQ(of("I6").violation_count(), 5U) << "a relapse begins half-open";
}

TEST_F(Invariants, I6CatchesATrialBeforeItsTime) {
  stream_.by("orchestrator").at(10s).says(opens()).at(20s).uncaused().says(half_opens());
  EXPECT_EQ(first_text("I6"),
            "the breaker of A is half-open at 20.000 s, after 10.000 s instead of 30.000 s");
}

TEST_F(Invariants, I6CatchesAnOpeningAndAClosingWithoutACause) {
  stream_.by("orchestrator").at(10s).uncaused().says(opens());
  stream_.at(40s).uncaused().says(half_opens()).at(50s).uncaused().says(closes());
  EXPECT_EQ(of("I6").violation_count(), 2U);
}

// M2: nobody asks for the shard, and so it stays open.
TEST_F(Invariants, I6CatchesABreakerThatStaysOpenInAHealedFleet) {
  stream_.fleet({"orchestrator", "A"}).by("orchestrator").at(10s).says(opens());
  stream_.at(1'000s).emits("A", 1, "g", 1);
  ASSERT_EQ(status("I6"), InvariantStatus::violated);
  EXPECT_NE(first_text("I6").find("the breaker of A is open at "), std::string::npos);
  EXPECT_EQ(of("I6").violation_count(), 1U) << "once";
}

TEST_F(Invariants, I6WaitsWhileAFaultIsInTheWay) {
  stream_.fleet({"orchestrator", "A"}).by("orchestrator").at(10s).says(opens());
  const EventId cut = stream_.at(20s).fault("partition", "A->redis");
  stream_.at(1'000s).emits("A", 1, "g", 1);
  EXPECT_EQ(status("I6"), InvariantStatus::holds);
  stream_.healed(cut, "partition", "A->redis");
  stream_.by("orchestrator").at(1'010s).uncaused().says(half_opens());
  stream_.at(1'030s).says(closes());
  set_.finish(SimTime(2'000s));
  EXPECT_EQ(first_text("I6"), "(none)");
}

// I16

TEST_F(Invariants, I16AllowsTheWayThroughAllStatusesAndBack) {
  stream_.at(1s)
      .joins("A", 1)
      .changes("A", "starting", "healthy")
      .changes("A", "healthy", "degraded");
  stream_.at(2s).changes("A", "degraded", "unhealthy").changes("A", "unhealthy", "healthy");
  stream_.at(70s).uncaused().changes("A", "healthy", "dead").dies("A");
  stream_.at(80s).says(ShardRecovered{.shard = ShardId("A"), .dead_for = 10s});
  stream_.changes("A", "dead", "degraded").changes("A", "degraded", "healthy");
  set_.finish(SimTime(90s));
  EXPECT_EQ(first_text("I16"), "(none)");
  EXPECT_EQ(of("I16").checks(), 7U);
}

TEST_F(Invariants, I16CatchesAnEdgeThatDoesNotExist) {
  stream_.at(1s).changes("A", "starting", "healthy").at(2s).changes("A", "healthy", "unhealthy");
  EXPECT_EQ(
      first_text("I16"),
      "A changed from healthy to unhealthy at 2.000 s, which is no edge of the status machine");
}

TEST_F(Invariants, I16CatchesAChangeThatBeginsElsewhere) {
  stream_.at(1s).changes("A", "starting", "healthy").at(2s).changes("A", "degraded", "healthy");
  EXPECT_EQ(first_text("I16"), "A changed from degraded to healthy at 2.000 s, but it was healthy");
}

TEST_F(Invariants, I16LetsAShardBeginAnewOnlyWithANewIncarnationOrOrchestrator) {
  stream_.at(1s).changes("A", "starting", "healthy");
  stream_.at(2s).joins("A", 2).changes("A", "starting", "healthy");
  stream_.at(3s).started("orchestrator").changes("A", "starting", "healthy");
  EXPECT_EQ(status("I16"), InvariantStatus::holds);
  stream_.at(4s).changes("A", "starting", "healthy");
  EXPECT_EQ(of("I16").violation_count(), 1U);
}

TEST_F(Invariants, I16CatchesAReturnFromDeathThatNobodyWasTold) {
  stream_.at(1s).changes("A", "starting", "dead").dies("A");
  stream_.at(2s).changes("A", "dead", "healthy");
  set_.finish(SimTime(3s));
  EXPECT_EQ(first_text("I16"), "A was dead until 2.000 s and came back without shard_recovered");
}

// M7: the age of the beat that came is no answer to how long it was dead.
TEST_F(Invariants, I16CatchesARecoveryAfterAnotherTimeThanItSays) {
  stream_.at(1s).changes("A", "starting", "dead").dies("A");
  stream_.at(90s).says(ShardRecovered{.shard = ShardId("A"), .dead_for = 4s});
  stream_.changes("A", "dead", "degraded");
  EXPECT_EQ(first_text("I16"),
            "A recovered at 90.000 s and is said to have been dead for 4.000 s, but it was for "
            "89.000 s");
}

TEST_F(Invariants, I16CatchesADeathWithoutItsEventAndAnEventWithoutIts) {
  stream_.at(1s).changes("A", "starting", "dead");
  stream_.at(2s).dies("B");
  set_.finish(SimTime(3s));
  EXPECT_EQ(of("I16").violation_count(), 2U);
  EXPECT_EQ(first_text("I16"), "A became dead at 1.000 s without shard_died");
}

TEST_F(Invariants, I16CatchesAnImprovementWithoutACause) {
  stream_.at(1s)
      .changes("A", "starting", "degraded")
      .uncaused()
      .changes("A", "degraded", "healthy");
  EXPECT_NE(first_text("I16").find("degraded to healthy at 1.000 s without a cause"),
            std::string::npos);
}

}  // namespace
}  // namespace arbees::sim
