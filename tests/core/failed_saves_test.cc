#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/lost_decisions_fixture.h"

// Saves that wait for a store are written together, and fail together.

namespace arbees {
namespace {

class FailedSaves : public LostDecisionsTest {
 protected:
  void SetUp() override {
    says(a_), says(b_);
    bench_.store_hangs();
    written_before_ = bench_.world.store.batches().size();
  }
  void order(Verb verb) {
    ASSERT_TRUE(bench_.obey({.verb = verb, .who = "ann", .why = "evening"}).has_value());
  }
  void all_fail() {
    while (bench_.world.store.waiting_commits() > 0) {
      bench_.world.store.answer_commit(
          std::unexpected(StoreError{StoreFailure::unavailable, "full"}));
    }
  }
  /// What the store has in the end of what batches say, those that failed left out.
  [[nodiscard]] std::vector<StoreBatch> written_after(std::size_t failed) const {
    const auto& batches = bench_.world.store.batches();
    return {batches.begin() + static_cast<std::ptrdiff_t>(written_before_ + failed), batches.end()};
  }

  std::size_t written_before_ = 0;
};

// The older of the two came back last and took the place of the newer one: after the next start nothing moved, for hours.
TEST_F(FailedSaves, LeaveThePauseAsTheOperatorWantsIt) {
  order(Verb::pause);
  order(Verb::resume);
  const std::size_t failed = bench_.world.store.waiting_commits();
  ASSERT_GE(failed, 2U);
  all_fail();
  bench_.store_answers();
  bench_.pass(seconds{2});
  std::vector<std::optional<Pause>> pauses;
  std::vector<std::string> audit;
  for (const StoreBatch& batch : written_after(failed)) {
    if (batch.set_pause) {
      pauses.push_back(*batch.set_pause);
    }
    for (const AuditRow& row : batch.audit) {
      if (row.who == "ann") {
        audit.push_back(row.what);
      }
    }
  }
  EXPECT_EQ(pauses, (std::vector<std::optional<Pause>>{std::nullopt}));
  EXPECT_EQ(audit, (std::vector<std::string>{"pause", "resume"})) << "in the order they were given";
}

// Who gives way writes down that another one has decided. A store that hangs does not keep it.
TEST_F(FailedSaves, DoNotKeepAnOrchestratorThatGivesWay) {
  follows_us(a_);
  says(a_);
  b_.seen_term = Term(term_of_old.value() + 2);
  b_.seen_instance = InstanceId("another");
  says(b_);
  EXPECT_EQ(bench_.world.process.ended, std::nullopt);
  bench_.pass(OrchestratorSettings{}.store_patience + milliseconds{10});
  EXPECT_EQ(bench_.world.process.ended, ExitCode::superseded);
}

}  // namespace
}  // namespace arbees
