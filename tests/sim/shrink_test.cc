#include "sim/shrink/shrinker.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/scenario/document_text.h"
#include "sim/shrink/minimal_subset.h"

namespace arbees::sim {
namespace {

OpenedFailure failure_of_text(const std::string& text, std::uint64_t seed,
                              const PolicyFiles& policies = {}) {
  auto scenario = read_scenario(text, policies);
  EXPECT_TRUE(scenario.has_value()) << scenario.error().text;
  const LoadedScenario loaded{"x.json", std::move(*scenario), text, policies};
  Tape tape;
  const RunRequest request{.scenario = loaded.scenario,
                           .policy = loaded.scenario.policies.at(0),
                           .seed = seed,
                           .tape = {.given = nullptr, .kept = &tape}};
  auto opened = open_failure(
      failure_json(sim::failure_of(loaded, request, run_scenario(request), "repro")), "f");
  EXPECT_TRUE(opened.has_value());
  return std::move(*opened);
}

/// Forty harmless episodes around the ones that matter.
std::string scenario_with(const std::string& needed, const std::string& policies) {
  std::string faults = needed;
  for (int i = 0; i < 40; ++i) {
    faults +=
        R"(, {"fault": "latency", "name": "l)" + std::to_string(i) +
        R"(", "from": "shards", "to": "redis", "latency": {"between": ["1ms", "3ms"]}, "at": ")" +
        std::to_string(20 + i) + R"(.123s", "for": {"between": ["1s", "2s"]}})";
  }
  return R"({"name": "x", "title": "t", "source": "s", "duration": "180s", "fleet": {"shards": 4},
             "games": {"count": 12, "from": "15s"}, "settings": {"HEARTBEAT_INTERVAL_SECS": 10},
             "faults": [)" +
         faults + R"(], "policies": {)" + policies + "}}";
}

TEST(MinimalSubset, HasNoElementThatCouldBeLeftOut) {
  const std::vector<std::size_t> needed{3, 17, 31};
  std::size_t asked = 0;
  const auto found = minimal_subset(
      40,
      [&](std::span<const std::size_t> kept) {
        ++asked;
        return std::ranges::includes(kept, needed);
      },
      [] { return false; });
  EXPECT_EQ(found, needed);
  EXPECT_LT(asked, 200U);
}

TEST(MinimalSubset, IsEmptyWhereNothingIsNeeded) {
  const auto all = [](std::span<const std::size_t>) { return true; };
  EXPECT_TRUE(minimal_subset(5, all, [] { return false; }).empty());
  EXPECT_TRUE(minimal_subset(0, all, [] { return false; }).empty());
}

TEST(MinimalSubset, StopsWithWhatItHas) {
  const auto found = minimal_subset(
      8, [](std::span<const std::size_t> kept) { return kept.size() >= 4; }, [] { return true; });
  EXPECT_EQ(found.size(), 8U);
}

TEST(Shrink, LeavesOnlyTheFaultsThatAreNecessary) {
  const OpenedFailure failure = failure_of_text(
      scenario_with(
          R"({"fault": "crash", "target": ["shard-2", "shard-4"], "at": "61.7s", "for": "7.3s"})",
          R"("hardened": {"expect": [{"event": "game_acknowledged"},
                                               {"never": "shard_restarted"}]})"),
      5);
  ShrinkOptions options{.name = "small"};
  const auto shrunk = shrink(failure, options);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_TRUE(shrunk->complete);
  EXPECT_EQ(shrunk->faults_before, 41U);
  ASSERT_EQ(shrunk->faults.size(), 1U) << shrunk->text;
  EXPECT_TRUE(shrunk->faults[0].starts_with(R"({"fault": "crash", "target": "shard-1", "at": )"))
      << shrunk->faults[0];
  EXPECT_EQ(shrunk->failure.subject, "never shard_restarted");
  EXPECT_EQ(shrunk->seeds_failed, shrunk->seeds_tried);

  // What is written is a scenario that fails in the same way.
  const auto small = read_scenario(shrunk->text, {});
  ASSERT_TRUE(small.has_value()) << small.error().text;
  EXPECT_EQ(small->name, "small");
  EXPECT_EQ(small->shards.size(), 1U);
  EXPECT_LE(small->games.size(), 1U);
  EXPECT_LT(small->duration, minutes{2});
  const RunResult again =
      run_scenario({.scenario = *small, .policy = small->policies.at(0), .seed = shrunk->seed});
  EXPECT_TRUE(fails_as(again, failure.file.failure));
}

TEST(Shrink, LeavesOutTheOrdersThatAreNotNecessary) {
  const OpenedFailure failure = failure_of_text(
      R"({"name": "x", "title": "t", "source": "s", "duration": "120s", "fleet": {"shards": 3},
          "games": {"count": 6, "from": "15s"},
          "faults": [{"fault": "crash", "target": "shard-1", "at": "80s", "for": "5s"}],
          "orders": [{"at": "30s", "order": "drain", "shard": "shard-3"},
                     {"at": "40s", "order": "move", "game": "game-1"},
                     {"at": "50s", "order": "uncordon", "shard": "shard-3"}],
          "policies": {"hardened": {"expect": [{"never": "shard_drained"}]}}})",
      5);
  const auto shrunk = shrink(failure, {.name = "small"});
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_TRUE(shrunk->faults.empty()) << shrunk->text;
  EXPECT_NE(shrunk->text.find("\"drain\""), std::string::npos) << shrunk->text;
  EXPECT_EQ(shrunk->text.find("\"move\""), std::string::npos) << shrunk->text;
  EXPECT_EQ(shrunk->text.find("\"uncordon\""), std::string::npos) << shrunk->text;
}

TEST(Shrink, KeepsTheInvariantThatIsViolated) {
  // As analysed nothing fences a shard that is cut off; it is said to violate nothing, so that it fails.
  const auto as_analysed = PolicyFiles{
      {"as-analysed", {"policy", {{"SHARD_LEASE_SECS", "0"}, {"SHARD_LEASE_MODE", "off"}}}}};
  const OpenedFailure failure = failure_of_text(
      scenario_with(
          R"({"fault": "partition", "from": "shard-3", "to": "redis", "at": "40s", "for": "80s"},
                       {"fault": "crash", "target": "shard-1", "at": "30s", "for": "3s"})",
          R"("as-analysed": {"expect": []})"),
      3, as_analysed);
  ASSERT_TRUE(failure.file.failure.subject.starts_with("I")) << failure.file.failure.subject;
  const auto shrunk = shrink(failure, {.name = "small"});
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_EQ(shrunk->failure.subject, failure.file.failure.subject);
  EXPECT_EQ(shrunk->failure.kind, failure.file.failure.kind);
  EXPECT_EQ(shrunk->faults.size(), 1U) << shrunk->text;
}

TEST(Shrink, SaysWhenTheFailureDoesNotComeAgain) {
  OpenedFailure failure = failure_of_text(
      scenario_with(R"({"fault": "crash", "target": "shard-2", "at": "61s", "for": "7s"})",
                    R"("hardened": {"expect": [{"never": "shard_restarted"}]})"),
      5);
  failure.file.failure.subject = "never shard_died";
  EXPECT_FALSE(shrink(failure, {.name = "small"}).has_value());
}

TEST(DocumentText, ReadsLikeOneWrittenByHandAndComesBack) {
  const std::string text = R"({
  "name": "x",
  "faults": [
    {"fault": "crash", "at": "1s"},
    {"fault": "pause", "at": "2s"}
  ],
  "games": 3,
  "more": {"list": [], "flag": true, "text": "\"quoted\""}
}
)";
  const auto document = parse_document(text);
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ(document_text(*document), text);
}

}  // namespace
}  // namespace arbees::sim
