#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/sim/cli_fixture.h"

namespace arbees::sim {
namespace {

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

TEST_F(Cli, EventFilesAreMadeIntoATimeline) {
  ASSERT_EQ(chaos("run 01a --seed 3 --report r").code, 0);
  const Outcome made = chaos("report r/01a-crash-back-in-time-hardened-3.jsonl -o again/story");
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(made.out, "again/story.html\nagain/story.svg\nagain/story.txt\n");
  EXPECT_EQ(contents(folder_ / "again/story.html"),
            contents(folder_ / "r/01a-crash-back-in-time-hardened-3.html"));
  write("x.jsonl", "{}");
  EXPECT_EQ(chaos("report x.jsonl -o y").code, 5);
  EXPECT_EQ(chaos("report nowhere.jsonl -o y").code, 5);
}

TEST_F(Cli, WhatIsShrunkIsNotLostForAPathThatCannotBeWritten) {
  write("x.json", crashing(restart_is_noticed));
  call("run ./x.json --seed 9 --out f");
  const Outcome shrunk = call("shrink f/x-hardened-9.failure.json -o nowhere/small.json");
  EXPECT_EQ(shrunk.code, 2);
  EXPECT_EQ(shrunk.out, "") << "it is said before the work is begun";
  EXPECT_NE(shrunk.err.find("nowhere/small.json: cannot be written"), std::string::npos);
}

}  // namespace
}  // namespace arbees::sim
