#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "sim/marks/fleet_marks.h"
#include "sim/runner/run.h"
#include "tests/sim/swarm_profile.h"

// What a run has reached, as a search counts it.

namespace arbees::sim {
namespace {

TEST(Marks, RegisterThemselvesAndCountWhatHappened) {
  std::set<std::string_view> texts;
  for (const MarkRow& row : mark_rows()) {
    EXPECT_TRUE(texts.insert(row.text).second) << row.text;
  }
  EXPECT_TRUE(texts.contains("the orchestrator was blind"));
  EXPECT_TRUE(texts.contains("two processes were heard under one name"));

  auto loaded = library().load("01b");
  ASSERT_TRUE(loaded.has_value());
  FleetMarks marks;
  RunRequest request{.scenario = loaded->scenario, .policy = loaded->scenario.policies.at(0)};
  request.recorder = &marks;
  (void)run_scenario(request);
  const auto hits = [&](std::string_view text) {
    const auto row = std::ranges::find(mark_rows(), text, &MarkRow::text);
    return marks.board().hits()[static_cast<std::size_t>(row - mark_rows().begin())];
  };
  EXPECT_EQ(hits("a game was moved from a dead shard"), 4U);
  EXPECT_EQ(hits("a dead shard came back"), 1U);
  EXPECT_EQ(hits("most of the fleet fell silent at once"), 0U);
}

}  // namespace
}  // namespace arbees::sim
