#include <gtest/gtest.h>

#include <string>

#include "tests/sim/prompt_fixture.h"

// I32: a question silences nobody.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

/// A holds a lease of the first term, and may emit for g1.
class ANewTerm : public Prompt {
 protected:
  ANewTerm() {
    takes_office();
    grants("A", 1, 1);
    beats("A", 1);
    is_granted("A", 1);
    stream_.unfences("A", "g1", 7).at(5s);
  }
  void begins(std::uint64_t term = 2) {
    says("orchestrator", TermTaken{InstanceId("next"), Term(term), 2, 1});
    says("orchestrator", RollCallSent{});
  }
};

TEST_F(ANewTerm, I32CatchesAShardThatItsQuestionSilences) {
  begins();
  stream_.fences("A", "g1", 7);
  EXPECT_EQ(
      first_text("I32"),
      "A emits no more for g1 at 5.000 s, although it holds a lease of term 1 and no later term "
      "has given it an order");
}

TEST_F(ANewTerm, I32AllowsItsOrdersToSilenceWhoHasNotHeardItsGrants) {
  begins();
  stream_.commands("A", "add_game", 1, "g2", 9).fences("A", "g1", 7);
  EXPECT_EQ(first_text("I32"), "(none)");
}

TEST_F(ANewTerm, I32KnowsATermThatWasRaisedByWhatAStoreHadLost) {
  begins(1);
  says("orchestrator", StoreRolledBack{ShardId("B"), Term(1), Epoch(7), Term(2)});
  stream_.commands("A", "add_game", 1, "g2", 9).fences("A", "g1", 7);
  EXPECT_EQ(first_text("I32"), "(none)");
}

TEST_F(ANewTerm, I32CatchesThatAnotherShardsOrdersSilenceOne) {
  begins();
  grants("B", 1, 1);
  stream_.fences("A", "g1", 7);
  EXPECT_EQ(of("I32").violation_count(), 1U);
}

TEST_F(ANewTerm, I32DoesNotJudgeALeaseThatMayBeOver) {
  begins();
  stream_.at(limits_.lease_out / 2).fences("A", "g1", 7);
  EXPECT_EQ(first_text("I32"), "(none)") << "who beats when it is over gives it up, and has none";
}

TEST_F(ANewTerm, I32CountsAnotherProcessAnew) {
  begins();
  stream_.crashed("A").started("A").fences("A", "g1", 7);
  EXPECT_EQ(first_text("I32"), "(none)");
}

TEST_F(ANewTerm, I32DoesNotJudgeWhereAStrangerMayHaveGivenOrders) {
  begins();
  stream_.fault("hostile_messages", "redis");
  stream_.fences("A", "g1", 7);
  EXPECT_EQ(first_text("I32"), "(none)");
}

TEST_F(ANewTerm, I32IsExercisedByTheNextTermsFirstGrant) {
  begins();
  EXPECT_EQ(of("I32").checks(), 0U);
  says("A", GrantReceived{ShardId("A"), Term(2), HeartbeatSeq(1), 1});
  EXPECT_EQ(of("I32").checks(), 1U);
}

}  // namespace
}  // namespace arbees::sim
