#include "sim/runner/run.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/scenario/library.h"
#include "sim/scenario/span.h"
#include "tests/sim/support/incident_replay.h"

namespace arbees::sim {
namespace {

const ScenarioLibrary& library() {
  static const ScenarioLibrary all(std::filesystem::path(ARBEES_SOURCE_DIR) / "scenarios");
  return all;
}

Scenario load(std::string_view name) {
  auto loaded = library().load(name);
  EXPECT_TRUE(loaded.has_value()) << loaded.error();
  return std::move(loaded->scenario);
}

/// What went wrong in a run, in words; empty: nothing.
std::string failures(const RunResult& result) {
  std::string text;
  for (const InvariantResult& invariant : result.invariants) {
    text += invariant.as_expected ? "" : invariant.id + ": " + invariant.first_violation + "\n";
  }
  for (const ExpectationResult& expectation : result.expectations) {
    text += expectation.met ? "" : expectation.text + ": " + expectation.detail + "\n";
  }
  return text;
}

/// A small fleet with these faults and expectations, run once with seed 1.
RunResult run_small(const std::string& faults, const std::string& policy) {
  const std::string text =
      R"({"name": "small", "title": "t", "source": "s", "duration": "60s", "fleet": {"shards": 2},
          "games": {"count": 4, "from": "15s"},
          "parameters": {"away": {"default": "5s", "doc": "d"}}, "faults": [)" +
      faults + R"(], "policies": {"hardened": {)" + policy + "}}}";
  auto scenario = read_scenario(text, {});
  EXPECT_TRUE(scenario.has_value()) << scenario.error().text;
  return run_scenario({.scenario = *scenario, .policy = scenario->policies.at(0)});
}

std::string detail_of(const std::string& expectation) {
  const RunResult result =
      run_small(R"({"fault": "crash", "target": "shard-1", "at": "30s", "for": "$away"})",
                R"("expect": [)" + expectation + "]");
  EXPECT_EQ(result.verdict == Verdict::pass, result.expectations.at(0).met);
  return result.expectations.at(0).detail;
}

TEST(Run, AnOrderThatIsRefusedDoesNotKeepTheOthersBack) {
  const auto scenario = read_scenario(
      R"({"name": "x", "title": "t", "source": "s", "duration": "60s", "fleet": {"shards": 2},
          "games": 2, "faults": [],
          "orders": [{"at": "30s", "order": "release_hold"},
                     {"at": "40s", "order": "cordon", "shard": "shard-1"}],
          "policies": {"hardened": {"expect": [
            {"event": "operator_refused", "at_least": 10, "note": "no deaths are held back"},
            {"event": "shard_marked", "count": 1, "within": ["40s", "42s"]}]}}})",
      {});
  ASSERT_TRUE(scenario.has_value()) << scenario.error().text;
  EXPECT_EQ(failures(run_scenario({.scenario = *scenario, .policy = scenario->policies.at(0)})),
            "");
}

TEST(Run, EverySeedIsAnotherRunAndEachComesOutTheSameAgain) {
  const Scenario scenario = load("01a");
  std::set<std::uint64_t> digests;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const RunRequest request{.scenario = scenario, .policy = scenario.policies.at(0), .seed = seed};
    const RunResult first = run_scenario(request);
    const RunResult second = run_scenario(request);
    EXPECT_EQ(first.digest.value(), second.digest.value()) << "seed " << seed;
    digests.insert(first.digest.value());
  }
  EXPECT_EQ(digests.size(), 20U);
}

TEST(Run, AnObserverChangesNothing) {
  class Nothing final : public Observer {
    void observe(const SimEnvelope&) override {}
  } nothing;
  const Scenario scenario = load("01b");
  RunRequest request{.scenario = scenario, .policy = scenario.policies.at(0)};
  const RunResult without = run_scenario(request);
  request.recorder = &nothing;
  EXPECT_EQ(run_scenario(request).digest.value(), without.digest.value());
}

/// Five seeds each; with sanitizers one, as scripts/determinism gives them three of every scenario and policy.
TEST(Run, EachCommittedScenarioPassesUnderItsPolicies) {
  for (const auto& file : library().files()) {
    if (file.parent_path().filename() == "swarm") {
      continue;  // what their seeds draw is for searches; tests/sim/swarm_test.cc runs some
    }
    const Scenario scenario = load(file.string());
    for (const PolicySpec& policy : scenario.policies) {
      for (std::uint64_t seed = 1; seed <= swept_seeds(5); ++seed) {
        const RunResult result =
            run_scenario({.scenario = scenario, .policy = policy, .seed = seed});
        EXPECT_EQ(result.verdict, Verdict::pass)
            << scenario.name << " " << policy.name << " seed " << seed << "\n"
            << failures(result);
      }
    }
  }
}

TEST(Expectation, AnEventThatDoesNotHappenIsMissed) {
  EXPECT_EQ(detail_of(R"({"event": "shard_died"})"), "seen 0 times");
  EXPECT_EQ(detail_of(R"({"never": "shard_died"})"), "");
}

TEST(Expectation, AnEventThatMustNotHappenIsSeen) {
  EXPECT_TRUE(
      detail_of(R"({"never": "shard_restarted"})").starts_with("seen 1 times, last at 35."));
}

TEST(Expectation, TheWindowIsCountedFromItsMoment) {
  EXPECT_EQ(detail_of(R"({"event": "node_crashed", "after": {"fault": "crash"}, "within": "0s"})"),
            "");
  EXPECT_EQ(detail_of(R"({"event": "node_started", "where": {"node": "shard-1"},
                          "after": {"fault": "crash"}, "within": ["5s", "5s"]})"),
            "");
  EXPECT_EQ(detail_of(R"({"event": "node_started", "where": {"node": "shard-1"},
                          "after": {"fault": "crash"}, "within": "4.9s"})"),
            "seen 0 times from 30s; outside of the window at 35s (5s later)");
  EXPECT_EQ(detail_of(R"({"event": "link_ready", "node": "shard-1", "count": 2,
                          "after": {"fault": "crash", "edge": "healed"}, "within": "1s"})"),
            "");
}

TEST(Expectation, WhatItIsCountedFromMustHappen) {
  EXPECT_EQ(detail_of(R"({"never": "shard_died", "after": {"event": "orchestrator_started",
                          "node": "shard-1"}})"),
            "what it is counted from never happened");
}

TEST(Expectation, EveryElementOfAListNeedsItsEvent) {
  EXPECT_EQ(detail_of(R"({"event": "game_acknowledged", "after": {"event": "shard_restarted"},
                          "each": {"field": "game", "of": "games"}, "within": "10s"})"),
            "");
  EXPECT_TRUE(detail_of(R"({"event": "game_acknowledged", "after": {"event": "shard_restarted"},
                            "each": {"field": "game", "of": "games"}, "within": "1s"})")
                  .starts_with("seen 0 times for game-"));
}

TEST(Expectation, ConditionsOnFieldsAreJudged) {
  const auto died = [](const std::string& where) {
    return detail_of(R"({"event": "shard_restarted", "where": {)" + where + "}}");
  };
  EXPECT_EQ(died(R"("shard": "shard-1")"), "");
  EXPECT_EQ(died(R"("shard": {"not": "shard-2"})"), "");
  EXPECT_EQ(died(R"("generation": 2)"), "");
  EXPECT_EQ(died(R"("generation": {"at_least": 2, "at_most": 2})"), "");
  EXPECT_EQ(died(R"("shard": "shard-2")"), "seen 0 times");
  EXPECT_EQ(died(R"("shard": {"not": "shard-1"})"), "seen 0 times");
  EXPECT_EQ(died(R"("generation": {"at_most": 1})"), "seen 0 times");
  EXPECT_EQ(died(R"("games": "game-99")"), "seen 0 times");
}

TEST(Expectation, MetricsHaveBounds) {
  EXPECT_EQ(detail_of(R"({"metric": "duplicate_owner_game_seconds", "at_most": 0})"), "");
  EXPECT_EQ(detail_of(R"({"metric": "detection_ms", "at_most": 1})"),
            "there was nothing to measure");
  EXPECT_TRUE(detail_of(R"({"metric": "signals_emitted", "at_most": 1})").starts_with("it is 1"));
}

TEST(Expectation, WithOtherParametersNothingIsExpected) {
  const std::string never = R"("expect": [{"event": "shard_died", "when": {"parameter": "away", )";
  EXPECT_EQ(run_small("", never + R"("at_most": "5s"}}])").verdict, Verdict::fail);
  const RunResult other = run_small("", never + R"("at_most": "4s"}}])");
  EXPECT_EQ(other.verdict, Verdict::pass);
  EXPECT_FALSE(other.expectations.at(0).applies);
}

TEST(Expectation, AViolationThatIsAnnouncedAndDoesNotComeIsAFailure) {
  EXPECT_EQ(run_small("", R"("expect": [])").verdict, Verdict::pass);
  EXPECT_EQ(run_small("", R"("expect": [], "violates": ["I1"])").verdict, Verdict::fail);
  EXPECT_EQ(run_small("", R"("expect": [], "may_violate": ["I1"])").verdict, Verdict::pass);
}

}  // namespace
}  // namespace arbees::sim
