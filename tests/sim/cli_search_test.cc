#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/sim/cli_fixture.h"

namespace arbees::sim {
namespace {

TEST_F(Cli, ASearchCanBePartedMergedAndContinued) {
  write("x.json", crashing(R"({"metric": "dark_game_seconds", "at_most": 50})"));
  const std::string seeds = "search ./x.json --seeds 1..30 -j 2 --json";
  const auto whole = nlohmann::json::parse(call(seeds).out);
  EXPECT_EQ(whole["runs"], 30);
  EXPECT_EQ(whole["complete"], true);
  EXPECT_EQ(whole["coverage"]["faults"]["crash"]["fired"], 30);
  for (const char* part : {"1/2", "2/2"}) {
    call(seeds + " --out part" + part[0] + ".db --partition " + part);
  }
  auto merged = nlohmann::json::parse(call("merge all.db part1.db part2.db --json").out);
  for (const char* figure : {"runs", "runs_failed", "failures", "coverage"}) {
    EXPECT_EQ(merged[figure], whole[figure]) << figure;
  }
  const Outcome again = call(seeds + " --out part1.db --partition 1/2");
  EXPECT_EQ(nlohmann::json::parse(again.out)["runs_per_second"], 0) << "all of it was there";
  EXPECT_EQ(call("search ./x.json --seeds 2..5 --out part1.db").code, 5) << "another search";
  write("x.json", crashing(""));
  EXPECT_EQ(call(seeds + " --out part1.db --partition 1/2").code, 5) << "another scenario";
  EXPECT_EQ(call("search ./x.json").code, 2);
  EXPECT_EQ(call("search ./x.json --seeds 1..5 --partition 3/2").code, 2);
}

TEST_F(Cli, AKilledSearchKeepsWhatItReported) {
  write("x.json", crashing(""));
  const std::string search = "search ./x.json --seeds 1..100000 -j 2 --twice 0 --out r.db";
  const fs::path program = fs::path(ARBEES_BIN_DIR) / "arbees-chaos";
  const std::string begun = "cd '" + folder_.string() + "'; '" + program.string() + "' " + search +
                            " >begun.out 2>begun.err </dev/null & echo $! >pid";
  ASSERT_EQ(std::system(begun.c_str()), 0);
  const auto runs = [&](const std::string& into) {
    const Outcome merged = call("merge " + into + " r.db --json");
    return merged.code == 0 ? nlohmann::json::parse(merged.out)["runs"].get<int>() : 0;
  };
  // Its file is its own while it runs: that runs are in it, only its size tells.
  const auto size_of = [&](const char* name) {
    std::error_code missing;
    const std::uintmax_t size = fs::file_size(folder_ / name, missing);
    return missing ? 0 : size;
  };
  const auto late = std::chrono::steady_clock::now() + std::chrono::minutes{2};
  while (size_of("r.db") + size_of("r.db-wal") < 200'000 &&
         std::chrono::steady_clock::now() < late) {
  }
  EXPECT_EQ(std::system(("kill -KILL " + contents(folder_ / "pid")).c_str()), 0);
  int kept = runs("kept.db");
  while (kept == 0 && std::chrono::steady_clock::now() < late) {
    kept = runs("kept.db");  // it is not gone yet
  }
  EXPECT_GT(kept, 0);
  const Outcome more = call(search + " --for 1s");
  EXPECT_EQ(more.code, 4) << more.err;
  EXPECT_GT(runs("kept2.db"), kept);
}

TEST_F(Cli, ASweepTriesEachFaultAtEachMoment) {
  write("x.json", crashing(restart_is_noticed));
  const Outcome sweep = call("search ./x.json --sweep --lasting 5s --pairs 3 --for 1s --json");
  const auto result = nlohmann::json::parse(sweep.out);
  EXPECT_GT(result["sweep_points"].get<int>(), 5);
  EXPECT_GT(result["sweep_faults"].get<int>(), 20);
  const Outcome one = call("search ./x.json --sweep --lasting 5s --pairs 3 --index 7");
  EXPECT_NE(one.out.find("  x|hardened|1|"), std::string::npos) << one.out << one.err;
}

TEST_F(Cli, ARunOfASearchIsShownAsJsonToo) {
  write("x.json", crashing(restart_is_noticed));
  const Outcome one = call("search ./x.json --seeds 3..9 --index 2 --json");
  EXPECT_EQ(one.code, 1) << one.err;
  const auto result = nlohmann::json::parse(one.out);
  EXPECT_EQ(result["runs"], 1);
  EXPECT_EQ(result["failures"][0]["seed"], 5);
  EXPECT_FALSE(result.contains("complete"));
}

TEST_F(Cli, WhatASearchCouldNotWriteIsSaidBeforeItBegins) {
  write("x.json", crashing(restart_is_noticed));
  write("file", "");
  for (const std::string output : {"--junit nowhere/junit.xml", "--failures file/failures"}) {
    const Outcome outcome = call("search ./x.json --seeds 1..100000 " + output);
    EXPECT_EQ(outcome.code, 2) << output;
    EXPECT_EQ(outcome.out, "") << output;
    EXPECT_NE(outcome.err.find(": cannot be "), std::string::npos) << outcome.err;
  }
}

TEST_F(Cli, ACommandThatMakesAFailureAgainNamesItsFolder) {
  fs::create_directory(folder_ / "my scenarios");
  fs::create_directory(folder_ / "my scenarios/tier");
  write("my scenarios/tier/x.json", crashing(restart_is_noticed));
  for (const std::string how : {"run x --seed 5", "search x --seeds 5..5"}) {
    const Outcome outcome = call("--scenarios 'my scenarios' " + how);
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    const std::string repro = last_line(outcome.out);
    EXPECT_EQ(repro, "arbees-chaos run x --scenarios 'my scenarios' --policy hardened --seed 5");
    EXPECT_EQ(call(repro.substr(repro.find("run"))).code, 1);
  }
}

}  // namespace
}  // namespace arbees::sim
