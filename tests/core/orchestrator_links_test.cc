#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>

#include "tests/support/orchestrator_fixture.h"

namespace arbees {
namespace {

using testing::resp_array;

using OrchestratorLinksTest = testing::OrchestratorFixture;

// What was published while the links were down is lost: every shard is asked to beat.
TEST_F(OrchestratorLinksTest, EveryShardIsCalledAfterAFailover) {
  deaf_ = true;  // A canary that is back gives a roll call of its own.
  const std::size_t before = count("roll_call_sent");
  master_ = "m2";
  world_.transport.peer(sentinel_).send(
      resp_array({"message", "+switch-master", "arbees m1 6379 m2 6379"}));
  serve();
  EXPECT_EQ(count("link_ready"), 4U);
  EXPECT_EQ(world_.transport.last().endpoint().host, "m2");
  ASSERT_EQ(count("roll_call_sent"), before + 1);
  EXPECT_GT(world_.events.last("roll_call_sent").id, world_.events.last("link_ready").id);
}

// H3, H9: every PING and PUBLISH is answered, and nothing that is published comes back.
TEST_F(OrchestratorLinksTest, ACanaryThatStaysAwayMakesItAskAnewWhereTheMasterIs) {
  const std::size_t asked = count("master_resolved");
  pass(seconds{5});
  ASSERT_EQ(count("link_lost"), 0U);
  deaf_ = true;
  pass(settings_.canary_period + settings_.canary_timeout);
  ASSERT_EQ(count("link_lost"), 2U);
  EXPECT_EQ(world_.events.last("link_lost").field("reason"), "asked");
  EXPECT_EQ(count("link_ready"), 4U);
  EXPECT_EQ(count("master_resolved"), asked + 1);
  // The alert waited for the new link.
  EXPECT_EQ(count("alert_raised"), 1U);
  EXPECT_EQ(count("publications_dropped"), 0U);
  pass(minutes{1});
  EXPECT_LE(count("link_lost"), 2U * 13) << "at most once per canary";
  EXPECT_GE(count("link_lost"), 2U * 5) << "it goes on trying";
}

}  // namespace
}  // namespace arbees
