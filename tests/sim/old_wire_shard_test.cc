// A shard of the existing system in a simulated fleet: what it does, so that mixed fleets mean something.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/alerts/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/runner/run.h"
#include "sim/world/events.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

/// What the old shard said, and what was said of it.
class OldShardLog final : public Observer {
 public:
  void observe(const SimEnvelope& at) override {
    const bool its_own = at.node == "old";
    if (const auto* joined = at.event.get_if<ShardJoined>();
        joined && joined->shard.str() == "old") {
      joined_with_boot.push_back(!joined->boot.none() || joined->leased);
    } else if (const auto* emitted = at.event.get_if<SignalEmitted>(); emitted && its_own) {
      epochs.insert(emitted->epoch.value());
      emissions.push_back(at.time);
    } else if (const auto* accepted = at.event.get_if<SignalAccepted>();
               accepted && accepted->shard.str() == "old") {
      accepted_epochs.insert(accepted->epoch.value());
    } else if (const auto* heard = at.event.get_if<HeartbeatHeard>();
               heard && heard->shard.str() == "old") {
      heartbeats.push_back(at.time);
    } else if (const auto* added = at.event.get_if<GameAdded>(); added && its_own) {
      games.push_back(added->game.str());
    } else if (const auto* raised = at.event.get_if<AlertRaised>()) {
      alerts.insert(raised->type + " " + raised->subject);
    }
  }
  [[nodiscard]] static std::size_t after(const std::vector<SimTime>& moments, Duration from) {
    return static_cast<std::size_t>(
        std::ranges::count_if(moments, [from](SimTime moment) { return moment > SimTime(from); }));
  }

  std::vector<bool> joined_with_boot;
  std::set<std::uint64_t> epochs;
  std::set<std::uint64_t> accepted_epochs;
  std::vector<SimTime> emissions;
  std::vector<SimTime> heartbeats;
  std::vector<std::string> games;
  std::set<std::string> alerts;
};

void run(OldShardLog& log, const std::string& games, const std::string& faults,
         const std::string& duration = "100s") {
  const std::string text =
      R"({"name": "old", "title": "t", "source": "s", "duration": ")" + duration +
      R"(", "fleet": {"shards": ["old"], "old_wire_shards": 1}, "games": )" + games +
      R"(, "faults": [)" + faults +
      R"(], "policies": {"hardened": {"may_violate": ["I1", "I2"], "expect": []}}})";
  const auto scenario = read_scenario(text, {});
  ASSERT_TRUE(scenario.has_value()) << scenario.error().text;
  RunRequest request{.scenario = *scenario, .policy = scenario->policies.at(0), .seed = 1};
  request.recorder = &log;
  EXPECT_EQ(run_scenario(request).verdict, Verdict::pass);
}

TEST(OldWireShard, SaysNoneOfOurFieldsAndItsSignalsCountByTheOwnershipFeed) {
  OldShardLog log;
  run(log, R"({"count": 2, "from": "15s"})", "");
  EXPECT_EQ(log.joined_with_boot, std::vector<bool>{false});
  EXPECT_EQ(log.epochs, std::set<std::uint64_t>{0});
  EXPECT_EQ(log.games.size(), 2U);
  EXPECT_EQ(log.accepted_epochs.size(), 2U) << "as of the epoch of each game";
  EXPECT_FALSE(log.accepted_epochs.contains(0));
}

TEST(OldWireShard, GoesOnEmittingWhileItIsCutOff) {
  OldShardLog log;
  run(log, R"({"count": 1, "from": "15s"})",
      R"({"fault": "partition", "from": "old", "to": "redis", "at": "30s", "for": "65s"})");
  EXPECT_GT(OldShardLog::after(log.emissions, 80s), 15U);
}

TEST(OldWireShard, LosesItsCommandsForGoodWithTheirConnectionAndBeatsOn) {
  OldShardLog log;
  run(log, R"([{"id": "before", "from": "15s"}, {"id": "behind", "from": "60s"}])",
      R"({"fault": "redis_restart", "at": "40s"})", "120s");
  EXPECT_EQ(log.games, std::vector<std::string>{"before"});
  EXPECT_GT(OldShardLog::after(log.heartbeats, 50s), 5U);
  EXPECT_TRUE(log.alerts.contains("COMMAND_UNACKED old/behind"));
}

}  // namespace
}  // namespace arbees::sim
