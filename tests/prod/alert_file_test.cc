#include "prod/events/alert_file.h"

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/alerts/events.h"
#include "tests/prod/temp_folder.h"
#include "tests/prod/test_events.h"

namespace arbees::prod {
namespace {

using nlohmann::json;

const AlertRaised raised{.type = "SHARD_FENCED", .subject = "shard-1", .text = "no \"lease\"\n"};

class AlertFileTest : public ::testing::Test {
 protected:
  std::vector<json> lines(const std::string& path) {
    std::vector<json> all;
    std::istringstream in(read_text(path));
    for (std::string line; std::getline(in, line);)
      all.push_back(json::parse(line));
    return all;
  }

  TempFolder folder_;
  StandingClock clock_;
  std::string path_ = folder_.file("alerts.jsonl");
};

TEST_F(AlertFileTest, HasALineForEachThingThatHappensToAlertsAndNothingElse) {
  AlertFile file(path_);
  EventRecorder recorder(NodeName("shard-1"), clock_, EventIds(0), {&file});
  recorder.record(NothingMuch{}, EventId{});
  const EventId first = recorder.record(raised, EventId{});
  recorder.record(AlertResolved{.type = "SHARD_FENCED", .subject = "shard-1", .lasted = seconds{9}},
                  first);
  const auto all = lines(path_);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], json::parse(R"({"time":"2026-11-23T18:36:44.120000000+00:00","node":"shard-1",
      "event":"alert_raised","id":2,"type":"SHARD_FENCED","subject":"shard-1",
      "text":"no \"lease\"\n","level":"critical"})"));
  EXPECT_EQ(all[1]["event"], "alert_resolved");
  EXPECT_EQ(all[1]["cause"], 2);
  EXPECT_EQ(all[1]["lasted_ms"], 9'000);
}

TEST_F(AlertFileTest, GoesOnInANewFileAfterLogRotation) {
  AlertFile file(path_);
  EventRecorder recorder(NodeName("n"), clock_, EventIds(0), {&file});
  recorder.record(raised, EventId{});
  std::filesystem::rename(path_, folder_.file("alerts.jsonl.1"));
  recorder.record(raised, EventId{});
  EXPECT_EQ(lines(folder_.file("alerts.jsonl.1")).size(), 1U);
  EXPECT_EQ(lines(path_).size(), 1U);
}

TEST_F(AlertFileTest, AFolderThatComesBackIsUsedAgainAndSaysWhatWasLost) {
  const std::string folder = folder_.file("later");
  AlertFile file(folder + "/alerts.jsonl");
  EventRecorder recorder(NodeName("n"), clock_, EventIds(0), {&file});
  recorder.record(raised, EventId{});
  recorder.record(raised, EventId{});
  std::filesystem::create_directory(folder);
  recorder.record(raised, EventId{});
  recorder.record(raised, EventId{});
  const auto all = lines(folder + "/alerts.jsonl");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["lines_lost_before"], 2);
  EXPECT_FALSE(all[1].contains("lines_lost_before"));
}

TEST_F(AlertFileTest, AFullDiskStopsNothingAndIsSaidOnce) {
  ::testing::internal::CaptureStderr();
  AlertFile file("/dev/full");
  EventRecorder recorder(NodeName("n"), clock_, EventIds(0), {&file});
  recorder.record(raised, EventId{});
  recorder.record(raised, EventId{});
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("/dev/full: No space left on device"), std::string::npos) << said;
  EXPECT_EQ(said.find("alerts cannot"), said.rfind("alerts cannot"));
}

TEST_F(AlertFileTest, WithoutAPathThereIsNoFile) {
  ::testing::internal::CaptureStderr();
  AlertFile file("");
  EventRecorder recorder(NodeName("n"), clock_, EventIds(0), {&file});
  recorder.record(raised, EventId{});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace arbees::prod
