#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/scenario/document_text.h"
#include "sim/swarm/draw.h"
#include "sim/swarm/episode.h"

// What a swarm may not draw together.

namespace arbees::sim {
namespace {

// What the orchestrator has lost shards alone know, and they may be cut off after that.
TEST(Swarm, LetsNoShardForgetBeforeItIsHeard) {
  using std::chrono::seconds;
  const PlannedEpisode restored{
      .time = {seconds{100}, seconds{5}}, .nodes = {"orchestrator"}, .forgets = true};
  const PlannedEpisode cut{.time = {seconds{110}, seconds{60}}, .nodes = {}, .cuts = true};
  const auto crash_at = [](Duration at) {
    return PlannedEpisode{.time = {at, seconds{2}}, .nodes = {"shard-1"}};
  };
  const std::vector<PlannedEpisode> both{restored, cut};
  EXPECT_EQ(refusal(crash_at(seconds{150}), std::vector{restored}, {}, 4), "");
  EXPECT_NE(refusal(crash_at(seconds{150}), both, {}, 4), "");
  EXPECT_EQ(refusal(crash_at(seconds{250}), both, {}, 4), "");
  EXPECT_NE(refusal(cut, std::vector{restored, crash_at(seconds{150})}, {}, 4), "")
      << "in whatever order they are drawn";
}

// Swarm full, seed 7801: a game was given away while nobody could hear of it, and a copy of the store gave it back.
TEST(Swarm, LetsNoStoreForgetWhatNobodyHeard) {
  using std::chrono::seconds;
  const PlannedEpisode restored{
      .time = {seconds{300}, seconds{5}}, .nodes = {"orchestrator"}, .forgets = true};
  const auto full_from = [](Duration start, Duration length) {
    return PlannedEpisode{.time = {start, length}, .nodes = {"redis_full of redis"}};
  };
  EXPECT_NE(refusal(full_from(seconds{200}, seconds{150}), std::vector{restored}, {}, 4), "");
  EXPECT_NE(refusal(restored, std::vector{full_from(seconds{200}, seconds{150})}, {}, 4), "");
  EXPECT_EQ(refusal(full_from(seconds{200}, seconds{90}), std::vector{restored}, {}, 4), "")
      << "it is over before";
  EXPECT_EQ(refusal(full_from(seconds{280}, seconds{50}), std::vector{restored}, {}, 4), "")
      << "nobody is declared dead";
}

TEST(Policy, RefusesToBreakWhatIsBrokenAndToLeaveTooFewShards) {
  const PlannedEpisode first{.time = {.start = seconds{10}, .length = seconds{10}},
                             .nodes = {"shard-1"}};
  const auto second = [](Duration start, const char* node) {
    return PlannedEpisode{.time = {.start = start, .length = seconds{5}}, .nodes = {node}};
  };
  const std::vector<PlannedEpisode> others{first};
  EXPECT_EQ(refusal(second(seconds{15}, "shard-1"), others, seconds{1}, 3),
            "shard-1 would be broken while it is, or has hardly healed");
  EXPECT_NE(refusal(second(milliseconds{20'500}, "shard-1"), others, seconds{1}, 3), "");
  EXPECT_EQ(refusal(second(seconds{22}, "shard-1"), others, seconds{1}, 3), "");
  EXPECT_EQ(refusal(second(seconds{15}, "shard-2"), others, seconds{1}, 4), "");
  EXPECT_EQ(refusal(second(seconds{15}, "shard-2"), others, seconds{1}, 3),
            "too few shards would be left");
  EXPECT_EQ(refusal(second(seconds{15}, "redis"), others, seconds{1}, 2), "");
}

TEST(Policy, CountsEachShardOfAFaultAndNoneThatGoesOn) {
  const EpisodeTime time{.start = seconds{10}, .length = seconds{10}};
  const auto fault = [](const char* text) { return *parse_document(text); };
  const PlannedEpisode two =
      planned(fault(R"({"fault": "crash", "target": ["shard-1", "shard-2"]})"), time, 4);
  EXPECT_EQ(two.nodes, (std::vector<std::string>{"shard-1", "shard-2"}));
  EXPECT_EQ(refusal(two, {}, seconds{1}, 4), "");
  EXPECT_EQ(refusal(two, {}, seconds{1}, 3), "too few shards would be left");
  const std::vector<PlannedEpisode> others{two};
  const PlannedEpisode all =
      planned(fault(R"({"fault": "check_failing", "target": "shards"})"), time, 4);
  EXPECT_EQ(refusal(all, others, seconds{1}, 4), "");
  const PlannedEpisode jump =
      planned(fault(R"({"fault": "wall_jump", "target": "shard-1"})"), time, 4);
  EXPECT_EQ(refusal(jump, others, seconds{1}, 4), "");
  EXPECT_NE(refusal(jump, std::vector{jump}, seconds{1}, 4), "");
}

TEST(Policy, LetsTheOrchestratorLoseItsDecisionsOnce) {
  const auto at = [](Duration start, const char* text) {
    return planned(*parse_document(text), {.start = start, .length = seconds{1}}, 3);
  };
  constexpr const char* restored = R"({"fault": "store_restored"})";
  constexpr const char* second = R"({"fault": "second_process", "target": "orchestrator"})";
  const std::vector<PlannedEpisode> others{at(seconds{10}, restored)};
  EXPECT_EQ(refusal(at(seconds{500}, restored), others, seconds{1}, 3),
            "what the orchestrator decided can be lost once in a run");
  EXPECT_NE(refusal(at(seconds{500}, second), others, seconds{1}, 3), "");
  EXPECT_EQ(refusal(at(seconds{500}, R"({"fault": "second_process", "target": "shard-1"})"), others,
                    seconds{1}, 3),
            "");
  // Swarm full, seed 1053: docs/limits.md.
  EXPECT_EQ(refusal(at(seconds{500}, R"({"fault": "hostile_messages"})"), others, seconds{1}, 3),
            "who has forgotten believes a stranger");
  // Swarm storage, seed 122: the only one that knew a game's last epoch was restarted before it had said so.
  constexpr const char* crash = R"({"fault": "crash", "target": "shard-1"})";
  EXPECT_NE(refusal(at(seconds{12}, crash), others, seconds{1}, 3), "");
  EXPECT_EQ(refusal(at(seconds{500}, crash), others, seconds{1}, 3), "");
}

TEST(Policy, AStoreIsRestoredWhereItsOrchestratorCanStartAgain) {
  // One that stayed away would learn too late what it had lost: the only shard that knew had been restarted meanwhile.
  const auto at = [](Duration start, Duration length, const char* text) {
    return planned(*parse_document(text), {.start = start, .length = length}, 3);
  };
  const std::vector<PlannedEpisode> away{
      at(seconds{300}, seconds{190}, R"({"fault": "power_loss", "target": "orchestrator"})")};
  constexpr const char* restored = R"({"fault": "store_restored"})";
  EXPECT_EQ(refusal(at(seconds{330}, seconds{1}, restored), away, seconds{1}, 3),
            "orchestrator would be broken while it is, or has hardly healed");
  EXPECT_EQ(refusal(at(seconds{500}, seconds{1}, restored), away, seconds{1}, 3), "");
}

TEST(Policy, AnUpgradeInTurnsLeavesTheOthers) {
  const auto planned_at = [](const char* text) {
    return planned(*parse_document(text), {.start = seconds{50}, .length = seconds{60}}, 5);
  };
  const PlannedEpisode upgrade = planned_at(R"({"fault": "rolling_upgrade", "for": "60s"})");
  EXPECT_EQ(refusal(upgrade, {}, seconds{1}, 5), "");
  const PlannedEpisode others[] = {
      planned_at(R"({"fault": "crash", "target": ["shard-6", "shard-7"]})")};
  EXPECT_EQ(refusal(upgrade, others, seconds{1}, 5), "too few shards would be left");
}

}  // namespace
}  // namespace arbees::sim
