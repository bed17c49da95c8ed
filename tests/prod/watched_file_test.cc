#include "prod/games/watched_file.h"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "prod/asio/boot_clock.h"
#include "tests/prod/loop_fixture.h"
#include "tests/prod/temp_folder.h"

namespace arbees::prod {
namespace {

class WatchedFileTest : public LoopFixture {
 protected:
  TempFolder folder_;
  std::string path_ = folder_.file("games.json");
  BootClock clock_{loop_.io()};
  std::vector<std::string> contents_;
  std::vector<std::string> problems_;
  WatchedFile file_{path_, clock_, [this](std::string_view text) { contents_.emplace_back(text); },
                    [this](std::string_view problem) { problems_.emplace_back(problem); }};
};

TEST_F(WatchedFileTest, TellsEachNewContentOnce) {
  write_text(path_, "first");
  file_.look();
  write_text(path_, "second");
  file_.look();
  file_.look();
  write_text(path_, "");
  file_.look();
  EXPECT_EQ(contents_, (std::vector<std::string>{"first", "second", ""}));
}

TEST_F(WatchedFileTest, SeesAFileThatWasMovedInPlaceOfTheOld) {
  write_text(path_, "first");
  file_.look();
  write_text(folder_.file("new"), "moved");
  std::filesystem::rename(folder_.file("new"), path_);
  file_.look();
  EXPECT_EQ(contents_, (std::vector<std::string>{"first", "moved"}));
}

TEST_F(WatchedFileTest, TellsAProblemOnceAndGoesOnWhenItIsOver) {
  file_.look();
  file_.look();
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_NE(problems_[0].find(path_ + " cannot be read: No such file"), std::string::npos)
      << problems_[0];
  write_text(path_, "back");
  file_.look();
  EXPECT_EQ(contents_, std::vector<std::string>{"back"});
  std::remove(path_.c_str());
  file_.look();
  EXPECT_EQ(problems_.size(), 2U);
}

TEST_F(WatchedFileTest, LooksByItself) {
  ASSERT_TRUE(run_until([&] { return !problems_.empty(); }));
  write_text(path_, "by itself");
  ASSERT_TRUE(run_until([&] { return !contents_.empty(); }));
}

TEST(ReadWholeFile, RefusesWhatIsNoFileOrTooLarge) {
  const TempFolder folder;
  const auto directory = read_whole_file(folder.file("."), 100);
  ASSERT_FALSE(directory.has_value());
  EXPECT_NE(directory.error().find("not a regular file"), std::string::npos) << directory.error();

  write_text(folder.file("large"), std::string(101, 'x'));
  const auto large = read_whole_file(folder.file("large"), 100);
  ASSERT_FALSE(large.has_value());
  EXPECT_NE(large.error().find("more than 100 bytes"), std::string::npos) << large.error();
}

}  // namespace
}  // namespace arbees::prod
