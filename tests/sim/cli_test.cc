#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "sim/cli/seeds.h"
#include "sim/scenario/fault_table.h"

namespace arbees::sim {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The program in a folder of its own, called by the shell as a person would.
class Cli : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "arbees-cli-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  Outcome call(const std::string& arguments) const {
    const fs::path program = fs::path(ARBEES_BIN_DIR) / "arbees-chaos";
    const std::string command = "cd '" + folder_.string() + "' && '" + program.string() + "' " +
                                arguments + " >out 2>err </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(folder_ / "out"),
            contents(folder_ / "err")};
  }

  /// A call whose scenarios are those of the source tree.
  Outcome chaos(const std::string& arguments) const {
    return call("--scenarios '" ARBEES_SOURCE_DIR "/scenarios' " + arguments);
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  fs::path folder_;
};

std::string scenario_text(const std::string& expect) {
  return R"({"name": "x", "title": "t", "source": "s", "duration": "30s", "fleet": {"shards": 1},
             "games": 1, "faults": [], "policies": {"hardened": {"expect": [)" +
         expect + "]}}}";
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  return text.substr(text.rfind('\n', end) + 1, end - text.rfind('\n', end));
}

TEST(Seed, IsDecimalOrHexadecimalOrACommit) {
  EXPECT_EQ(parse_seed("42"), 42U);
  EXPECT_EQ(parse_seed("0x2a"), 42U);
  EXPECT_EQ(parse_seed("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_seed("000000000000002a0123456789abcdef01234567"), 42U);
  for (const char* text : {"", "-1", "0x", "0x-1", "x", "1.5", "18446744073709551616", "2a"}) {
    EXPECT_EQ(parse_seed(text), std::nullopt) << text;
  }
}

TEST(Seed, ARangeHasTwoEndsInOrder) {
  const auto range = parse_seeds("1..200");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 1U);
  EXPECT_EQ(range->last, 200U);
  for (const char* text : {"", "1", "2..1", "..", "1..", "1...2"}) {
    EXPECT_FALSE(parse_seeds(text)) << text;
  }
}

TEST_F(Cli, APassingRunIsExitZeroWithATable) {
  const Outcome outcome = chaos("run 01a");
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("verdict  scenario"));
  EXPECT_NE(outcome.out.find("\npass     01a-crash-back-in-time  hardened"), std::string::npos);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Cli, AFailedExpectationIsExitOneAndTheLastLineReproducesIt) {
  write("x.json", scenario_text(R"({"event": "shard_died"})"));
  const Outcome outcome = call("run ./x.json --seeds 5..6");
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  EXPECT_NE(outcome.out.find("    expected shard_died: seen 0 times\n"), std::string::npos);
  const std::string repro = last_line(outcome.out);
  EXPECT_EQ(repro, "arbees-chaos run ./x.json --policy hardened --seed 5");
  EXPECT_EQ(call(repro.substr(repro.find("run"))).code, 1);
}

TEST_F(Cli, ABadScenarioIsExitTwoAndOneLine) {
  write("empty.json", "");
  write("binary.json", std::string("\x7f"
                                   "ELF\0\0",
                                   6));
  write("brackets.json", std::string(200'000, '['));
  write("key.json", R"({"nam": "x"})");
  write("twice.json", R"({"name": "x", "name": "x"})");
  write("y.json", scenario_text(""));  // called x
  for (const char* file : {"empty.json", "binary.json", "brackets.json", "key.json", "twice.json",
                           "y.json", "nowhere.json", "."}) {
    const Outcome outcome = call("run ./" + std::string(file));
    EXPECT_EQ(outcome.code, 2) << file;
    EXPECT_EQ(outcome.out, "") << file;
    EXPECT_TRUE(outcome.err.starts_with("arbees-chaos: ./" + std::string(file))) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
}

TEST_F(Cli, WrongOptionsAreExitTwoWithAHint) {
  EXPECT_EQ(call("").code, 2);
  EXPECT_NE(call("rn").err.find("did you mean \"run\"?"), std::string::npos);
  EXPECT_NE(chaos("run 01a --seed x").err.find("--seed: \"x\" is no seed"), std::string::npos);
  EXPECT_NE(chaos("run 01a --param awy=5s").err.find("did you mean \"away\"?"), std::string::npos);
  EXPECT_NE(chaos("run 01a --param away=5").err.find("such as outage=45s"), std::string::npos);
  EXPECT_NE(chaos("run 01").err.find("several scenarios begin with \"01\""), std::string::npos);
  EXPECT_NE(
      chaos("run redis-frozen --policy as-analysed").err.find("says nothing about as-analysed"),
      std::string::npos);
  for (const char* arguments :
       {"rn", "run 01a --seed x", "run 01a --policy soft", "run 01a --sed 1",
        "run 01a --seed 1 --seeds 1..2", "list nothing", "run 01"}) {
    EXPECT_EQ(chaos(arguments).code, 2) << arguments;
  }
}

TEST_F(Cli, AFolderWithoutScenariosIsNamed) {
  EXPECT_EQ(call("--scenarios nowhere run").code, 2);
  EXPECT_NE(call("--scenarios nowhere run 01a").err.find("there are no scenarios in nowhere"),
            std::string::npos);
}

TEST_F(Cli, HelpHasExamplesAndVersionHasTheBuild) {
  const Outcome help = call("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("Examples:"), std::string::npos);
  EXPECT_NE(help.out.find("Exit codes:"), std::string::npos);
  const Outcome version = call("--version");
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("arbees-chaos 0.1.0, build ")) << version.out;
}

TEST_F(Cli, JsonIsOneObjectWithStableNames) {
  const Outcome outcome = chaos("run 01b --json --verify --seed 0x7");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto run = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(run["schema_version"], 1);
  EXPECT_EQ(run["scenario"], "01b-crash-back-too-late");
  EXPECT_EQ(run["policy"], "hardened");
  EXPECT_EQ(run["seed"], 7);
  EXPECT_EQ(run["verdict"], "pass");
  EXPECT_EQ(run["sim_seconds"], 180);
  EXPECT_EQ(run["digest"].get<std::string>().size(), 16U);
  EXPECT_GT(run["wall_seconds"].get<double>(), 0);
  EXPECT_GT(run["events"].get<int>(), 1'000);
  EXPECT_EQ(run["invariants"].back()["id"], "I10");
  EXPECT_EQ(run["expectations"][0]["status"], "pass");
  for (const char* metric : {"detection_ms", "recovery_ms", "dark_game_seconds",
                             "duplicate_owner_game_seconds", "signals_emitted", "signals_delivered",
                             "signals_lost", "signals_duplicated", "heartbeats_lost"}) {
    EXPECT_TRUE(run["metrics"][metric].is_number()) << metric;
  }
  EXPECT_TRUE(run["metrics"]["alerts"].is_array());
  EXPECT_EQ(run["metrics"]["faults"][0]["episodes"], run["metrics"]["faults"][0]["fired"]);
  const auto two = nlohmann::json::parse(chaos("run 01b --json --seeds 1..2").out);
  EXPECT_EQ(two["runs"].size(), 2U);
  EXPECT_EQ(two["runs"][1]["seed"], 2);
}

TEST_F(Cli, AReportIsThreeFilesOfOneRun) {
  const Outcome outcome = chaos("run 01a --seed 3 --report reports/new");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const fs::path base = folder_ / "reports/new/01a-crash-back-in-time-hardened-3";
  EXPECT_NE(outcome.out.find("reports/new/01a-crash-back-in-time-hardened-3.html"),
            std::string::npos);
  const std::string events = contents(base.string() + ".jsonl");
  EXPECT_EQ(nlohmann::json::parse(events.substr(0, events.find('\n')))["schema"], "arbees.events");
  EXPECT_EQ(nlohmann::json::parse(last_line(events))["end"]["verdict"], "pass");
  EXPECT_NE(contents(base.string() + ".html").find("<html"), std::string::npos);
  EXPECT_NE(contents(base.string() + ".txt").find("shard_restarted"), std::string::npos);
}

TEST_F(Cli, AReportThatCannotBeWrittenIsExitTwo) {
  write("file", "");
  const Outcome outcome = chaos("run 01a --report file/folder");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("file/folder: cannot be made: "), std::string::npos);
}

TEST_F(Cli, ListsAreTablesAndJson) {
  for (const std::string topic :
       {"scenarios", "faults", "invariants", "settings", "events", "metrics", "marks"}) {
    const Outcome table = chaos("list " + topic);
    EXPECT_EQ(table.code, 0) << topic << table.err;
    EXPECT_GT(std::count(table.out.begin(), table.out.end(), '\n'), 5) << topic;
    const auto json = nlohmann::json::parse(chaos("list " + topic + " --json").out);
    EXPECT_EQ(json["schema_version"], 1);
    EXPECT_TRUE(json[topic].is_array()) << topic;
  }
  EXPECT_EQ(chaos("list schema").out, contents(ARBEES_SOURCE_DIR "/scenarios/schema.json"));
}

TEST_F(Cli, TheTableOfFaultsInTheDocumentationIsTheOneOfTheCode) {
  const std::string table = chaos("list faults --markdown").out;
  EXPECT_NE(contents(ARBEES_SOURCE_DIR "/docs/faults.md").find("\n\n" + table + "\n"),
            std::string::npos)
      << "docs/faults.md should have the table of `arbees-chaos list faults --markdown`:\n"
      << table;
}

TEST_F(Cli, EveryFaultIsListedWithWhatItDoesAndAScenarioThatShowsIt) {
  const auto json = nlohmann::json::parse(chaos("list faults --json").out);
  ASSERT_EQ(json["faults"].size(), fault_table().size());
  for (std::size_t i = 0; i < fault_table().size(); ++i) {
    const auto& listed = json["faults"][i];
    EXPECT_EQ(listed["fault"], fault_table()[i].name);
    EXPECT_EQ(listed["doc"], fault_table()[i].doc);
    EXPECT_EQ(listed["stands_for"], fault_table()[i].stands_for);
    const std::string scenario = listed["scenario"];
    const std::string text = contents(ARBEES_SOURCE_DIR "/scenarios/" + scenario + ".json");
    EXPECT_NE(text.find("\"" + std::string(fault_table()[i].name) + "\""), std::string::npos)
        << listed["fault"] << ": " << scenario;
  }
}

TEST_F(Cli, NothingIsColouredWhereNobodyLooks) {
  EXPECT_EQ(chaos("run 01a --grid").out.find('\x1b'), std::string::npos);
}

constexpr const char* restart_is_noticed = R"({"never": "shard_restarted"})";

/// A fleet of which shard-1 crashes, and what it must show.
std::string crashing(const std::string& expect) {
  return R"({"name": "x", "title": "t", "source": "s", "duration": "60s", "fleet": {"shards": 3},
             "games": 6, "faults": [
               {"fault": "crash", "target": "shard-1", "at": "31.7s", "for": {"between": ["2s", "12s"]}},
               {"fault": "latency", "from": "shards", "to": "redis", "at": "20s", "for": "3s",
                "latency": {"between": ["1ms", "2ms"]}}],
             "policies": {"hardened": {"expect": [)" +
         expect + "]}}}";
}

TEST_F(Cli, AFailureIsRecordedReplayedAndShrunk) {
  write("x.json", crashing(restart_is_noticed));
  const Outcome run = call("run ./x.json --seed 9 --out failures");
  EXPECT_EQ(run.code, 1) << run.err;
  const std::string file = "failures/x-hardened-9.failure.json";
  ASSERT_TRUE(fs::exists(folder_ / file)) << run.err;
  fs::remove(folder_ / "x.json");  // the file is enough

  const Outcome replay = call("replay " + file);
  EXPECT_EQ(replay.code, 1) << replay.err;
  EXPECT_NE(replay.out.find("now: the same, digest "), std::string::npos) << replay.out;
  EXPECT_EQ(last_line(replay.out), "arbees-chaos run ./x.json --policy hardened --seed 9");
  EXPECT_EQ(call("replay " + file + " --verify").code, 0);
  const Outcome until = call("replay " + file + " --until 32s");
  EXPECT_EQ(until.code, 0) << until.err;
  EXPECT_NE(until.out.find("node_crashed"), std::string::npos);
  EXPECT_EQ(until.out.find("shard_restarted"), std::string::npos);

  const Outcome shrunk = call("shrink " + file + " -o small.json");
  EXPECT_EQ(shrunk.code, 0) << shrunk.err;
  EXPECT_NE(shrunk.out.find("1 of 2 faults are necessary"), std::string::npos) << shrunk.out;
  const std::string repro = last_line(shrunk.out);
  EXPECT_TRUE(repro.starts_with("arbees-chaos run ./small.json --policy hardened --seed "));
  EXPECT_EQ(call(repro.substr(repro.find("run"))).code, 1);
}

TEST_F(Cli, ARecordingOfAnotherBuildIsRepeatedByItsScheduleAndSaysSo) {
  write("x.json", crashing(restart_is_noticed));
  call("run ./x.json --seed 9 --out f");
  std::string text = contents(folder_ / "f/x-hardened-9.failure.json");
  const std::size_t build = text.find("\"build\": \"") + 10;
  text.replace(build, 16, "0123456789abcdef");
  write("other.json", text);
  const Outcome replay = call("replay other.json --verify");
  EXPECT_EQ(replay.code, 0) << replay.out;
  EXPECT_NE(replay.err.find("recorded by build 0123456789abcdef"), std::string::npos);
  EXPECT_NE(replay.out.find("by the recorded schedule"), std::string::npos);
}

TEST_F(Cli, AReplayThatCannotBeHasItsOwnExitCodes) {
  write("x.json", crashing(restart_is_noticed));
  call("run ./x.json --seed 9 --out f");
  const std::string text = contents(folder_ / "f/x-hardened-9.failure.json");
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    write("other.json", other);
    return call("replay other.json --verify");
  };
  EXPECT_EQ(replaced("\"subject\": \"never shard_restarted\"", "\"subject\": \"I1\"").code, 6);
  const std::size_t digest = text.find("\"digest\": \"") + 11;
  const Outcome leak = replaced(text.substr(digest, 16), "0000000000000000");
  EXPECT_EQ(leak.code, 3) << leak.out;
  EXPECT_NE(leak.err.find("the same build came out differently"), std::string::npos);
  EXPECT_EQ(replaced("arbees.failure", "arbees.nothing").code, 5);
  EXPECT_EQ(call("replay nowhere.json").code, 5);
  EXPECT_EQ(call("shrink nowhere.json -o y.json").code, 5);
}

TEST_F(Cli, RunsAreComparedAndEventsExplained) {
  const Outcome same = chaos("diff 01a@3 01a@3");
  EXPECT_EQ(same.code, 0) << same.out;
  const Outcome different = chaos("diff 01a@3 01a@4");
  EXPECT_EQ(different.code, 1);
  EXPECT_NE(different.out.find("first difference at item "), std::string::npos) << different.out;
  const Outcome explained = chaos("explain 02@1 link_lost");
  EXPECT_EQ(explained.code, 0) << explained.err;
  EXPECT_NE(explained.out.find("root: the fault crash on redis"), std::string::npos)
      << explained.out;
  EXPECT_EQ(chaos("explain 02@1 link_lots").code, 2);
  EXPECT_EQ(chaos("diff 01a@x 01a@3").code, 2);
}

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

TEST_F(Cli, WhatASeedDrawsCanBeSeenAndRun) {
  const Outcome shown = chaos("show lite --seed 5");
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_TRUE(shown.out.starts_with("// seed 5: ")) << shown.out;
  std::string text = shown.out;
  text.replace(text.find("\"name\": \"lite\""), 14, "\"name\": \"five\"");
  write("five.json", text);
  const auto drawn = nlohmann::json::parse(chaos("run lite --seed 5 --json").out);
  const auto written = nlohmann::json::parse(call("run ./five.json --seed 5 --json").out);
  EXPECT_EQ(drawn["digest"], written["digest"]);
}

}  // namespace
}  // namespace arbees::sim
