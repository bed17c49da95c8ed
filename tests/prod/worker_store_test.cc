#include "prod/store/worker_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "tests/prod/temp_folder.h"

namespace arbees::prod {
namespace {

class WorkerStoreTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<WorkerStore> open() {
    auto file = sqlite::StoreFile::open(folder_.file("arbees.db"));
    return std::make_unique<WorkerStore>(std::move(file).value(), loop_);
  }
  static StoreBatch term_after(std::uint64_t term) {
    StoreBatch batch;
    batch.expected_term = Term(term);
    batch.new_term = Term(term + 1);
    return batch;
  }

  TempFolder folder_;
  Loop loop_;
};

TEST_F(WorkerStoreTest, CompletesInTheOrderOfTheCallsAndNeverFromInsideOne) {
  const auto store = open();
  EXPECT_TRUE(store->durable());
  std::vector<std::uint64_t> completed;
  for (std::uint64_t term = 0; term < 20; ++term) {
    store->commit(term_after(term), [&completed, term](auto committed) {
      EXPECT_TRUE(committed.has_value());
      completed.push_back(term);
    });
  }
  store->load([this](auto image) {
    EXPECT_EQ(image.value().term, Term(20));
    loop_.exit(ExitCode::ok, "the end of the test");
  });
  EXPECT_TRUE(completed.empty());
  loop_.run();
  ASSERT_EQ(completed.size(), 20U);
  EXPECT_TRUE(std::ranges::is_sorted(completed));
}

TEST_F(WorkerStoreTest, TellsWhatTheFileRefuses) {
  const auto store = open();
  store->commit(term_after(7), [this](auto committed) {
    EXPECT_EQ(committed.error().failure, StoreFailure::superseded);
    loop_.exit(ExitCode::ok, "the end of the test");
  });
  loop_.run();
}

TEST_F(WorkerStoreTest, NobodyIsToldAfterTheEnd) {
  open()->commit(term_after(0), [](auto) { ADD_FAILURE() << "the store is gone"; });
  loop_.post([this] { loop_.exit(ExitCode::ok, "the end of the test"); });
  loop_.run();
  auto file = sqlite::StoreFile::open(folder_.file("arbees.db"));
  EXPECT_EQ(file.value().load().value().term, Term(1)) << "what was asked for is written";
}

}  // namespace
}  // namespace arbees::prod
