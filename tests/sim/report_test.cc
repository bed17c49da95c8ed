#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "core/alerts/events.h"
#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/redis/events.h"
#include "core/shard/events.h"
#include "sim/report/event_file.h"
#include "sim/report/natural_order.h"
#include "sim/report/periodic_events.h"
#include "sim/report/picture.h"
#include "sim/report/report_files.h"
#include "sim/report/text_grid.h"
#include "sim/report/timeline.h"
#include "sim/report/timeline_model.h"
#include "sim/world/events.h"

namespace arbees::sim {
namespace {

constexpr std::string_view header_line =
    R"({"schema":"arbees.events","schema_version":1,"clock":"virtual","program":"p","build":"b"})";

std::expected<EventFile, std::string> read(const std::string& text) {
  std::istringstream in(text);
  return read_event_file(in, "run.jsonl");
}

/// Reads a file of a header and these lines, which must be right.
EventFile story(const std::vector<std::string>& lines, std::string_view header = header_line) {
  std::string text = std::string(header) + '\n';
  for (const std::string& line : lines)
    text += line + '\n';
  auto file = read(text);
  EXPECT_TRUE(file.has_value()) << file.error();
  return file.value_or(EventFile());
}

std::string event(int id, double seconds, const std::string& node, const std::string& name,
                  const std::string& fields, int cause = 0) {
  std::string line = "{\"id\":" + std::to_string(id);
  if (cause != 0)
    line += ",\"cause\":" + std::to_string(cause);
  return line + ",\"t_ns\":" + std::to_string(static_cast<std::int64_t>(seconds * 1e9)) +
         ",\"node\":\"" + node + "\",\"node_ns\":5,\"event\":\"" + name +
         "\",\"severity\":\"info\",\"fields\":{" + fields + "}}";
}

std::string game_event(int id, double seconds, const std::string& shard, const std::string& name,
                       int epoch) {
  return event(id, seconds, shard, name,
               R"("shard":")" + shard + R"(","game":"g1","epoch":)" + std::to_string(epoch));
}

std::string sample_text() {
  std::ifstream in(std::string(ARBEES_SOURCE_DIR) + "/tests/report/sample.events.jsonl");
  EXPECT_TRUE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

template <class Write>
std::string written(Write write) {
  std::ostringstream out;
  write(out);
  return out.str();
}

std::string page_of(const EventFile& file) {
  return written([&](std::ostream& out) { write_timeline(out, file); });
}

/// The bands of the lane of that group and kind, as `kind from-to label`, times in seconds.
std::vector<std::string> bands(const EventFile& file, std::string_view group,
                               std::string_view kind) {
  std::vector<std::string> texts;
  for (const Lane& lane : make_timeline_model(file).lanes) {
    if (lane.group != group || lane.kind != kind)
      continue;
    for (const Band& band : lane.bands) {
      texts.push_back(band.kind + ' ' + std::to_string(band.from_ns / 1'000'000'000) + '-' +
                      std::to_string(band.to_ns / 1'000'000'000) + ' ' + band.label);
    }
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(EventFile, IsTheSameAfterReadingAndWritingAgain) {
  const std::string text = sample_text();
  const auto file = read(text);
  ASSERT_TRUE(file) << file.error();
  const std::string again = written([&](std::ostream& out) {
    EventFileWriter writer(out, file->header);
    for (const RecordedEvent& one : file->events)
      writer.event(one);
    writer.end(file->end);
  });
  EXPECT_EQ(again, text);
}

TEST(EventFile, ReadsEveryShapeOfField) {
  const EventFile file = story({event(
      1, 1, "n", "e",
      R"("t":"x\"y","c":7,"f":true,"d_ms":-0.000001,"m_ns":-5,"l":["a","b"],"e":[],"b":"18446744073709551615")")});
  const auto& fields = file.events.at(0).fields;
  ASSERT_EQ(fields.size(), 8U);
  EXPECT_EQ(std::get<std::string>(fields[0].value), "x\"y");
  EXPECT_EQ(std::get<std::uint64_t>(fields[1].value), 7U);
  EXPECT_TRUE(std::get<bool>(fields[2].value));
  EXPECT_EQ(fields[3].name, "d");
  EXPECT_EQ(std::get<Duration>(fields[3].value), Duration(-1));
  EXPECT_EQ(fields[4].name, "m");
  EXPECT_EQ(std::get<MonoTime>(fields[4].value), MonoTime(Duration(-5)));
  EXPECT_EQ(std::get<Texts>(fields[5].value), (Texts{"a", "b"}));
  EXPECT_TRUE(std::get<Texts>(fields[6].value).empty());
  EXPECT_EQ(std::get<std::string>(fields[7].value), "18446744073709551615");
}

TEST(EventFile, ReadsDurationsToTheNanosecondUpToTheirBounds) {
  const auto duration = [](const std::string& ms) {
    const EventFile file = story({event(1, 0, "n", "e", "\"d_ms\":" + ms)});
    const auto* value = std::get_if<Duration>(&file.events.at(0).fields.at(0).value);
    return value == nullptr ? std::string("none") : std::to_string(value->count());
  };
  EXPECT_EQ(duration("9223372036854.775807"), "9223372036854775807");
  EXPECT_EQ(duration("-9223372036854.775808"), "-9223372036854775808");
  EXPECT_EQ(duration("100.00001"), "100000010");
  EXPECT_EQ(duration("60000"), "60000000000");
  EXPECT_EQ(duration("9223372036854.775808"), "none");
  EXPECT_EQ(duration("1e3"), "none");
  EXPECT_EQ(duration("0.0000001"), "none");
}

TEST(EventFile, PassesOverWhatItDoesNotKnow) {
  const EventFile file = story({
      R"({"id":1,"new":{"a":[1,{"fields":{"x":1}}]},"t_ns":5,"node":"n","event":"e","fields":{"o":{"p":[1,2]},"n":null,"k":3}})",
      "",
      R"({"id":2,"t_ns":6,"event":"bare"})",
  });
  ASSERT_EQ(file.events.size(), 2U);
  ASSERT_EQ(file.events[0].fields.size(), 1U);
  EXPECT_EQ(file.events[0].fields[0].name, "k");
}

TEST(EventFile, NamesTheLineAndWhatWouldBeRight) {
  const auto error = [](const std::string& text) {
    const auto file = read(text);
    return file ? std::string("no error") : file.error();
  };
  const std::string header = std::string(header_line) + '\n';
  EXPECT_EQ(error(""), "run.jsonl: empty, expected an event file");
  EXPECT_NE(error("{\"id\":1}\n").find("run.jsonl:1: not an event file: the first line must be"),
            std::string::npos);
  EXPECT_NE(error(header + "\nnonsense\n").find("run.jsonl:3: not JSON at column 2"),
            std::string::npos)
      << error(header + "\nnonsense\n");
  EXPECT_NE(
      error(header + "{\"id\":1,\"t_ns\":1}\n").find("run.jsonl:2: an event without its name"),
      std::string::npos);
  EXPECT_NE(error(header + "{\"id\":1,\"event\":\"e\"}\n").find("expected \"t_ns\""),
            std::string::npos);
  EXPECT_NE(error(R"({"schema":"arbees.events","schema_version":2})").find("only 1 to 1"),
            std::string::npos);
  EXPECT_NE(error(R"({"schema":"other","schema_version":1})").find("must be \"arbees.events\""),
            std::string::npos);
  EXPECT_NE(error(header + std::string(200'000, '[') + "\n").find("run.jsonl:2: not JSON"),
            std::string::npos);
}

TEST(EventFile, LeavesATornLastLineOutAndSaysSo) {
  const auto file =
      read(std::string(header_line) + '\n' + event(1, 1, "n", "e", "") + "\n{\"id\":2,\"t_");
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(file->events.size(), 1U);
  ASSERT_EQ(file->warnings.size(), 1U);
  EXPECT_NE(file->warnings[0].find("run.jsonl:3"), std::string::npos);
}

TEST(EventFile, MergesProcessesByTimeAndKeepsTheirCauses) {
  std::vector<EventFile> files;
  files.push_back(story({event(1, 1, "a", "first", ""), event(2, 3, "a", "third", "", 1)}));
  files.push_back(story({event(1, 2, "b", "second", ""), event(2, 4, "b", "fourth", "", 1)}));
  const EventFile merged = merge_event_files(std::move(files));
  Texts names;
  for (const RecordedEvent& one : merged.events)
    names.push_back(one.event);
  EXPECT_EQ(names, (Texts{"first", "second", "third", "fourth"}));
  EXPECT_EQ(merged.find(merged.events[2].cause)->event, "first");
  EXPECT_EQ(merged.find(merged.events[3].cause)->event, "second");
  EXPECT_EQ(merged.warnings.size(), 1U);
}

TEST(EventFile, KeepsIdsThatAreDistinctAcrossProcesses) {
  std::vector<EventFile> files;
  files.push_back(story({event(11, 1, "a", "sent", "")}));
  files.push_back(story({event(21, 2, "b", "heard", "", 11)}));
  const EventFile merged = merge_event_files(std::move(files));
  EXPECT_EQ(merged.events[1].id, EventId(21));
  EXPECT_EQ(merged.find(merged.events[1].cause)->event, "sent");
  EXPECT_TRUE(merged.warnings.empty());
}

TEST(EventFile, AHeaderInsideTheFileBeginsAnotherProcess) {
  const EventFile file = story({event(1, 1, "a", "before", ""), std::string(header_line),
                                event(1, 2, "a", "after", ""), event(2, 3, "a", "later", "", 1)});
  ASSERT_EQ(file.events.size(), 3U);
  EXPECT_EQ(file.find(file.events[2].cause)->event, "after");
}

/// Writes real events, one a second, as the simulator records them.
class Recording {
 public:
  Recording() : writer_(out_, EventFileHeader{}) {}

  void add(std::string_view node, const EventView& recorded, EventId cause = {}) {
    ++id_;
    writer_.event({EventId(id_), cause, node, MonoTime(), recorded},
                  static_cast<std::int64_t>(id_) * 1'000'000'000);
  }
  [[nodiscard]] EventFile file() const { return read(out_.str()).value_or(EventFile()); }

 private:
  std::ostringstream out_;
  EventFileWriter writer_;
  std::uint64_t id_ = 0;
};

TEST(TimelineModel, ReadsWhatTheProgramsReallyRecord) {
  const ShardId shard("A");
  const GameId game("g1");
  Recording run;
  run.add("world", NodeStarted{NodeName("A"), 1});
  run.add("A", arbees::redis::LinkReady{arbees::redis::LinkRole::subscriber, 1, seconds(1)});
  run.add("O", StatusChanged{shard, "unknown", "healthy", "heard", {}});
  run.add("O", GameAssigned{game, shard, Boot(1), Epoch(7), ShardId(), "first", {}});
  run.add("A", GameAdded{shard, game, Epoch(7)});
  run.add("A", GameUnfenced{shard, game, Epoch(7)});
  run.add("world", FaultStarted{"crash", "A", ""});
  run.add("O", ModeEntered{"BLIND", "canary"});
  run.add("A", GameFenced{shard, game, Epoch(7), "lease_over"});
  run.add("A", arbees::redis::LinkLost{arbees::redis::LinkRole::subscriber, "reset", ""});
  run.add("O", AlertRaised{"SHARD_DEAD", "A", "silent"});
  run.add("world", NodeCrashed{NodeName("A")});
  run.add("O", AlertResolved{"SHARD_DEAD", "A", seconds(1)});
  run.add("O", ModeLeft{"BLIND", seconds(1)});
  run.add("world", FaultHealed{"crash", "A"});
  const EventFile file = run.file();
  EXPECT_EQ(bands(file, "A", "process"), (Texts{"running 1-12 running", "down 12-15 crashed"}));
  EXPECT_EQ(bands(file, "A", "link"),
            (Texts{"connecting 1-2 connecting", "ready 2-10 ready", "lost 10-12 lost: reset"}));
  EXPECT_EQ(bands(file, "A", "status"), (Texts{"healthy 3-15 healthy"}));
  EXPECT_EQ(bands(file, "O", "mode"), (Texts{"BLIND 8-14 BLIND"}));
  EXPECT_EQ(bands(file, "faults", "fault"), (Texts{"fault 7-15 crash A"}));
  EXPECT_EQ(bands(file, "alerts", "alert"), (Texts{"alert 11-13 SHARD_DEAD A"}));
  EXPECT_EQ(bands(file, "games", "game"),
            (Texts{"owner 4-15 A e7", "warm 5-12 A e7", "emit 6-9 A e7"}));
}

TEST(PeriodicEvents, AreEventsThatExist) {
  for (const std::string_view name :
       {AlertingAlive::name, CanaryHeard::name, CanarySent::name, CommandEnded::name,
        CommandSent::name, GrantReceived::name, GrantSent::name, HeartbeatHeard::name,
        HeartbeatSent::name, arbees::redis::LinkAttemptFailed::name, OwnershipRepeated::name,
        SignalAccepted::name, SignalEmitted::name}) {
    EXPECT_TRUE(is_periodic(name)) << name;
  }
  EXPECT_EQ(periodic_events.size(), 13U);
  EXPECT_FALSE(is_periodic(ShardDied::name));
}

TEST(TimelineModel, ShowsTwoShardsThatMayEmitAtOnceAsDouble) {
  const EventFile file = story({
      game_event(1, 1, "A", "game_added", 1),
      game_event(2, 2, "A", "game_unfenced", 1),
      game_event(3, 5, "B", "game_unfenced", 2),
      game_event(4, 8, "A", "game_fenced", 1),
      game_event(5, 10, "B", "game_removed", 2),
  });
  EXPECT_EQ(bands(file, "games", "game"),
            (Texts{"warm 1-10 A e1", "emit 2-8 A e1", "emit 5-10 B e2", "double 5-8 A e1 + B e2"}));
}

TEST(TimelineModel, LeavesAGameDarkWhileItsShardIsDown) {
  const EventFile file = story({
      game_event(1, 1, "A", "game_unfenced", 1),
      event(2, 4, "world", "node_crashed", R"("node":"A")"),
      game_event(3, 9, "A", "game_unfenced", 2),
      event(4, 10, "world", "end", ""),
  });
  EXPECT_EQ(bands(file, "games", "game"), (Texts{"emit 1-4 A e1", "emit 9-10 A e2"}));
  EXPECT_EQ(bands(file, "A", "process"), (Texts{"down 4-10 crashed"}));
}

TEST(TimelineModel, AFrozenShardEmitsNothingUntilItGoesOn) {
  const EventFile file = story({
      game_event(1, 1, "A", "game_unfenced", 1),
      event(2, 3, "world", "node_frozen", R"("node":"A")"),
      event(3, 6, "world", "node_thawed", R"("node":"A")"),
      game_event(4, 7, "A", "game_fenced", 1),
      event(5, 8, "world", "end", ""),
  });
  EXPECT_EQ(bands(file, "games", "game"), (Texts{"emit 1-3 A e1", "emit 6-7 A e1"}));
}

TEST(TimelineModel, ASignalProvesThatAShardWithoutLeasesEmits) {
  const EventFile file =
      story({game_event(1, 1, "A", "game_added", 1), game_event(2, 2, "A", "signal_emitted", 1),
             game_event(3, 3, "A", "signal_emitted", 1)});
  EXPECT_EQ(bands(file, "games", "game"), (Texts{"warm 1-3 A e1", "emit 2-3 A e1"}));
}

TEST(TimelineModel, InProductionAKilledProcessEndedAfterItsLastEvent) {
  const std::string header =
      R"({"schema":"arbees.events","schema_version":1,"clock":"wall","program":"p","build":"b"})";
  const EventFile file = story({event(1, 1, "A", "shard_started", R"("shard":"A")"),
                                game_event(2, 2, "A", "game_unfenced", 1),
                                event(3, 4, "A", "heartbeat_sent", R"("shard":"A")"),
                                event(4, 9, "A", "shard_started", R"("shard":"A")"),
                                event(5, 10, "A", "heartbeat_sent", R"("shard":"A")")},
                               header);
  EXPECT_EQ(bands(file, "A", "process"),
            (Texts{"running 1-4 running", "down 4-9 ended unseen", "running 9-10 running"}));
  EXPECT_EQ(bands(file, "games", "game"), (Texts{"emit 2-4 A e1"}));
}

TEST(TimelineModel, PairsFaultsWithTheirOwnHealing) {
  const EventFile file = story({
      event(1, 1, "world", "fault_started", R"("fault":"latency","target":"A")"),
      event(2, 2, "world", "fault_started", R"("fault":"latency","target":"A")"),
      event(3, 3, "world", "fault_healed", R"("fault":"latency","target":"A")", 2),
      event(4, 7, "world", "fault_healed", R"("fault":"latency","target":"A")", 1),
      event(5, 9, "world", "end", ""),
  });
  EXPECT_EQ(bands(file, "faults", "fault"), (Texts{"fault 1-7 latency A", "fault 2-3 latency A"}));
}

TEST(TimelineModel, OrdersNamesAsPeopleDo) {
  EXPECT_TRUE(natural_less("shard-2", "shard-10"));
  EXPECT_FALSE(natural_less("shard-10", "shard-2"));
  EXPECT_TRUE(natural_less("a", "b"));
  EXPECT_TRUE(natural_less("a", "a1"));
  EXPECT_FALSE(natural_less("x", "x"));
  EXPECT_NE(natural_less("a01", "a1"), natural_less("a1", "a01"));
}

TEST(TimelinePage, HoldsItsEventsAsDataThatCannotEndItsElement) {
  const EventFile file =
      story({event(1, 1, "n", "e", R"("detail":"</script><script>alert(1)</script><!--")")});
  const std::string page = page_of(file);
  const std::size_t data_at = page.find("id=\"data\">") + 10;
  const std::string data = page.substr(data_at, page.find("</script>", data_at) - data_at);
  const auto parsed = nlohmann::json::parse(data, nullptr, false);
  ASSERT_FALSE(parsed.is_discarded());
  EXPECT_EQ(parsed["events"][0]["fields"]["detail"], "</script><script>alert(1)</script><!--");
  EXPECT_EQ(data.find('<'), std::string::npos);
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(page.find("http:"), std::string::npos);
  EXPECT_EQ(page.find("https:"), std::string::npos);
}

TEST(TimelinePage, KeepsWallTimesExact) {
  const std::string header =
      R"({"schema":"arbees.events","schema_version":1,"clock":"wall","program":"p","build":"b"})";
  const EventFile file = story({R"({"id":1,"t_ns":1795400000123456789,"node":"n","event":"e"})",
                                R"({"id":2,"t_ns":1795400000123456790,"node":"n","event":"e"})"},
                               header);
  const std::string page = page_of(file);
  EXPECT_NE(page.find(R"("from_ns":"1795400000123456789")"), std::string::npos);
  EXPECT_NE(page.find(R"({"id":2,"t_ns":1,)"), std::string::npos);
}

TEST(TimelinePage, IsNotConfusedByItsOwnMarksInTexts) {
  const std::string page = page_of(story({event(1, 1, "@SCRIPT@", "@DATA@", "")}));
  EXPECT_NE(page.find("\"node\":\"@SCRIPT@\""), std::string::npos);
}

TEST(TextGrid, HasOneLineForEachChangeAndTheViolationsAmongThem) {
  EventFile file = story({
      event(1, 1.5, "shard-1", "link_ready", R"("role":"subscriber","boot":5)"),
      event(2, 2, "shard-1", "heartbeat_sent", R"("shard":"shard-1")"),
      event(3, 12.25, "orchestrator", "shard_died",
            R"("games":["a","b","c","d","e"],"silent_ms":60000)"),
  });
  file.end.violations.push_back({"I1", 3'000'000'000, "two emit", EventId(1)});
  EXPECT_EQ(written([&](std::ostream& out) { write_text_grid(out, file, {}); }),
            " 1.500000  #1  shard-1         link_ready role=subscriber\n"
            " 3.000000  VIOLATION I1: two emit (event #1)\n"
            "12.250000  #3  orchestrator    shard_died games=(5) silent=60s\n");
}

TEST(TextGrid, CannotBeBrokenByTextsAndKeepsToItsWidth) {
  const EventFile file = story(
      {event(1, 1, "n\\u001b[31m", "e", R"("d":"one\ntwo é )" + std::string(300, 'x') + "\"")});
  const std::string text =
      written([&](std::ostream& out) { write_text_grid(out, file, {.width = 80}); });
  EXPECT_EQ(text.size(), 81U);
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_NE(text.find(R"(n\x1b[31m)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(one\ntwo \u00e9 xxx)"), std::string::npos) << text;
}

TEST(TextGrid, ColoursOnlyWhenAsked) {
  const EventFile file =
      story({R"({"id":1,"t_ns":1,"node":"n","event":"e","severity":"critical"})"});
  const auto grid = [&](bool colour) {
    return written([&](std::ostream& out) { write_text_grid(out, file, {.colour = colour}); });
  };
  EXPECT_EQ(grid(false).find('\x1b'), std::string::npos);
  EXPECT_NE(grid(true).find("\x1b[31m"), std::string::npos);
}

TEST(Picture, IsTheSameForTheSameFileAndHoldsNoMarkupFromIt) {
  EventFile file =
      story({event(1, 1, "<b>&\\\"", "link_ready", R"("role":"x")"), event(2, 2, "n", "e", "")});
  file.header.more.emplace_back("title", "a <script> & more");
  const auto picture = [&] {
    return written([&](std::ostream& out) { write_picture(out, file); });
  };
  const std::string svg = picture();
  EXPECT_EQ(svg, picture());
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_NE(svg.find("a &lt;script&gt; &amp; more"), std::string::npos);
  EXPECT_NE(svg.find("&lt;b&gt;&amp;&quot;"), std::string::npos);
}

TEST(Picture, IsDrawnForAFileWithoutEvents) {
  const EventFile file = story({});
  EXPECT_TRUE(written([&](std::ostream& out) { write_picture(out, file); }).ends_with("</svg>\n"));
  EXPECT_FALSE(page_of(file).empty());
}

// The files stay: tests/report/page_test opens the page in a browser.
TEST(ReportFiles, AreWrittenAndNamed) {
  const auto base = std::filesystem::path(ARBEES_BIN_DIR) / "../report-sample/sample";
  const std::filesystem::path sample =
      std::string(ARBEES_SOURCE_DIR) + "/tests/report/sample.events.jsonl";
  const auto file = read_event_files(std::vector{sample});
  ASSERT_TRUE(file) << file.error();
  const auto made = write_report_files(base, *file);
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(made->page.filename(), "sample.html");
  EXPECT_GT(std::filesystem::file_size(made->page), 50'000U);
  EXPECT_GT(std::filesystem::file_size(made->picture), 1'000U);
  EXPECT_GT(std::filesystem::file_size(made->text), 1'000U);
}

TEST(ReportFiles, SayWhichFileCannotBeReadOrWritten) {
  const auto file = read_event_files(std::vector<std::filesystem::path>{"/nowhere/run.jsonl"});
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().find("/nowhere/run.jsonl"), std::string::npos);
  EXPECT_FALSE(write_report_files("/dev/null/folder", EventFile()).has_value());
}

}  // namespace
}  // namespace arbees::sim
