#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sim/invariants/one_emitter.h"
#include "tests/sim/invariants_fixture.h"

// I1: one shard speaks for a game.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

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
class UnfencedEmitter : public InvariantsFixture {
 protected:
  UnfencedEmitter() : InvariantsFixture(limits_of_shards({"A", "B"}, 20, true)) {
    stream_.fleet({"orchestrator", "A", "B"});
  }
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

}  // namespace
}  // namespace arbees::sim
