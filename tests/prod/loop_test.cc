#include "prod/asio/loop.h"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace arbees::prod {
namespace {

TEST(Loop, EndsAfterTheStepThatAsksForIt) {
  Loop loop;
  std::vector<std::string> done;
  loop.post([&] {
    loop.exit(ExitCode::superseded, "another one is here");
    done.emplace_back("rest of the step");
  });
  loop.post([&] { done.emplace_back("next step"); });

  EXPECT_EQ(loop.run(), ExitCode::superseded);
  EXPECT_EQ(done, std::vector<std::string>{"rest of the step"});
  EXPECT_EQ(loop.why(), "another one is here");
}

TEST(Loop, EndsForTheFirstReason) {
  Loop loop;
  loop.post([&] {
    loop.exit(ExitCode::usage, "first");
    loop.exit(ExitCode::ok, "second");
  });

  EXPECT_EQ(loop.run(), ExitCode::usage);
  EXPECT_EQ(loop.why(), "first");
}

TEST(Loop, WaitsWhileThereIsNothingToDo) {
  Loop loop;
  // Nothing is posted before the loop runs: it has to wait for the other thread.
  std::thread other([&] { loop.post([&] { loop.exit(ExitCode::ok, "posted from elsewhere"); }); });
  EXPECT_EQ(loop.run(), ExitCode::ok);
  other.join();
}

TEST(Loop, LetsAnExceptionOut) {
  Loop loop;
  loop.post([] { throw std::runtime_error("a step failed"); });
  EXPECT_THROW(loop.run(), std::runtime_error);
}

}  // namespace
}  // namespace arbees::prod
