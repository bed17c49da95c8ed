#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "sim/cli/seeds.h"
#include "sim/scenario/fault_table.h"
#include "tests/sim/cli_fixture.h"

namespace arbees::sim {
namespace {

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

TEST_F(Cli, ResultsThatAreNotTakenAreNoSuccess) {
  const fs::path program = fs::path(ARBEES_BIN_DIR) / "arbees-chaos";
  const std::string command =
      "'" + program.string() + "' list faults >/dev/full 2>'" + (folder_ / "err").string() + "'";
  const int status = std::system(command.c_str());
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 2);
  EXPECT_NE(contents(folder_ / "err").find("stdout cannot be written"), std::string::npos);
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

}  // namespace
}  // namespace arbees::sim
