#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/base/assert.h"
#include "core/events/event_text.h"
#include "core/wire/json_reader.h"
#include "prod/events/event_file.h"
#include "prod/events/event_tail.h"
#include "prod/events/recorder.h"
#include "prod/events/text_log.h"
#include "prod/system/entropy.h"
#include "tests/prod/temp_folder.h"
#include "tests/prod/test_events.h"

namespace arbees::prod {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

EverythingHappened everything(std::string text = "plain") {
  return {.text = std::move(text),
          .count = 7,
          .flag = true,
          .took = std::chrono::microseconds{1'500},
          .games = {GameId("g1"), GameId("g2")}};
}

class EventsTest : public ::testing::Test {
 protected:
  EventFile open(const std::string& path) {
    auto file =
        EventFile::open(path, {.program = "arbees-test", .build = "b1", .more = {{"pid", 12U}}});
    EXPECT_TRUE(file.has_value()) << file.error();
    return *std::move(file);
  }

  TempFolder folder_;
  StandingClock clock_;
};

TEST(EventIds, StayBelowWhatMessagesMayCarry) {
  EventIds ids(~std::uint64_t{0});
  const std::uint64_t first = ids.next().value();
  EXPECT_LE(first, wire::message_integer_max);
  EXPECT_EQ(ids.next().value(), first + 1);
}

TEST(EventIds, DifferBetweenProcesses) {
  SeededEntropy bits(1);
  std::set<std::uint64_t> firsts;
  for (int i = 0; i < 20; ++i)
    firsts.insert(EventIds(bits.next()).next().value());
  EXPECT_EQ(firsts.size(), 20U);
}

TEST(EventIds, AreNeverNone) { EXPECT_FALSE(EventIds(0).next().none()); }

TEST_F(EventsTest, TheFileHasAHeaderAndALineForEachEvent) {
  EventFile file = open(folder_.file("events.jsonl"));
  EventRecorder recorder(NodeName("shard-1"), clock_, EventIds(0), {&file});
  const EventId first = recorder.record(everything(), EventId{});
  recorder.record(NothingMuch{}, first);

  // Read while the file is open: each line is there as soon as it was recorded.
  const auto lines = lines_of(read_text(folder_.file("events.jsonl")));
  ASSERT_EQ(lines.size(), 3U);
  const auto header = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(header["schema"], "arbees.events");
  EXPECT_EQ(header["schema_version"], 1);
  EXPECT_EQ(header["clock"], "wall");
  EXPECT_EQ(header["program"], "arbees-test");
  EXPECT_EQ(header["build"], "b1");
  EXPECT_EQ(header["pid"], 12);
  EXPECT_EQ(nlohmann::json::parse(lines[1]),
            nlohmann::json::parse(R"({"id":1,"t_ns":1795459004120000000,"node":"shard-1",
              "node_ns":90000000000,"event":"everything_happened","severity":"warning",
              "fields":{"text":"plain","count":7,"flag":true,"took_ms":1.5,"games":["g1","g2"]}})"));
  const auto second = nlohmann::json::parse(lines[2]);
  EXPECT_EQ(second["cause"], 1);
  EXPECT_EQ(second["severity"], "debug");
}

TEST_F(EventsTest, TheFileIsContinuedByTheNextProcess) {
  const std::string path = folder_.file("events.jsonl");
  for (int start = 0; start < 2; ++start) {
    EventFile file = open(path);
    EventRecorder recorder(NodeName("n"), clock_, EventIds(0), {&file});
    recorder.record(NothingMuch{}, EventId{});
  }
  const auto lines = lines_of(read_text(path));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_TRUE(nlohmann::json::parse(lines[2]).contains("schema"));
}

TEST_F(EventsTest, TextFromOutsideCannotBreakALineOfTheFile) {
  EventFile file = open(folder_.file("events.jsonl"));
  EventRecorder recorder(NodeName("n"), clock_, EventIds(0), {&file});
  const std::string nasty = "a\n{\"id\":99}\r\x1b[2J\"\\ \xff \xe2\x80\xae";
  recorder.record(everything(nasty), EventId{});
  const auto lines = lines_of(read_text(folder_.file("events.jsonl")));
  ASSERT_EQ(lines.size(), 2U);
  const auto event = nlohmann::json::parse(lines[1]);
  EXPECT_EQ(event["id"], 1);
  EXPECT_EQ(event["fields"]["text"], "a\n{\"id\":99}\r\x1b[2J\"\\ \xef\xbf\xbd \xe2\x80\xae");
}

TEST_F(EventsTest, AFileThatCannotBeOpenedIsNamed) {
  const auto file = EventFile::open(folder_.file("no/such/folder.jsonl"), {});
  ASSERT_FALSE(file.has_value());
  EXPECT_NE(file.error().find("no/such/folder.jsonl"), std::string::npos) << file.error();
  EXPECT_NE(file.error().find("No such file"), std::string::npos) << file.error();
}

TEST_F(EventsTest, AFullDiskIsSaidOnceAndEndsTheFileOnly) {
  const auto full = EventFile::open("/dev/full", {});
  EXPECT_FALSE(full.has_value());
}

TEST_F(EventsTest, TheLogShowsAnEventOnOneLine) {
  const EverythingHappened event = everything("two words");
  const Envelope envelope{.id = EventId(1),
                          .cause = EventId{},
                          .node = "shard-1",
                          .node_time = clock_.now(),
                          .event = event};
  EXPECT_EQ(
      log_text(envelope, Charset::utf8),
      "shard-1 everything_happened text=\"two words\" count=7 flag=yes took=1.5ms games=[g1,g2]");
}

TEST_F(EventsTest, TextFromOutsideCannotForgeALogLine) {
  const EverythingHappened event = everything(
      "x\n2026-11-23T18:36:44.120Z info shard-2 all_is_well\x1b[31m\xc2\x9b\xe2\x80\xae\xff");
  const Envelope envelope{.id = EventId(1),
                          .cause = EventId{},
                          .node = "shard\n1",
                          .node_time = clock_.now(),
                          .event = event};
  for (const Charset charset : {Charset::ascii, Charset::utf8}) {
    const std::string line = log_text(envelope, charset);
    EXPECT_TRUE(std::ranges::none_of(line, [](char c) { return c >= 0 && c < ' '; })) << line;
    EXPECT_TRUE(line.starts_with("shard\\n1 everything_happened text=\"x\\n2026")) << line;
    EXPECT_NE(line.find("\\x1b"), std::string::npos) << line;
    EXPECT_NE(line.find("\\u202e"), std::string::npos) << line;
  }
}

TEST_F(EventsTest, TheLogGoesToStderrFromItsLeastSeverityOn) {
  ::testing::internal::CaptureStderr();
  {
    TextLog log(Severity::info);
    EventRecorder recorder(NodeName("shard-1"), clock_, EventIds(0), {&log});
    recorder.record(NothingMuch{}, EventId{});
    recorder.record(everything("{} {0} %s"), EventId{});
  }
  EXPECT_EQ(
      ::testing::internal::GetCapturedStderr(),
      "2026-11-23T18:36:44.120Z warning  shard-1 everything_happened text=\"{} {0} %s\" count=7 "
      "flag=yes took=1.5ms games=[g1,g2]\n");
}

TEST_F(EventsTest, TheTailKeepsTheLastEventsInOrder) {
  EventTail tail;
  EventRecorder recorder(NodeName("n"), clock_, EventIds(0), {&tail});
  for (std::uint64_t i = 1; i <= EventTail::kept + 50; ++i) {
    recorder.record(everything(std::to_string(i)), EventId(i));
  }
  const auto lines = lines_of(tail.text());
  ASSERT_EQ(lines.size(), EventTail::kept);
  EXPECT_NE(lines.front().find("#51<-51 everything_happened text=51 "), std::string::npos)
      << lines.front();
  EXPECT_NE(lines.back().find("text=250 "), std::string::npos) << lines.back();
}

TEST_F(EventsTest, TheTailShowsEveryFieldAsTheLogDoes) {
  EventTail tail;
  EventRecorder recorder(NodeName("n"), clock_, EventIds(0), {&tail});
  recorder.record(everything("a \"b\"\n\xff"), EventId{});
  EXPECT_NE(tail.text().find(event_text(everything("a \"b\"\n\xff"))), std::string::npos)
      << tail.text();
}

using EventsDeathTest = EventsTest;

TEST_F(EventsDeathTest, AFailedAssertionPrintsTheLastEventsAndEndsWith70) {
  EXPECT_EXIT(
      {
        EventTail tail;
        EventRecorder recorder(NodeName("n"), clock_, EventIds(0), {&tail});
        recorder.record(everything("the last thing"), EventId{});
        print_tail_on_assertion(&tail);
        ensure(false, "two and two are five");
      },
      ::testing::ExitedWithCode(70), "two and two are five.*events_test.cc(.|\n)*the last thing");
}

}  // namespace
}  // namespace arbees::prod
