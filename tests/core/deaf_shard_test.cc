#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core/lost_decisions_fixture.h"

// A shard that is heard and confirms no grant (ownership.md 4.7).

namespace arbees {
namespace {

class AShardThatHearsNothing : public LostDecisionsTest {};

TEST_F(AShardThatHearsNothing, IsNoMatterAnyMoreWhenItWasRestarted) {
  const auto resolved = [&] {
    return std::ranges::count_if(
        bench_.world.events.named("alert_resolved"),
        [](const auto& event) { return event.field("type") == "SHARD_DEAF"; });
  };
  says(a_);
  for (int i = 0; i < 6; ++i) {
    bench_.pass(seconds{9});
    says(a_);
  }
  ASSERT_EQ(bench_.count("shard_deaf"), 1U);
  EXPECT_EQ(resolved(), 0U);
  wire::Heartbeat next = beat_of("a", Boot(11));
  says(next);
  EXPECT_EQ(bench_.count("shard_restarted"), 1U);
  EXPECT_EQ(resolved(), 1U);
}

}  // namespace
}  // namespace arbees
