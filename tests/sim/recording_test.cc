#include <gtest/gtest.h>

#include <sstream>

#include "sim/recording/causes.h"
#include "sim/recording/compare.h"
#include "sim/recording/failure_file.h"
#include "sim/recording/run_recorder.h"

namespace arbees::sim {
namespace {

/// A small fleet of which shard-1 crashes, and an expectation that this must not be noticed.
constexpr const char* failing_text =
    R"({"name": "x", "title": "t", "source": "s", "duration": "60s", "fleet": {"shards": 2},
        "games": {"count": 4, "from": "15s"},
        "parameters": {"away": {"default": {"between": ["2s", "9s"]}, "doc": "d"}},
        "faults": [{"fault": "crash", "target": "shard-1", "at": {"between": ["25s", "30s"]},
                    "for": "$away"}],
        "policies": {"hardened": {"expect": [{"never": "shard_restarted"}]}}})";

LoadedScenario loaded(const std::string& text) {
  auto scenario = read_scenario(text, {});
  EXPECT_TRUE(scenario.has_value()) << scenario.error().text;
  return {"x.json", std::move(*scenario), text, {}};
}

FailureFile recorded(const LoadedScenario& from, std::uint64_t seed) {
  Tape tape;
  const RunRequest request{.scenario = from.scenario,
                           .policy = from.scenario.policies.at(0),
                           .seed = seed,
                           .tape = {.given = nullptr, .kept = &tape}};
  return failure_of(from, request, run_scenario(request), "arbees-chaos run ./x.json");
}

TEST(FailureFile, ComesBackAsItWasWritten) {
  std::string text = failing_text;
  text.replace(text.find("60s"), 3, "10m");  // long enough for a ladder
  const FailureFile file = recorded(loaded(text), 7);
  const auto read = parse_failure(failure_json(file));
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(read->scenario_text, text);
  EXPECT_EQ(read->policy, "hardened");
  EXPECT_EQ(read->seed, 7U);
  EXPECT_EQ(read->digest, file.digest);
  EXPECT_EQ(read->ladder, file.ladder);
  EXPECT_FALSE(read->ladder.empty());
  EXPECT_EQ(read->tape, file.tape);
  EXPECT_TRUE(read->tape.contains("fault:crash:at"));
  EXPECT_FALSE(read->tape.contains("network"));
  EXPECT_EQ(read->failure.subject, "never shard_restarted");
  EXPECT_TRUE(read->failure.same_defect(file.failure));
}

TEST(FailureFile, IsMadeAgainWithTheSameDigest) {
  const auto opened = open_failure(failure_json(recorded(loaded(failing_text), 7)), "f");
  ASSERT_TRUE(opened.has_value()) << opened.error();
  EXPECT_TRUE(opened->file.same_build());
  const RunResult again = run_scenario(opened->request());
  EXPECT_EQ(digest_text(again.digest), opened->file.digest);
  EXPECT_TRUE(fails_as(again, opened->file.failure));
}

TEST(FailureFile, OfAnotherBuildRepeatsItsScheduleWhateverTheSeedWouldDraw) {
  FailureFile file = recorded(loaded(failing_text), 7);
  const auto original = open_failure(failure_json(file), "f");
  ASSERT_TRUE(original.has_value()) << original.error();
  const RunResult before = run_scenario(original->request());
  file.build = "another";
  file.seed = 8;  // another build may draw as another seed does
  const auto opened = open_failure(failure_json(file), "f");
  ASSERT_TRUE(opened.has_value()) << opened.error();
  EXPECT_FALSE(opened->file.same_build());
  const RunResult again = run_scenario(opened->request());
  EXPECT_NE(digest_text(again.digest), file.digest);
  EXPECT_EQ(again.schedule.parameters, before.schedule.parameters);
  EXPECT_EQ(again.schedule.times.at("crash").started, before.schedule.times.at("crash").started);
  EXPECT_EQ(again.schedule.times.at("crash").healed, before.schedule.times.at("crash").healed);
  EXPECT_TRUE(fails_as(again, file.failure));
}

TEST(FailureFile, ThatIsDamagedSaysWhatIsWrong) {
  const std::string good = failure_json(recorded(loaded(failing_text), 7));
  const auto error_of = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    const auto opened = open_failure(text, "f.json");
    return opened ? std::string("none") : opened.error();
  };
  EXPECT_EQ(error_of("arbees.failure", "arbees.nothing"),
            "f.json: not a failure file; expected one that `arbees-chaos run --out` wrote");
  EXPECT_EQ(error_of("\"schema_version\": 1", "\"schema_version\": 9"),
            "f.json: its schema_version is 9, and this program reads 1");
  EXPECT_TRUE(error_of("\"seed\": \"7\"", "\"seed\": \"x\"").starts_with("f.json: a damaged"));
  EXPECT_TRUE(error_of("\"policy\": ", "\"polity\": ").starts_with("f.json: a damaged"));
  EXPECT_NE(error_of("\\\"shards\\\": 2", "\\\"shards\\\": 0").find("the scenario in it"),
            std::string::npos);
  EXPECT_NE(error_of("\"policy\": \"hardened\"", "\"policy\": \"soft\"").find("about its policy"),
            std::string::npos);
  EXPECT_FALSE(parse_failure("").has_value());
  EXPECT_FALSE(parse_failure("[1]").has_value());
}

TEST(Signature, IsTheSentenceWithoutNamesAndNumbers) {
  EXPECT_EQ(kind_of("shard-1 and shard-2 both emit for game-7 at 12.5s"), "and both emit for at");
  EXPECT_EQ(kind_of(""), "");
}

TEST(Compare, EqualRunsDoNotDiffer) {
  const LoadedScenario scenario = loaded(failing_text);
  const RunRequest request{.scenario = scenario.scenario,
                           .policy = scenario.scenario.policies.at(0)};
  EXPECT_FALSE(compare_runs(request, request).has_value());
}

TEST(Compare, NamesTheFirstDifferentEventOfBothRunsWithItsCauses) {
  // Nothing else may differ, not even how many draws there are.
  const auto away_for = [](const std::string& span) {
    std::string text = failing_text;
    text.replace(text.find("$away"), 5, span);
    return loaded(text);
  };
  const LoadedScenario one = away_for("7s");
  const LoadedScenario other = away_for("13s");
  const auto divergence = compare_runs(
      {.scenario = one.scenario, .policy = one.scenario.policies.at(0), .seed = 3},
      {.scenario = other.scenario, .policy = other.scenario.policies.at(0), .seed = 3});
  ASSERT_TRUE(divergence.has_value());
  ASSERT_TRUE(divergence->a && divergence->b) << divergence_text(*divergence);
  // Equal until the shard comes back in the one and not in the other.
  EXPECT_NE(divergence->a->words.find("fault_healed fault=crash"), std::string::npos)
      << divergence_text(*divergence);
  EXPECT_NE(divergence->a->causes.find("fault_started"), std::string::npos);
  EXPECT_NE(divergence->a->words, divergence->b->words);
}

EventFile events_of(const LoadedScenario& from) {
  RunRecorder recorder(from.scenario, from.scenario.policies.at(0), 1, {});
  RunRequest request{.scenario = from.scenario, .policy = from.scenario.policies.at(0)};
  request.recorder = &recorder;
  const RunResult result = run_scenario(request);
  std::istringstream lines(recorder.finish(result));
  auto file = read_event_file(lines, "test");
  EXPECT_TRUE(file.has_value());
  return std::move(*file);
}

TEST(Explain, FollowsCausesAcrossNodesToTheRootFault) {
  std::string text = failing_text;
  text.replace(text.find("\"crash\", \"target\": \"shard-1\""), 28, "\"redis_down\"");
  const EventFile file = events_of(loaded(text));
  const auto lost = find_event(file, "link_lost");
  ASSERT_TRUE(lost.has_value()) << lost.error();
  const auto chain = chain_of_causes(file, *lost);
  ASSERT_GE(chain.size(), 2U);
  EXPECT_EQ(chain.front()->event, "fault_started");
  EXPECT_EQ(chain.back()->event, "link_lost");
  EXPECT_NE(chain.back()->node, chain.front()->node);
  EXPECT_NE(chain_text(chain).find("root: the fault crash on redis"), std::string::npos)
      << chain_text(chain);
}

TEST(Explain, FindsEventsByIdNameAndNumber) {
  const EventFile file = events_of(loaded(failing_text));
  EXPECT_EQ(find_event(file, "1"), file.events.front().id);
  EXPECT_EQ(find_event(file, "link_ready"), find_event(file, "link_ready#1"));
  EXPECT_NE(find_event(file, "link_ready"), find_event(file, "link_ready#2"));
  EXPECT_EQ(find_event(file, "shrad_restarted").error(),
            "this run has no event \"shrad_restarted\": unknown event \"shrad_restarted\"; did "
            "you mean \"shard_restarted\"?");
  EXPECT_FALSE(find_event(file, "77:1").has_value());
  EXPECT_FALSE(find_event(file, "link_ready#0").has_value());
  EXPECT_FALSE(find_event(file, "violation").has_value());
}

TEST(Explain, NamesTheFaultsThatWereGoingOn) {
  const EventFile file = events_of(loaded(failing_text));
  EXPECT_EQ(faults_going_on(file, 10'000'000'000), "");
  EXPECT_NE(faults_going_on(file, 30'500'000'000).find("fault_started fault=crash"),
            std::string::npos);
  EXPECT_EQ(faults_going_on(file, 59'000'000'000), "");
}

}  // namespace
}  // namespace arbees::sim
