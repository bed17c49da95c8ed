#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>

#include "tests/support/orchestrator_bench.h"

namespace arbees {
namespace {

class OrchestratorLinksTest : public ::testing::Test, protected testing::OrchestratorBench {
 protected:
  OrchestratorLinksTest() : OrchestratorBench(found_by_a_sentinel()) {}

  void SetUp() override { ASSERT_EQ(count("link_ready"), 2U); }

  static OrchestratorSettings found_by_a_sentinel() {
    OrchestratorSettings settings;
    settings.redis.sentinel = {{{Endpoint::Kind::tcp, "s1", 26379}}, "arbees", {}};
    return settings;
  }
};

// What was published while the links were down is lost: every shard is asked to beat.
TEST_F(OrchestratorLinksTest, EveryShardIsCalledAfterAFailover) {
  deafen();  // A canary that is back gives a roll call of its own.
  const std::size_t before = count("roll_call_sent");
  fail_over("m2");
  EXPECT_EQ(count("link_ready"), 4U);
  EXPECT_EQ(world.transport.last().endpoint().host, "m2");
  ASSERT_EQ(count("roll_call_sent"), before + 1);
  EXPECT_GT(world.events.last("roll_call_sent").id, world.events.last("link_ready").id);
}

// H3, H9: every PING and PUBLISH is answered, and nothing that is published comes back.
TEST_F(OrchestratorLinksTest, ACanaryThatStaysAwayMakesItAskAnewWhereTheMasterIs) {
  const std::size_t asked = count("master_resolved");
  pass(seconds{5});
  ASSERT_EQ(count("link_lost"), 0U);
  deafen();
  const OrchestratorSettings settings = found_by_a_sentinel();
  pass(settings.canary_period + settings.canary_timeout);
  ASSERT_EQ(count("link_lost"), 2U);
  EXPECT_EQ(world.events.last("link_lost").field("reason"), "asked");
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
