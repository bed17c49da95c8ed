// I14, by hand-made streams.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "sim/disk/events.h"
#include "sim/invariants/durable.h"
#include "tests/support/stream_builder.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

class I14 : public ::testing::Test {
 protected:
  const Invariant& checker() const {
    for (const auto& invariant : set_.invariants()) {
      if (invariant->id() == "I14") {
        return *invariant;
      }
    }
    throw std::out_of_range("I14");
  }
  InvariantStatus status() const { return checker().status(); }
  std::string first_text() const {
    return checker().violations().empty() ? "(none)" : checker().violations().front().text;
  }
  void begins(std::uint64_t print) {
    stream_.by("orchestrator").says(StoreWriteBegun{.print = print});
  }
  void acknowledges(std::uint64_t print) {
    stream_.by("orchestrator").says(StoreWriteAcknowledged{.print = print, .took = 1ms});
  }
  void commits(std::uint64_t print) {
    begins(print);
    acknowledges(print);
  }
  void loads(std::uint64_t print) {
    stream_.by("orchestrator")
        .says(StoreLoaded{
            .term = Term(3), .epochs_reserved = Epoch(1'000), .games = 4, .print = print});
  }
  void takes(std::uint64_t term, const char* instance) {
    stream_.by("orchestrator")
        .says(TermTaken{.instance = InstanceId(instance),
                        .term = Term(term),
                        .known_shards = 0,
                        .known_games = 0});
  }

  InvariantSet set_{limits_of_shards({"A", "B"})};
  StreamBuilder stream_{set_};
};

TEST_F(I14, HoldsWhereTheLastAcknowledgedImageIsLoaded) {
  loads(10);
  EXPECT_EQ(status(), InvariantStatus::not_exercised) << "nothing had been acknowledged";
  commits(11);
  commits(12);
  stream_.crashed("orchestrator").started("orchestrator");
  loads(12);
  EXPECT_EQ(status(), InvariantStatus::holds);
  EXPECT_EQ(checker().checks(), 1U);
}

TEST_F(I14, CatchesAnAcknowledgedCommitThatIsGone) {
  commits(11);
  stream_.at(60s);
  commits(12);
  loads(11);
  EXPECT_EQ(first_text(),
            "the store of orchestrator gave an image from before its last acknowledged commit "
            "(term 3, 4 games) at 60.000 s");
}

TEST_F(I14, CatchesAPartOfACommit) {
  commits(11);
  begins(12);
  loads(77);
  EXPECT_EQ(first_text(),
            "the store of orchestrator gave an image that no commit ever made (term 3, 4 games) at "
            "0.000 s");
}

TEST_F(I14, ABatchInFlightMayBeThereOrNot) {
  commits(11);
  begins(12);
  loads(12);
  begins(13);
  loads(12);
  begins(14);  // reported as failed, and the next one too
  begins(15);
  loads(14);
  EXPECT_EQ(status(), InvariantStatus::holds) << first_text();
  EXPECT_EQ(checker().checks(), 3U);
}

TEST_F(I14, ABatchThatFailedIsOverwrittenByTheNextThatIsAcknowledged) {
  commits(11);
  begins(12);
  commits(13);
  loads(12);
  EXPECT_EQ(status(), InvariantStatus::violated);
}

TEST_F(I14, ARestoredCopyIsAnyImageThatWasThere) {
  commits(11);
  commits(12);
  commits(13);
  stream_.fault("store_restored", "orchestrator");
  loads(11);
  EXPECT_EQ(status(), InvariantStatus::holds) << first_text();
  commits(14);
  loads(12);
  EXPECT_EQ(status(), InvariantStatus::violated) << "it was restored once";
}

TEST_F(I14, ARestoredCopyIsNotTornEither) {
  commits(11);
  stream_.fault("store_restored", "orchestrator");
  loads(77);
  EXPECT_EQ(status(), InvariantStatus::violated);
}

TEST_F(I14, CatchesATermThatIsTakenTwice) {
  takes(1, "first");
  EXPECT_EQ(status(), InvariantStatus::not_exercised);
  takes(2, "second");
  EXPECT_EQ(status(), InvariantStatus::holds);
  stream_.at(90s);
  takes(2, "third");
  EXPECT_EQ(first_text(), "term 2 was taken by third at 90.000 s, and by second before");
}

TEST_F(I14, CatchesAnEpochThatIsGivenTwice) {
  stream_.assigns("g1", "A", 1, 7).assigns("g2", "A", 1, 8).assigns("g1", "A", 1, 7);
  EXPECT_EQ(status(), InvariantStatus::holds) << "said again, it is the same";
  stream_.at(70s).assigns("g2", "B", 2, 7);
  EXPECT_EQ(first_text(),
            "epoch 7 was given to B (boot 2) for g2 at 70.000 s, and to A (boot 1) for g1 before");
}

TEST_F(I14, ASecondOrchestratorOnACopyTakesNoTermOfTheFirst) {
  takes(4, "one");
  stream_.fault("second_process", "orchestrator");
  stream_.by("orchestrator-second")
      .says(TermTaken{
          .instance = InstanceId("two"), .term = Term(4), .known_shards = 0, .known_games = 0});
  EXPECT_EQ(checker().violation_count(), 1U);
}

TEST_F(I14, TwoStoresThatBothGoOnAreNotHeldAgainstEachOther) {
  takes(4, "one");
  const EventId second = stream_.fault("second_process", "orchestrator");
  stream_.started("orchestrator");
  takes(5, "three");
  stream_.by("orchestrator-second")
      .says(TermTaken{
          .instance = InstanceId("two"), .term = Term(5), .known_shards = 0, .known_games = 0});
  EXPECT_EQ(checker().violation_count(), 0U);
  stream_.healed(second, "second_process", "orchestrator");
  takes(6, "four");
  takes(6, "five");
  EXPECT_EQ(checker().violation_count(), 1U) << "there is one again";
}

// Found without this: two processes of a shard made it forget what the orchestrator's store had acknowledged, and its terms.
TEST_F(I14, ASecondProcessOfAShardHasNoStoreAndExcusesNothing) {
  commits(10);
  takes(4, "one");
  const EventId second = stream_.fault("second_process", "A");
  loads(9);
  EXPECT_EQ(checker().violation_count(), 1U) << "a commit is lost";
  takes(4, "two");
  EXPECT_EQ(checker().violation_count(), 2U) << "a term is taken twice";
  stream_.healed(second, "second_process", "A");
  takes(4, "three");
  EXPECT_EQ(checker().violation_count(), 3U) << "and again after healing";
}

TEST_F(I14, AfterARestoredCopyTermsAndEpochsOfBeforeMayComeAgain) {
  takes(2, "second");
  stream_.assigns("g1", "A", 1, 7);
  stream_.fault("store_restored", "orchestrator");
  takes(2, "third");
  stream_.assigns("g1", "A", 2, 7);
  EXPECT_EQ(checker().violations().size(), 0U) << first_text();
}

}  // namespace
}  // namespace arbees::sim
