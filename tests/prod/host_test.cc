#include "prod/host.h"

#include <csignal>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/base/assert.h"
#include "tests/prod/temp_folder.h"
#include "tests/prod/test_events.h"

namespace arbees::prod {
namespace {

class TestProgram final : public Program {
 public:
  void start() override { started(); }
  void terminate() override { terminated(); }

  std::function<void()> started = [] {};
  std::function<void()> terminated = [] {};
};

class HostTest : public ::testing::Test {
 protected:
  HostTest() {
    auto host = Host::create({.program = "arbees-test",
                              .node = NodeName("node-1"),
                              .events_file = events_,
                              .log_level = Severity::critical});
    EXPECT_TRUE(host.has_value()) << host.error();
    host_ = *std::move(host);
  }

  std::vector<nlohmann::json> events() {
    std::vector<nlohmann::json> all;
    std::istringstream in(read_text(events_));
    std::string line;
    std::getline(in, line);  // the header
    while (std::getline(in, line))
      all.push_back(nlohmann::json::parse(line));
    return all;
  }

  TempFolder folder_;
  std::string events_ = folder_.file("events.jsonl");
  std::unique_ptr<Host> host_;
  TestProgram program_;
};

TEST_F(HostTest, RunsAProgramFromItsStartToItsExit) {
  program_.started = [&] {
    host_->ports().events.record(NothingMuch{}, EventId{});
    host_->ports().process.exit(ExitCode::superseded, "another one is here");
  };
  EXPECT_EQ(host_->run(program_), 75);
  const auto all = events();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0]["event"], "process_started");
  EXPECT_EQ(all[0]["node"], "node-1");
  EXPECT_EQ(all[0]["fields"]["program"], "arbees-test");
  EXPECT_TRUE(all[0]["fields"].contains("entropy_seed"));
  EXPECT_EQ(all[1]["event"], "nothing_much");
  EXPECT_EQ(all[2]["event"], "process_ending");
  EXPECT_EQ(all[2]["fields"]["code"], 75);
  EXPECT_EQ(all[2]["fields"]["why"], "another one is here");
}

TEST_F(HostTest, AsksTheProgramToEndOnSigterm) {
  program_.started = [] { std::raise(SIGTERM); };
  program_.terminated = [&] { host_->ports().process.exit(ExitCode::ok, "asked to"); };
  EXPECT_EQ(host_->run(program_), 0);
  EXPECT_EQ(events()[1]["event"], "termination_asked");
  EXPECT_EQ(events()[1]["fields"]["signal"], "SIGTERM");
}

TEST_F(HostTest, GivesTimersAndAStoreThatIsNotDurable) {
  Ports& ports = host_->ports();
  EXPECT_FALSE(ports.store.durable());
  const auto timer =
      ports.clock.make_timer([&] { ports.process.exit(ExitCode::ok, "the timer fired"); });
  program_.started = [&] { timer->arm(ports.clock.now() + milliseconds{1}); };
  EXPECT_EQ(host_->run(program_), 0);
  EXPECT_EQ(events().back()["fields"]["why"], "the timer fired");
}

TEST_F(HostTest, AnExceptionThatLeavesAStepIsAnInternalError) {
  program_.started = [] { throw std::runtime_error("not caught"); };
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(host_->run(program_), 70);
  const std::string err = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(err.find("not caught"), std::string::npos) << err;
  EXPECT_NE(err.find("process_started"), std::string::npos) << err;
}

using HostDeathTest = HostTest;

TEST_F(HostDeathTest, AFailedAssertionOfTheCoreEndsWith70AndTheTail) {
  program_.started = [] { ensure(false, "what cannot be"); };
  EXPECT_EXIT((void)host_->run(program_), ::testing::ExitedWithCode(70),
              "what cannot be(.|\n)*process_started");
}

TEST_F(HostDeathTest, ASecondSignalEndsAProgramThatHangs) {
  program_.started = [] {
    std::raise(SIGINT);
    std::raise(SIGINT);
  };
  EXPECT_EXIT((void)host_->run(program_), ::testing::ExitedWithCode(130), "");
}

TEST_F(HostTest, SaysWhichEventFileCannotBeOpened) {
  const auto host =
      Host::create({.program = "p", .node = NodeName("n"), .events_file = "/no/such/x"});
  ASSERT_FALSE(host.has_value());
  EXPECT_NE(host.error().find("/no/such/x"), std::string::npos);
}

}  // namespace
}  // namespace arbees::prod
