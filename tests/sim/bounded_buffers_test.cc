// I11, by hand-made streams and in worlds.
#include <gtest/gtest.h>

#include <string>

#include "sim/invariants/bounded_buffers.h"
#include "sim/runner/run.h"
#include "tests/support/stream_builder.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

class I11 : public ::testing::Test, private Observer {
 protected:
  I11() { dispatcher_.add(checker_); }
  [[nodiscard]] std::string first_text() const {
    return checker_.violations().empty() ? "(none)" : checker_.violations().front().text;
  }
  void drops(std::uint64_t count, std::uint64_t waiting, std::uint64_t bytes,
             const char* channel = "shard:A:command") {
    stream_.by("orchestrator")
        .says(arbees::redis::PublicationsDropped{.dropped = count,
                                                 .why = "outbox_full",
                                                 .channel = channel,
                                                 .detail = {},
                                                 .waiting = waiting,
                                                 .waiting_bytes = bytes});
  }
  void queues(const char* node, const char* to, std::uint64_t bytes) {
    stream_.by("world").says(
        SendQueueGrew{.node = NodeName(node), .to = NodeName(to), .bytes = bytes});
  }

  Limits limits_ = limits_of_shards({"A", "B"});
  FleetState fleet_{limits_};
  BoundedBuffers checker_{limits_, fleet_};
  Dispatcher dispatcher_;
  StreamBuilder stream_{*this};

 private:
  void observe(const SimEnvelope& event) override { dispatcher_.observe(event); }
};

TEST_F(I11, HoldsWhereAnOutboxIsAsFullAsItMayBe) {
  EXPECT_EQ(checker_.status(), InvariantStatus::not_exercised);
  drops(3, 1'000, 4U << 20U);
  EXPECT_EQ(checker_.status(), InvariantStatus::holds) << first_text();
}

TEST_F(I11, CatchesAnOutboxAboveItsBounds) {
  stream_.at(60s);
  drops(1, 1'001, 100);
  EXPECT_EQ(first_text(),
            "the outbox of orchestrator held 1001 messages, 100 bytes, at 60.000 s; its bounds are "
            "1000 and 4194304 bytes");
  drops(1, 7, (4U << 20U) + 1);
  EXPECT_EQ(checker_.violation_count(), 2U);
}

TEST_F(I11, CatchesWhatIsDroppedWithoutANumberOrAName) {
  drops(0, 1, 1);
  drops(1, 1, 1, "");
  EXPECT_EQ(checker_.violation_count(), 2U);
  EXPECT_EQ(first_text(),
            "orchestrator dropped publications at 0.000 s and does not say how many, why and where "
            "to");
}

TEST_F(I11, CatchesAQueueAboveWhatItsProgramMayHave) {
  queues("A", "redis", 2U << 20U);
  queues("redis", "orchestrator", 33U << 20U);
  EXPECT_EQ(checker_.status(), InvariantStatus::holds) << first_text();
  stream_.at(7s);
  queues("A", "redis", 4U << 20U);
  EXPECT_EQ(first_text(),
            "A had 4194304 bytes to send to redis at 7.000 s; the bound is 2097152 bytes");
  queues("redis", "orchestrator", 64U << 20U);
  EXPECT_EQ(checker_.violation_count(), 2U);
}

TEST_F(I11, CatchesASubscriberThatWasCutWithoutNeedAndAMessageThatWasNotTooLong) {
  stream_.by("world").says(SubscriberCut{.redis = NodeName("redis"), .unsent = 32U << 20U});
  stream_.by("A").says(arbees::redis::MessageRefused{.channel = "c", .bytes = (1U << 20U) + 1});
  EXPECT_EQ(checker_.status(), InvariantStatus::holds) << first_text();
  stream_.by("world").says(SubscriberCut{.redis = NodeName("redis"), .unsent = 1'000});
  stream_.by("A").says(arbees::redis::MessageRefused{.channel = "c", .bytes = 1'000});
  EXPECT_EQ(checker_.violation_count(), 2U);
}

/// Redis is away for so long that news get too old, and the outbox takes one message.
TEST_F(I11, IsTriedInAWorldWhoseOutboxIsTooSmall) {
  const auto scenario = read_scenario(
      R"({"name": "x", "title": "t", "source": "s", "duration": "540s", "fleet": {"shards": 3},
          "games": {"count": 12, "from": "15s"}, "settings": {"OUTBOX_MESSAGES": 1},
          "faults": [{"fault": "redis_down", "at": "60s", "for": "450s"}],
          "policies": {"hardened": {"expect": []}}})",
      {});
  ASSERT_TRUE(scenario.has_value()) << scenario.error().text;
  const RunResult result =
      run_scenario({.scenario = *scenario, .policy = scenario->policies.at(0)});
  for (const InvariantResult& invariant : result.invariants) {
    if (invariant.id == "I11") {
      EXPECT_EQ(invariant.status, InvariantStatus::holds) << invariant.first_violation;
      EXPECT_GT(invariant.checks, 0U);
    }
  }
}

}  // namespace
}  // namespace arbees::sim
