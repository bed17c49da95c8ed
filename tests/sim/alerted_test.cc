#include "sim/invariants/alerted.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "sim/invariants/registry.h"
#include "tests/support/stream_builder.h"

// I7.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

class AlertedTest : public ::testing::Test {
 protected:
  const Invariant& i7() const {
    for (const auto& invariant : set_.invariants()) {
      if (invariant->id() == "I7") {
        return *invariant;
      }
    }
    throw std::out_of_range("I7");
  }
  std::string text() const {
    return i7().violations().empty() ? "(none)" : i7().violations().front().text;
  }
  void end(Duration at) { set_.finish(SimTime(at)); }
  StreamBuilder& orchestrator(Duration at) { return stream_.at(at).by("orchestrator"); }
  StreamBuilder& raises(Duration at, const char* type, const char* subject) {
    return orchestrator(at).says(AlertRaised{.type = type, .subject = subject, .text = "so"});
  }
  StreamBuilder& resolves(Duration at, const char* type, const char* subject) {
    return orchestrator(at).says(AlertResolved{.type = type, .subject = subject, .lasted = {}});
  }
  StreamBuilder& enters(Duration at, const char* mode, const char* why = "a test") {
    return orchestrator(at).says(ModeEntered{.mode = mode, .why = why});
  }
  StreamBuilder& leaves(Duration at, const char* mode) {
    return orchestrator(at).says(ModeLeft{.mode = mode, .lasted = {}});
  }

  InvariantSet set_{limits_of_shards({"A", "B"})};
  StreamBuilder stream_{set_};

  void SetUp() override {
    stream_.fleet({"orchestrator", "A", "B"}).at(1s).joins("A", 1).joins("B", 2);
  }
};

TEST_F(AlertedTest, CatchesADeathThatNobodyHearsOf) {
  stream_.at(60s).dies("A");
  const EventId died = stream_.last();
  end(60'999ms);
  EXPECT_EQ(text(), "(none)") << "the bound is a moment away";
  end(62s);
  EXPECT_EQ(text(), "SHARD_DEAD of A holds at orchestrator, and no alert was raised by 61.000 s");
  EXPECT_EQ(i7().violations().front().event, died);
}

TEST_F(AlertedTest, AcceptsAnAlertInTimeAndItsEnd) {
  stream_.at(60s).dies("A");
  raises(61s, "SHARD_DEAD", "A");
  stream_.at(90s).changes("A", "dead", "healthy");
  resolves(90s, "SHARD_DEAD", "A");
  end(200s);
  EXPECT_EQ(text(), "(none)");
  EXPECT_GE(i7().checks(), 2U);
  EXPECT_EQ(i7().status(), InvariantStatus::holds);
}

TEST_F(AlertedTest, CatchesOneThatIsRaisedTwice) {
  stream_.at(60s).dies("A");
  raises(60s, "SHARD_DEAD", "A");
  raises(70s, "SHARD_DEAD", "A");
  EXPECT_EQ(text(),
            "SHARD_DEAD of A was raised by orchestrator at 70.000 s although it is open already");
}

TEST_F(AlertedTest, CatchesOneWithoutItsCondition) {
  raises(60s, "SHARD_DEAD", "A");
  EXPECT_EQ(text(), "SHARD_DEAD of A was raised by orchestrator at 60.000 s without its condition");
}

TEST_F(AlertedTest, SaysNothingOfTypesWhoseConditionIsNoEvent) {
  raises(60s, "COMMAND_UNACKED", "A/g1");
  end(200s);
  EXPECT_EQ(i7().violation_count(), 0U);
}

TEST_F(AlertedTest, CatchesOneThatIsNeverResolved) {
  stream_.at(60s).dies("A");
  raises(60s, "SHARD_DEAD", "A");
  stream_.at(90s).changes("A", "dead", "healthy");
  end(200s);
  EXPECT_EQ(text(), "SHARD_DEAD of A is over at orchestrator, and its alert is open at 91.000 s");
}

TEST_F(AlertedTest, CatchesOneThatIsResolvedWhileItHolds) {
  stream_.at(60s).dies("A");
  raises(60s, "SHARD_DEAD", "A");
  resolves(70s, "SHARD_DEAD", "A");
  end(200s);
  EXPECT_EQ(text(), "SHARD_DEAD of A holds at orchestrator, and no alert was raised by 71.000 s");
}

TEST_F(AlertedTest, AllowsWhatItsTypeIsKeptFor) {
  enters(60s, "BLIND");
  raises(60s, "ORCHESTRATOR_BLIND", "orchestrator");
  leaves(70s, "BLIND");
  resolves(80s, "ORCHESTRATOR_BLIND", "orchestrator");
  end(200s);
  EXPECT_EQ(text(), "(none)");
}

TEST_F(AlertedTest, CatchesABlindnessThatEndedAndIsStillAnAlert) {
  enters(60s, "BLIND");
  raises(60s, "ORCHESTRATOR_BLIND", "orchestrator");
  leaves(70s, "BLIND");
  end(200s);
  EXPECT_EQ(text(),
            "ORCHESTRATOR_BLIND of orchestrator is over at orchestrator, and its alert is open at "
            "81.000 s");
}

TEST_F(AlertedTest, ABlindnessShorterThanASecondNeedsNoAlert) {
  enters(60s, "BLIND");
  leaves(60'900ms, "BLIND");
  end(200s);
  EXPECT_EQ(text(), "(none)");
}

TEST_F(AlertedTest, AtTheStartRedisDownSaysIt) {
  enters(2s, "BLIND", "not connected yet");
  raises(3s, "REDIS_DOWN", "redis");
  end(200s);
  EXPECT_EQ(text(), "(none)");
}

TEST_F(AlertedTest, CatchesABlindnessSinceTheStartThatNobodyHearsOf) {
  enters(2s, "BLIND", "not connected yet");
  end(200s);
  EXPECT_EQ(i7().violation_count(), 1U);
}

TEST_F(AlertedTest, CatchesAFleetOfDeadThatNobodyHearsOf) {
  stream_.at(60s).dies("A");
  raises(60s, "SHARD_DEAD", "A");
  stream_.at(70s).dies("B");
  raises(70s, "SHARD_DEAD", "B");
  end(200s);
  EXPECT_EQ(text(),
            "ALL_SHARDS_DEAD of fleet holds at orchestrator, and no alert was raised by 71.000 s");
}

TEST_F(AlertedTest, AFleetIsNotDeadWhileOneLivesOrHasLeftInOrder) {
  stream_.at(60s).dies("A");
  raises(60s, "SHARD_DEAD", "A");
  raises(61s, "ALL_SHARDS_DEAD", "fleet");
  EXPECT_EQ(
      text(),
      "ALL_SHARDS_DEAD of fleet was raised by orchestrator at 61.000 s without its condition");
}

TEST_F(AlertedTest, AGameThatCannotBePlacedIsAnAlertUntilItIs) {
  orchestrator(60s).says(GameUnplaced{.game = GameId("g1"), .reason = "no room"});
  raises(60s, "GAMES_UNOWNED", "fleet");
  orchestrator(70s).says(GameUnplaced{.game = GameId("g2"), .reason = "no room"});
  stream_.at(80s).assigns("g1", "A", 1, 7);
  stream_.at(90s).assigns("g2", "A", 1, 8);
  end(200s);
  EXPECT_EQ(text(),
            "GAMES_UNOWNED of fleet is over at orchestrator, and its alert is open at 91.000 s");
}

TEST_F(AlertedTest, AFenceIsAnAlertOfTheShard) {
  stream_.at(60s).by("A").says(GameFenced{
      .shard = ShardId("A"), .game = GameId("g1"), .epoch = Epoch(7), .why = "lease_over"});
  end(200s);
  EXPECT_EQ(text(), "SHARD_FENCED of A holds at A, and no alert was raised by 61.000 s");
}

TEST_F(AlertedTest, WhatAProcessKnewEndsWithItAndARestoredAlertIsOpen) {
  stream_.at(60s).dies("A");
  raises(60s, "SHARD_DEAD", "A");
  stream_.at(70s).crashed("orchestrator").at(80s).started("orchestrator");
  orchestrator(80s).says(
      AlertRestored{.type = "SHARD_DEAD", .subject = "A", .acknowledged_by = "", .age = 20s});
  stream_.at(140s).dies("A");
  end(200s);
  EXPECT_EQ(text(), "(none)");
  raises(201s, "SHARD_DEAD", "A");
  EXPECT_EQ(i7().violation_count(), 1U) << "it is open already";
}

// Swarm full, seed 50411: the owners of its games were cut off, so that it listened for a minute.
TEST_F(AlertedTest, ARestoredAlertMayStayOpenInWarmUp) {
  stream_.at(80s).started("orchestrator");
  orchestrator(80s).says(AlertRestored{
      .type = "ORCHESTRATOR_BLIND", .subject = "orchestrator", .acknowledged_by = "", .age = 20s});
  stream_.says(ModeEntered{.mode = "BLIND", .why = "not connected yet"});
  stream_.says(ModeEntered{.mode = "WARM_UP", .why = ""});
  orchestrator(85s).says(ModeLeft{.mode = "BLIND", .lasted = 5s});
  orchestrator(140s).says(ModeLeft{.mode = "WARM_UP", .lasted = 60s});
  EXPECT_EQ(text(), "(none)");
  end(200s);
  EXPECT_EQ(text(),
            "ORCHESTRATOR_BLIND of orchestrator is over at orchestrator, and its alert is open at "
            "151.000 s")
      << "it was never resolved";
}

TEST_F(AlertedTest, TheTimeOfAFreezeDoesNotCount) {
  stream_.at(60s).dies("A");
  stream_.at(60'500ms).frozen("orchestrator").at(160'500ms).thawed("orchestrator", 100s);
  raises(160'900ms, "SHARD_DEAD", "A");
  end(200s);
  EXPECT_EQ(text(), "(none)");
}

}  // namespace
}  // namespace arbees::sim
