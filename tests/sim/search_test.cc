#include "sim/search/search.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "core/store/sqlite/database.h"
#include "sim/coverage/unseen.h"
#include "sim/search/junit.h"
#include "sim/search/seed_plan.h"
#include "sim/search/workers.h"

namespace arbees::sim {
namespace {

namespace fs = std::filesystem;

/// A shard crashes for 2 to 12 s; with `expect`, some of the seeds fail.
std::shared_ptr<const LoadedScenario> loaded_expecting(const std::string& expect) {
  const std::string text =
      R"({"name": "x", "title": "t", "source": "s", "duration": "60s", "fleet": {"shards": 2},
          "games": {"count": 4, "from": "15s"},
          "faults": [{"fault": "crash", "target": "shard-1", "at": "25s",
                      "for": {"between": ["2s", "12s"]}}],
          "policies": {"hardened": {"expect": [)" +
      expect + "]}}}";
  auto scenario = read_scenario(text, {});
  EXPECT_TRUE(scenario.has_value()) << scenario.error().text;
  return std::make_shared<const LoadedScenario>(
      LoadedScenario{"x.json", std::move(*scenario), text, {}});
}

constexpr const char* fails_for_some_seeds = R"({"metric": "dark_game_seconds", "at_most": 25})";

SearchPlan plan(const std::string& expect, std::uint64_t last) {
  return seed_plan({{loaded_expecting(expect), "hardened", "x"}}, 1, last);
}

/// A folder that is gone with the test.
class InFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "arbees-search-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  ResultsFile open(const std::string& name, const std::string& of) const {
    auto file = ResultsFile::open(path(name), of, "build");
    EXPECT_TRUE(file.has_value()) << file.error();
    return std::move(*file);
  }

  fs::path folder_;
};
using Search = InFolder;
using Results = InFolder;

std::string failures_of(const Summary& summary) {
  std::string text;
  for (const Summary::Failure& failure : summary.failures()) {
    text += failure.subject + " " + failure.text + " " + std::to_string(failure.runs) + " " +
            std::to_string(failure.first_seed) + " " + failure.repro + "\n";
  }
  return text;
}

TEST_F(Search, FindsTheSeedsThatFailAndSaysHowToSeeThem) {
  const SearchPlan searched = plan(fails_for_some_seeds, 40);
  const auto outcome = search(searched, {.workers = 2}, nullptr);
  ASSERT_TRUE(outcome.has_value()) << outcome.error();
  const Summary& summary = outcome->summary;
  EXPECT_TRUE(outcome->complete);
  EXPECT_EQ(summary.runs(), 40U);
  EXPECT_EQ(summary.made_twice(), 2U);
  EXPECT_EQ(summary.leaks(), 0U);
  EXPECT_GT(summary.failed(), 0U);
  EXPECT_LT(summary.failed(), 40U);
  ASSERT_EQ(summary.failures().size(), 1U) << failures_of(summary);
  const Summary::Failure failure = summary.failures().front();
  EXPECT_EQ(failure.repro,
            "arbees-chaos run x --policy hardened --seed " + std::to_string(failure.first_seed));
  EXPECT_EQ(searched.key(failure.first_seed - 1), failure.first_key);
  const RunRecord again = make_run(searched.job(failure.first_seed - 1), false);
  EXPECT_EQ(again.verdict, "fail");
  EXPECT_EQ(again.failures.front().subject, failure.subject);
  EXPECT_EQ(summary.faults().at("crash").fired, 40U);
  EXPECT_GT(summary.pairs().unseen().seen, 0U);
}

TEST_F(Search, GoesOnWhereItEndedAndThenKnowsWhatOneSearchKnows) {
  const SearchPlan searched = plan(fails_for_some_seeds, 30);
  ResultsFile file = open("r.db", searched.text);
  int asked = 0;
  const auto first =
      search(searched, {.workers = 1, .stop = [&asked] { return ++asked > 12; }}, &file);
  ASSERT_TRUE(first.has_value()) << first.error();
  EXPECT_FALSE(first->complete);
  EXPECT_LT(first->summary.runs(), 30U);
  const auto second = search(searched, {.workers = 2}, &file);
  ASSERT_TRUE(second.has_value()) << second.error();
  EXPECT_TRUE(second->complete);
  EXPECT_EQ(first->made + second->made, 30U);
  const auto whole = search(searched, {.workers = 1}, nullptr);
  EXPECT_EQ(failures_of(second->summary), failures_of(whole->summary));
  EXPECT_EQ(second->summary.pairs().by_thing(), whole->summary.pairs().by_thing());
  EXPECT_EQ(second->summary.marks(), whole->summary.marks());
}

TEST_F(Search, PartsTogetherAreTheWhole) {
  const SearchPlan searched = plan(fails_for_some_seeds, 31);
  ResultsFile all = open("all.db", searched.text);
  std::set<std::string> keys;
  for (std::uint64_t part = 1; part <= 3; ++part) {
    ResultsFile file = open("part" + std::to_string(part) + ".db", searched.text);
    ASSERT_TRUE(search(searched, {.workers = 1, .partition = {part, 3}}, &file).has_value());
    const auto records = file.read();
    ASSERT_TRUE(records.has_value());
    for (const RunRecord& record : *records) {
      EXPECT_TRUE(keys.insert(record.key()).second) << record.key() << " is in two parts";
    }
    ASSERT_TRUE(all.add(*records).has_value());
  }
  EXPECT_EQ(keys.size(), 31U);
  Summary merged;
  const auto records = all.read();
  ASSERT_TRUE(records.has_value());
  for (const RunRecord& record : *records) {
    merged.add(record);
  }
  const auto whole = search(searched, {.workers = 2}, nullptr);
  EXPECT_EQ(merged.runs(), whole->summary.runs());
  EXPECT_EQ(merged.events(), whole->summary.events());
  EXPECT_EQ(failures_of(merged), failures_of(whole->summary));
  EXPECT_EQ(merged.pairs().by_thing(), whole->summary.pairs().by_thing());
}

TEST_F(Search, StopsWhenLittleIsLeftToSee) {
  const auto outcome = search(plan("", 100'000), {.workers = 2, .enough = 1}, nullptr);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->saw_enough);
  EXPECT_LT(outcome->summary.runs(), 1'000U);
}

TEST_F(Search, EndsWithTheFirstFailureIfAsked) {
  const auto whole = search(plan(fails_for_some_seeds, 40), {.workers = 1}, nullptr);
  ASSERT_TRUE(whole.has_value()) << whole.error();
  EXPECT_FALSE(whole->saw_failure);
  const std::uint64_t first = whole->summary.failures().front().first_seed;
  for (const unsigned workers : {1U, 2U}) {
    const auto outcome = search(plan(fails_for_some_seeds, 100'000),
                                {.workers = workers, .until_failure = true}, nullptr);
    ASSERT_TRUE(outcome.has_value()) << outcome.error();
    EXPECT_TRUE(outcome->saw_failure);
    EXPECT_FALSE(outcome->complete);
    EXPECT_LT(outcome->summary.runs(), 1'000U);
    EXPECT_EQ(outcome->summary.failures().front().first_seed, first);
  }
}

TEST_F(Search, ARunThatComesOutDifferentlyIsALeakWithItsFirstDifferentEvent) {
  // What a leak would look like: the same number is another run the second time.
  RunRecord record = make_run(plan("", 1).job(0), true);
  EXPECT_EQ(record.verdict, "pass");
  record.verdict = "leak";
  record.failures.push_back({"I10", "came out differently", "item 7"});
  Summary summary;
  summary.add(record);
  EXPECT_EQ(summary.leaks(), 1U);
  EXPECT_EQ(summary.failures().front().text, "item 7");
}

TEST_F(Search, AGuidedOneFollowsWhatShowedSomethingNew) {
  const ScenarioLibrary library(std::filesystem::path(ARBEES_SOURCE_DIR) / "scenarios");
  auto lite = library.load("lite");
  ASSERT_TRUE(lite.has_value()) << lite.error();
  const auto shared = std::make_shared<const LoadedScenario>(std::move(*lite));
  const SearchPlan searched = seed_plan({{shared, "hardened", "lite"}}, 1, 20, 7);
  ResultsFile file = open("r.db", searched.text);
  const auto outcome = search(searched, {.workers = 2, .every_twice = 0}, &file);
  ASSERT_TRUE(outcome.has_value()) << outcome.error();
  EXPECT_TRUE(outcome->complete);
  const auto records = file.read();
  ASSERT_TRUE(records.has_value());
  std::size_t drawn = 0;
  std::size_t followed = 0;
  for (const RunRecord& record : *records) {
    (record.variant.empty() ? drawn : followed) += 1;
    EXPECT_TRUE(record.repro.ends_with(
        record.variant.empty() ? "--seed " + std::to_string(record.seed) : "--" + record.variant))
        << record.repro;
  }
  EXPECT_EQ(drawn, 20U);
  EXPECT_GE(followed, 3U);
  EXPECT_LE(followed, 20U * 7U);
}

TEST_F(Results, ComeBackAsTheyWereAddedAndCountOnce) {
  const RunRecord record = make_run(plan(fails_for_some_seeds, 9).job(3), true);
  EXPECT_FALSE(record.checks.empty());
  EXPECT_FALSE(record.pairs.empty());
  {
    ResultsFile file = open("r.db", "plan");
    ASSERT_TRUE(file.add({record}).has_value());
    ASSERT_TRUE(file.add({record}).has_value());
  }
  const auto read = open("r.db", "plan").read();
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(record_line(read->front()), record_line(record));
}

TEST_F(Results, OfAnotherSearchOrBuildAreRefused) {
  {
    const ResultsFile file = open("r.db", "plan");
  }
  EXPECT_NE(ResultsFile::open(path("r.db"), "other", "build").error().find("another search"),
            std::string::npos);
  EXPECT_NE(ResultsFile::open(path("r.db"), "plan", "other").error().find("results of build"),
            std::string::npos);
  EXPECT_FALSE(ResultsFile::open_existing(path("nothing.db")).has_value());
  EXPECT_FALSE(fs::exists(path("nothing.db")));
}

TEST_F(Results, AreNotPutIntoADatabaseOfSomethingElse) {
  {
    sqlite::Database other(path("other.db"), {});
    other.execute("CREATE TABLE assignments (game TEXT)");
  }
  for (const auto& opened : {ResultsFile::open(path("other.db"), "plan", "build"),
                             ResultsFile::open_existing(path("other.db"))}) {
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().find("is no file of results"), std::string::npos) << opened.error();
  }
  sqlite::Database other(path("other.db"), {});
  sqlite::Statement tables = other.prepare("SELECT count(*) FROM sqlite_master");
  ASSERT_TRUE(tables.step());
  EXPECT_EQ(tables.number(0), 1U);
}

TEST_F(Results, ThatAnotherOneHasOpenSayWho) {
  const ResultsFile first = open("r.db", "plan");
  const auto second = ResultsFile::open(path("r.db"), "plan", "build");
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().find("another search or merge is using it"), std::string::npos)
      << second.error();
}

TEST(Workers, AreEndedByWhoAsksForRunsAlone) {
  // What ends a job asks all of its processes at once to end: that is no run that ended its process.
  WorkerPool pool(1, [](std::uint64_t, bool) { return std::to_string(getpid()); });
  const auto answer = [&pool](std::uint64_t index) {
    pool.give(index, false);
    std::vector<WorkerPool::Answer> answers;
    while (answers.empty()) {
      answers = pool.collect(1'000);
    }
    return answers.front();
  };
  const std::string process = answer(1).text;
  ASSERT_EQ(kill(static_cast<pid_t>(std::stoi(process)), SIGTERM), 0);
  const WorkerPool::Answer after = answer(2);
  EXPECT_FALSE(after.died);
  EXPECT_EQ(after.text, process);
}

TEST(Workers, AnswerEveryTaskAndSurviveOneThatEndsItsProcess) {
  WorkerPool pool(2, [](std::uint64_t index, bool flag) {
    if (index == 5) {
      _exit(70);
    }
    return std::to_string(index * 10) + (flag ? "!" : "");
  });
  std::map<std::uint64_t, WorkerPool::Answer> answers;
  std::uint64_t next = 0;
  while (answers.size() < 20) {
    for (; next < 20 && pool.wants_task(); ++next) {
      pool.give(next, next % 2 == 0);
    }
    for (WorkerPool::Answer& answer : pool.collect(1'000)) {
      const std::uint64_t index = answer.index;
      EXPECT_TRUE(answers.emplace(index, std::move(answer)).second) << index;
    }
  }
  EXPECT_EQ(pool.outstanding(), 0U);
  EXPECT_EQ(answers.at(4).text, "40!");
  EXPECT_EQ(answers.at(7).text, "70");
  EXPECT_TRUE(answers.at(5).died);
  EXPECT_EQ(answers.at(5).text, "the process ended with exit code 70");
  EXPECT_EQ(std::ranges::count_if(answers, [](const auto& each) { return each.second.died; }), 1);
}

TEST(Partition, IsAPartAndTheirNumber) {
  const auto partition = parse_partition("2/8");
  ASSERT_TRUE(partition.has_value());
  EXPECT_EQ(partition->part, 2U);
  EXPECT_EQ(partition->of, 8U);
  for (const char* text : {"", "2", "0/8", "9/8", "2/", "/8", "a/b", "1/0"}) {
    EXPECT_FALSE(parse_partition(text).has_value()) << text;
  }
}

TEST(Unseen, IsEstimatedFromWhatWasSeenOnceAndTwice) {
  Sightings sightings;
  for (int run = 0; run < 10; ++run) {
    sightings.add("often");
    if (run < 2) {
      sightings.add("twice");
    }
    if (run == 3 || run == 4 || run == 5) {
      sightings.add("once " + std::to_string(run));
    }
    sightings.end_run();
  }
  const Unseen unseen = sightings.unseen();
  EXPECT_EQ(unseen.runs, 10U);
  EXPECT_EQ(unseen.seen, 5U);
  EXPECT_EQ(unseen.once, 3U);
  EXPECT_EQ(unseen.twice, 1U);
  EXPECT_EQ(unseen.expected_new_milli(10), 3'000U);
  EXPECT_EQ(unseen.estimated_unseen(), 1U);  // 3 * 2 / (2 * 2)
  EXPECT_EQ(Unseen{}.expected_new_milli(1), 1'000U);
  EXPECT_EQ(Unseen{}.estimated_unseen(), 0U);
}

TEST(Junit, HasACaseForEachInvariantAndTheCommandOfAFailure) {
  Summary summary;
  RunRecord record{.scenario = "a<b", .policy = "hardened", .seed = 7, .verdict = "fail"};
  record.failures = {{"I2", "k", "not \"served\" & dark"}, {"shard_died", "seen", "seen 0 times"}};
  record.repro = "arbees-chaos run a<b --seed 7";
  summary.add(record);
  const std::string xml = junit_xml(summary);
  EXPECT_NE(xml.find("<testcase classname=\"a&lt;b.hardened\" name=\"I1\"/>"), std::string::npos);
  EXPECT_NE(xml.find("name=\"I2\">\n      <failure message=\"I2: not &quot;served&quot; &amp; "
                     "dark\">seed 7, 1 runs&#10;arbees-chaos run a&lt;b --seed 7</failure>"),
            std::string::npos)
      << xml;
  EXPECT_NE(xml.find("name=\"expectations\">"), std::string::npos);
  EXPECT_NE(xml.find("failures=\"2\""), std::string::npos);
}

}  // namespace
}  // namespace arbees::sim
