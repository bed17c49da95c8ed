#include "prod/program_options.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/build_id.h"
#include "tests/prod/temp_folder.h"
#include "tests/support/certificates.h"

namespace arbees::prod {
namespace {

struct Outcome {
  CommandLine line;
  std::string out;
  std::string err;
};

Outcome parse(std::vector<const char*> arguments,
              std::map<std::string, std::string> environment = {}) {
  const ProgramText text{.name = "arbees-test",
                         .purpose = "Tests.",
                         .examples = "  arbees-test --events out.jsonl\n",
                         .takes_games = true,
                         .settings = read_shard_settings({}).lines};
  arguments.insert(arguments.begin(), "arbees-test");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome{parse_command_line(static_cast<int>(arguments.size()), arguments.data(), text,
                                     std::move(environment)),
                  {},
                  {}};
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.err = ::testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(ProgramOptions, AreQuietByDefault) {
  const Outcome outcome = parse({}, {{"SHARD_ID", "s7"}});
  EXPECT_FALSE(outcome.line.exit_code.has_value());
  EXPECT_EQ(outcome.line.options.log_level, Severity::info);
  EXPECT_TRUE(outcome.line.options.events_file.empty());
  const auto reading = read_shard_settings(outcome.line.options.settings);
  EXPECT_EQ(reading.settings.id, ShardId("s7"));
}

TEST(ProgramOptions, SetWinsOverTheEnvironment) {
  const Outcome outcome =
      parse({"--set", "SHARD_ID=flag", "--set", "MAX_GAMES=3"}, {{"SHARD_ID", "environment"}});
  ASSERT_FALSE(outcome.line.exit_code.has_value()) << outcome.err;
  const auto reading = read_shard_settings(outcome.line.options.settings);
  EXPECT_EQ(reading.settings.id, ShardId("flag"));
  EXPECT_EQ(reading.settings.max_games, 3U);
}

TEST(ProgramOptions, TakeFilesAndALevel) {
  const Outcome outcome =
      parse({"--events", "e.jsonl", "--games", "g.json", "--log-level", "debug", "--check-config"});
  ASSERT_FALSE(outcome.line.exit_code.has_value()) << outcome.err;
  EXPECT_EQ(outcome.line.options.events_file, "e.jsonl");
  EXPECT_EQ(outcome.line.options.games_file, "g.json");
  EXPECT_EQ(outcome.line.options.log_level, Severity::debug);
  EXPECT_TRUE(outcome.line.options.check_config);
}

TEST(ProgramOptions, HelpShowsExamplesSettingsAndExitCodes) {
  const Outcome outcome = parse({"--help"});
  EXPECT_EQ(outcome.line.exit_code, 0);
  for (const char* part :
       {"Examples:", "arbees-test --events out.jsonl", "SHARD_ID", "Exit codes:"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " is not in\n" << outcome.out;
  }
  EXPECT_TRUE(outcome.err.empty());
}

TEST(ProgramOptions, VersionIsTheBuild) {
  const Outcome outcome = parse({"--version"});
  EXPECT_EQ(outcome.line.exit_code, 0);
  EXPECT_EQ(outcome.out, "arbees-test build " + std::string(build_id()) + "\n");
}

TEST(ProgramOptions, AWrongCommandLineEndsWith2AndSaysWhatIsWrong) {
  const Outcome unknown = parse({"--evnts", "x"});
  EXPECT_EQ(unknown.line.exit_code, 2);
  EXPECT_NE(unknown.err.find("--evnts"), std::string::npos) << unknown.err;
  EXPECT_NE(unknown.err.find("--help"), std::string::npos) << unknown.err;

  const Outcome level = parse({"--log-level", "loud"});
  EXPECT_EQ(level.line.exit_code, 2);
  EXPECT_NE(level.err.find("loud"), std::string::npos) << level.err;
  EXPECT_NE(level.err.find("warning"), std::string::npos) << level.err;

  const Outcome set = parse({"--set", "SHARD_ID"});
  EXPECT_EQ(set.line.exit_code, 2);
  EXPECT_NE(set.err.find("NAME=VALUE"), std::string::npos) << set.err;

  const Outcome name = parse({"--set", "SHARD_IDD=x"});
  EXPECT_EQ(name.line.exit_code, 2);
  EXPECT_NE(name.err.find("did you mean \"SHARD_ID\""), std::string::npos) << name.err;
}

TEST(CheckConfig, ShowsValuesWithTheirOriginAndHidesSecrets) {
  Outcome outcome = parse({"--check-config", "--set", "SHARD_ID=s1"},
                          {{"REDIS_URL", "redis://user:geheim@redis.example:6380/2"}});
  const auto reading = read_shard_settings(outcome.line.options.settings);
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const auto code = report_settings(outcome.line.options, reading.lines, reading.problems);
  const std::string out = ::testing::internal::GetCapturedStdout();
  const std::string err = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(out.find("geheim"), std::string::npos) << out;
  EXPECT_NE(out.find("redis.example:6380"), std::string::npos) << out;
  EXPECT_NE(out.find("--set"), std::string::npos) << out;
  EXPECT_NE(out.find("environment"), std::string::npos) << out;
  EXPECT_NE(out.find("default"), std::string::npos) << out;
}

TEST(CheckConfig, EndsWith2OnABadValueWithOrWithoutTheCheck) {
  for (const bool check : {true, false}) {
    const ProgramOptions options{.check_config = check,
                                 .settings = {{"environment", {{"MAX_GAMES", "many"}}}}};
    const auto reading = read_shard_settings(options.settings);
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const auto code = report_settings(options, reading.lines, reading.problems);
    EXPECT_EQ(::testing::internal::GetCapturedStdout().empty(), !check);
    const std::string err = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(code, 2);
    EXPECT_NE(err.find("MAX_GAMES is \"many\""), std::string::npos) << err;
  }
}

TEST(CheckConfig, SaysWhichFileOfTlsCannotBeUsed) {
  const TempFolder folder;
  arbees::testing::Authority authority(folder.file(""));
  const auto one = authority.issue("one", {"DNS:one"});
  const auto other = authority.issue("other", {"DNS:other"});
  write_text(folder.file("nonsense"), "no certificate");
  const auto problem = [](Tls tls) {
    redis::BusSettings redis;
    redis.endpoint.tls = std::move(tls);
    const auto problems = problems_of_tls(redis);
    return problems.empty() ? std::string() : problems.front().text;
  };
  using ::testing::HasSubstr;
  EXPECT_EQ(problem({}), "");
  EXPECT_EQ(problem({.ca_file = authority.file(), .cert_file = one.cert, .key_file = one.key}), "");
  EXPECT_THAT(problem({.ca_file = "/not/there"}), HasSubstr("/not/there: No such file"));
  EXPECT_THAT(problem({.ca_file = folder.file("nonsense")}), HasSubstr("expected PEM"));
  EXPECT_THAT(problem({.cert_file = "/not/there", .key_file = one.key}),
              HasSubstr("the certificate /not/there: No such file"));
  EXPECT_THAT(problem({.cert_file = one.cert, .key_file = folder.file("nonsense")}),
              HasSubstr("nonsense: expected PEM"));
  EXPECT_THAT(problem({.cert_file = one.cert, .key_file = other.key}),
              HasSubstr("is not that of the certificate"));
  EXPECT_TRUE(problems_of_tls({}).empty());
}

TEST(CheckConfig, LetsAGoodConfigurationStart) {
  const ProgramOptions options;
  const auto reading = read_shard_settings({});
  EXPECT_EQ(report_settings(options, reading.lines, reading.problems), std::nullopt);
}

}  // namespace
}  // namespace arbees::prod
