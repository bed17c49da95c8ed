#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/sim/prompt_fixture.h"

// I25: a shard that is heard and does not hear is called deaf, and its games become free.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

class Deaf : public Prompt {
 protected:
  Deaf() {
    says("B", ShardStarted{ShardId("B"), Boot(1), 20, "suppress"});
    stream_.joins("B", 1);
  }
  /// A beat that arrives, and a grant that does not.
  void beats_unanswered(Duration from, Duration to) {
    for (Duration at = from; at <= to; at += 10s) {
      stream_.at(at);
      beats("B", ++number_);
      hears("B", number_);
      grants("B", 1, number_);
    }
  }
  void is_deaf() { says("orchestrator", ShardDeaf{ShardId("B"), 50s, {GameId("g1")}}); }
  void is_taken() {
    says("orchestrator", GameAssigned{.game = GameId("g1"),
                                      .shard = ShardId("A"),
                                      .boot = Boot(1),
                                      .epoch = Epoch(2),
                                      .previous = ShardId("B"),
                                      .reason = "deaf",
                                      .took = {}});
  }

  std::uint64_t number_ = 0;
};

TEST_F(Deaf, I25CatchesAShardThatIsNotCalledDeaf) {
  beats_unanswered(0s, 50s);
  until(51s);
  EXPECT_EQ(first_text("I25"),
            "B was heard at 50.000 s and has confirmed no grant since 0.000 s, but is not called "
            "deaf");
}

TEST_F(Deaf, I25AllowsAShardThatIsCalledDeafOrConfirms) {
  beats_unanswered(0s, 40s);
  says("B", GrantReceived{ShardId("B"), Term(1), HeartbeatSeq(number_), 0});
  beats_unanswered(50s, 90s);
  stream_.at(100s);
  beats("B", ++number_);
  hears("B", number_);
  is_deaf();
  until(101s);
  EXPECT_EQ(first_text("I25"), "(none)");
  EXPECT_EQ(of("I25").checks(), 1U);
}

// Swarm network, seed 1222: a shard that reads slowly gets an old grant now and then.
TEST_F(Deaf, I25AllowsAShardThatConfirmsOneGrantOfManyThatAreTooOld) {
  beats_unanswered(0s, 40s);
  stream_.at(50s);
  beats("B", ++number_);
  hears("B", number_);
  is_deaf();
  stream_.at(60s);
  says("B", GrantReceived{ShardId("B"), Term(1), HeartbeatSeq(1), 0});
  beats("B", ++number_);
  hears("B", number_);
  until(61s);
  EXPECT_EQ(first_text("I25"), "(none)");
  stream_.at(62s);
  says("B", GrantReceived{ShardId("B"), Term(1), HeartbeatSeq(5), 0});
  beats_unanswered(70s, 80s);
  beats_unanswered(90s, 130s);
  until(131s);
  EXPECT_EQ(of("I25").violation_count(), 1U) << "it heard all of them meanwhile";
}

TEST_F(Deaf, I25AllowsAnOrchestratorThatCouldNotHear) {
  beats_unanswered(0s, 40s);
  enters("BLIND");
  beats_unanswered(50s, 100s);
  leaves("BLIND");
  beats_unanswered(110s, 120s);
  until(121s);
  EXPECT_EQ(first_text("I25"), "(none)");
}

// Found without this: each mode that came or went began the count anew.
TEST_F(Deaf, I25CatchesAShardThatIsNotCalledDeafWhileModesComeAndGo) {
  beats_unanswered(0s, 10s);
  for (const char* mode : {"STORE_OUT", "PAUSED", "HOLD", "WARM_UP"}) {
    enters(mode);
    beats_unanswered(number_ * 10s, number_ * 10s);
    leaves(mode);
  }
  until(51s);
  EXPECT_EQ(first_text("I25"),
            "B was heard at 50.000 s and has confirmed no grant since 0.000 s, but is not called "
            "deaf");
}

TEST_F(Deaf, I25CountsAnewAfterAStall) {
  beats_unanswered(0s, 40s);
  says("orchestrator", StallNoticed{3s});
  beats_unanswered(50s, 90s);
  until(91s);
  EXPECT_EQ(first_text("I25"), "(none)");
  beats_unanswered(100s, 100s);
  until(101s);
  EXPECT_NE(first_text("I25"), "(none)");
}

TEST_F(Deaf, I25CatchesAGameThatIsNotFree) {
  stream_.fences("B", "g1", 1).at(60s);
  is_deaf();
  is_taken();
  stream_.at(65s);
  beats("B", ++number_);
  hears("B", number_);
  until(66s);
  EXPECT_EQ(first_text("I25"), "(none)") << "it gives up what is older than an interval";
  stream_.at(75s);
  beats("B", ++number_);
  hears("B", number_);
  until(76s);
  EXPECT_EQ(first_text("I25"),
            "g1 was taken from B, which is deaf, at 60.000 s; its beat at 75.000 s did not free "
            "it");
}

TEST_F(Deaf, I25AllowsAGameThatIsFreeOrGrantedAgain) {
  stream_.fences("B", "g1", 1).at(60s);
  is_taken();
  stream_.at(75s);
  beats("B", ++number_);
  hears("B", number_);
  says("orchestrator", GameReleased{GameId("g1"), ShardId("B"), "fenced"});
  is_taken();
  stream_.at(80s);
  says("B", GrantReceived{ShardId("B"), Term(1), HeartbeatSeq(number_), 0});
  stream_.at(95s);
  beats("B", ++number_);
  hears("B", number_);
  until(96s);
  EXPECT_EQ(first_text("I25"), "(none)");
  EXPECT_EQ(of("I25").checks(), 1U);
}

}  // namespace
}  // namespace arbees::sim
