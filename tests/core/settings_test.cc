#include "core/settings/settings.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/settings/decimal.h"
#include "core/settings/nearest_word.h"
#include "core/settings/redis_url.h"

namespace arbees {
namespace {

using std::chrono::nanoseconds;
using Values = std::map<std::string, std::string>;
using Problem = SettingProblem;

SettingsReading<OrchestratorSettings> read_orchestrator(Values values) {
  const SettingSource source{"environment", std::move(values)};
  return read_orchestrator_settings({&source, 1});
}

SettingsReading<ShardSettings> read_shard(Values values) {
  const SettingSource source{"environment", std::move(values)};
  return read_shard_settings({&source, 1});
}

std::vector<std::string> texts(const std::vector<Problem>& problems, Problem::Severity severity) {
  std::vector<std::string> out;
  for (const Problem& problem : problems) {
    if (problem.severity == severity) {
      out.push_back(problem.text);
    }
  }
  return out;
}

std::vector<std::string> errors(const std::vector<Problem>& problems) {
  return texts(problems, Problem::Severity::error);
}

std::vector<std::string> warnings(const std::vector<Problem>& problems) {
  return texts(problems, Problem::Severity::warning);
}

const Values as_analysed{{"REDIS_RECONNECT_MAX_FAILURES", "0"},
                         {"OUTBOX_MESSAGES", "0"},
                         {"RESEND_LIMIT", "0"},
                         {"FAILOVER_GAMES_PER_SEC", "0"},
                         {"SHARD_LEASE_SECS", "0"},
                         {"SHARD_LEASE_MODE", "off"},
                         {"UNANSWERED_REPEAT_SECS", "0"},
                         {"CANARY_PERIOD_SECS", "0"},
                         {"WARM_UP_MIN_SECS", "0"},
                         {"WARM_UP_MAX_SECS", "0"},
                         {"DEATH_CHECK_GRID_SECS", "15"}};

TEST(Decimal, ReadsSecondsExactly) {
  EXPECT_EQ(parse_decimal("0.5", seconds{1}), nanoseconds{500'000'000});
  EXPECT_EQ(parse_decimal("60", seconds{1}), seconds{60});
  EXPECT_EQ(parse_decimal("0.1", seconds{1}), milliseconds{100});
  EXPECT_EQ(parse_decimal("1.000000001", seconds{1}), nanoseconds{1'000'000'001});
  EXPECT_EQ(parse_decimal("1.0000000010", seconds{1}), nanoseconds{1'000'000'001});
  EXPECT_EQ(parse_decimal("0.000001", milliseconds{1}), nanoseconds{1});
  EXPECT_EQ(parse_decimal("9223372036.854775807", seconds{1}), Duration::max());
}

TEST(Decimal, RefusesEverythingElse) {
  for (const char* text :
       {"", " 1", "1 ", "+1", "-1", "1.", ".5", "1e3", "1s", "0x10", "1,5", "1.5.5", "0.0000000001",
        "9223372036.854775808", "99999999999999999999"}) {
    EXPECT_EQ(parse_decimal(text, seconds{1}), std::nullopt) << text;
  }
}

TEST(Decimal, WritesWhatItReads) {
  for (const char* text : {"0", "60", "0.5", "47.452261307", "0.000000001"}) {
    EXPECT_EQ(decimal_text(*parse_decimal(text, seconds{1}), seconds{1}), text);
  }
}

TEST(NearestWord, FindsTypingErrorsAndNothingFarAway) {
  const std::string_view words[] = {"SHARD_TIMEOUT_SECS", "SHARD_LEASE_SECS", "MAX_GAMES"};
  EXPECT_EQ(nearest_word("SHARD_TIMEOUT_SEC", words), "SHARD_TIMEOUT_SECS");
  EXPECT_EQ(nearest_word("shard_timeout_secs", words), "SHARD_TIMEOUT_SECS");
  EXPECT_EQ(nearest_word("SHRAD_LEASE_SECS", words), "SHARD_LEASE_SECS");
  EXPECT_EQ(nearest_word("MAXGAMES", words), "MAX_GAMES");
  EXPECT_EQ(nearest_word("PATH", words), "");
  EXPECT_EQ(nearest_word("", words), "");
  EXPECT_EQ(nearest_word(std::string(100'000, 'A'), words), "");
}

TEST(OrchestratorSettings, LeaseOutIsTheLeaseStretchedByTheDriftRoundedUp) {
  OrchestratorSettings settings;
  // 45 · 1.005 / 0.995 + 2 = 47.4522613065326…
  EXPECT_EQ(settings.lease_out(), nanoseconds{47'452'261'307});
  settings.clock_drift_ppm = 0;
  EXPECT_EQ(settings.lease_out(), seconds{47});
  settings.lease = Duration{};
  EXPECT_EQ(settings.lease_out(), Duration{});
}

TEST(OrchestratorSettings, LeaseOutDoesNotOverflow) {
  OrchestratorSettings settings;
  settings.lease = seconds{86'400};
  settings.clock_drift_ppm = 100'000;
  EXPECT_EQ(settings.lease_out(), seconds{105'600} + settings.lease_margin);
}

TEST(Settings, DefaultsAreUsableWithoutAWarning) {
  const auto orchestrator = read_orchestrator({});
  EXPECT_TRUE(orchestrator.usable());
  EXPECT_TRUE(orchestrator.problems.empty()) << orchestrator.problems.front().text;
  const auto shard = read_shard({});
  EXPECT_TRUE(shard.problems.empty());
  EXPECT_TRUE(check_fleet(orchestrator.settings, shard.settings).empty());
  EXPECT_EQ(orchestrator.settings.redis.endpoint.host, "localhost");
  EXPECT_EQ(orchestrator.settings.redis.endpoint.port, 6379);
}

TEST(Settings, HeartbeatsEveryFiveSecondsNeedNothingElseToBeSet) {
  const Values values{{"HEARTBEAT_INTERVAL_SECS", "5"}};
  EXPECT_TRUE(read_orchestrator(values).problems.empty());
  EXPECT_TRUE(read_shard(values).problems.empty());
}

TEST(Settings, EveryRowReadsTheDefaultThatItShows) {
  for (const SettingInfo& info : setting_infos()) {
    const Values values{{info.name, info.initial}};
    if (info.orchestrator) {
      EXPECT_TRUE(read_orchestrator(values).usable()) << info.name << "=" << info.initial;
    }
    if (info.shard) {
      EXPECT_TRUE(read_shard(values).usable()) << info.name << "=" << info.initial;
    }
    EXPECT_FALSE(info.doc.empty()) << info.name;
    EXPECT_FALSE(info.range.empty()) << info.name;
  }
}

TEST(Settings, ValuesReachTheirMembers) {
  const auto orchestrator = read_orchestrator({{"SHARD_TIMEOUT_SECS", "75.5"},
                                               {"RESYNC_PAUSE_MS", "2.5"},
                                               {"RESEND_LIMIT", "7"},
                                               {"REDIS_RECONNECT_MAX_FAILURES", "unlimited"}});
  EXPECT_EQ(orchestrator.settings.shard_timeout, milliseconds{75'500});
  EXPECT_EQ(orchestrator.settings.resync_pause, std::chrono::microseconds{2'500});
  EXPECT_EQ(orchestrator.settings.resend_limit, 7U);
  EXPECT_EQ(orchestrator.settings.redis.reconnect_attempts, std::nullopt);
  const auto shard = read_shard({{"SHARD_ID", "shard-1"},
                                 {"MAX_GAMES", "0"},
                                 {"SHARD_LEASE_MODE", "stop"},
                                 {"REDIS_URL", "redis://user:p%40ss@[::1]:7000/3"}});
  EXPECT_EQ(shard.settings.id, ShardId("shard-1"));
  EXPECT_EQ(shard.settings.max_games, 0U);
  EXPECT_EQ(shard.settings.lease_mode, LeaseMode::stop);
  EXPECT_EQ(shard.settings.redis.endpoint, (Endpoint{Endpoint::Kind::tcp, "::1", 7000}));
  EXPECT_EQ(shard.settings.redis.username, "user");
  EXPECT_EQ(shard.settings.redis.password, "p@ss");
  EXPECT_EQ(shard.settings.redis.database, 3U);
}

TEST(Settings, EveryBadValueIsNamedWithWhatIsExpected) {
  const auto read = read_orchestrator({{"SHARD_TIMEOUT_SECS", "sixty"},
                                       {"RESYNC_BATCH_GAMES", "0"},
                                       {"RESEND_LIMIT", "-1"},
                                       {"STALL_SECS", "2s"}});
  EXPECT_FALSE(read.usable());
  EXPECT_EQ(
      errors(read.problems),
      (std::vector<std::string>{
          "SHARD_TIMEOUT_SECS is \"sixty\" (from environment): expected seconds from 0.1 to "
          "86400, such as 5 or 0.5",
          "STALL_SECS is \"2s\" (from environment): expected seconds from 0.1 to 3600, such as 5 "
          "or 0.5",
          "RESEND_LIMIT is \"-1\" (from environment): expected a whole number from 0 to 1000000, "
          "or unlimited",
          "RESYNC_BATCH_GAMES is \"0\" (from environment): expected a whole number from 1 to "
          "100000"}));
}

TEST(Settings, AMistypedWordGetsTheNearestOne) {
  EXPECT_EQ(
      errors(read_shard({{"SHARD_LEASE_MODE", "supress"}}).problems),
      (std::vector<std::string>{
          "SHARD_LEASE_MODE is \"supress\" (from environment): expected off, suppress or stop; did "
          "you mean \"suppress\"?"}));
}

TEST(Settings, ForeignNamesInAnEnvironmentAreNoProblem) {
  EXPECT_TRUE(read_orchestrator({{"PATH", "/bin"}, {"SHARD_TIMEOUT_SEC", "1"}}).problems.empty());
}

TEST(Settings, AnUnknownNameThatAPersonWroteGetsTheNearestOne) {
  EXPECT_EQ(unknown_setting("SHARD_TIMEOUT_SECS"), std::nullopt);
  EXPECT_EQ(unknown_setting("SHARD_TIMEOUT_SEC")->text,
            "\"SHARD_TIMEOUT_SEC\" is not a setting; did you mean \"SHARD_TIMEOUT_SECS\"?");
  EXPECT_EQ(unknown_setting("FOO")->text,
            "\"FOO\" is not a setting; `arbees-chaos list settings` names them all");
}

TEST(Settings, ALaterSourceWinsAndIsNamedAsTheOrigin) {
  const SettingSource sources[] = {{"file", {{"MAX_GAMES", "7"}, {"SHARD_ID", "a"}}},
                                   {"environment", {{"MAX_GAMES", "9"}}}};
  const auto read = read_shard_settings(sources);
  EXPECT_EQ(read.settings.max_games, 9U);
  for (const SettingLine& line : read.lines) {
    if (line.name == "MAX_GAMES") {
      EXPECT_EQ(line.origin, "environment");
      EXPECT_EQ(line.value, "9");
    }
    if (line.name == "SHARD_ID") {
      EXPECT_EQ(line.origin, "file");
    }
    if (line.name == "SHARD_TYPE") {
      EXPECT_EQ(line.origin, "default");
    }
  }
}

TEST(Settings, APasswordIsNeverShown) {
  for (const char* url : {"redis://user:hunter2@host:6379", "redis://:hunter2@host/nope",
                          "rediss://:hunter2@host", "redis://:hun/ter2:hunter2@host:port",
                          "hunter2@host", "redis://:hunter2%zz@host", "unix://:hunter2@relative"}) {
    const auto read = read_shard({{"REDIS_URL", url}});
    for (const SettingProblem& problem : read.problems) {
      EXPECT_EQ(problem.text.find("hunter2"), std::string::npos) << problem.text;
    }
    EXPECT_EQ(setting_table_text(read.lines).find("hunter2"), std::string::npos) << url;
  }
}

TEST(Settings, TlsTakesItsFilesFromTheSettings) {
  const auto read = read_shard({{"REDIS_URL", "rediss://:hunter2@host/1"},
                                {"REDIS_TLS_CA_FILE", "/etc/my authority.pem"},
                                {"REDIS_TLS_SERVER_NAME", "redis.example"},
                                {"REDIS_TLS_CERT_FILE", "/etc/own.pem"},
                                {"REDIS_TLS_KEY_FILE", "/etc/own.key"}});
  EXPECT_TRUE(read.problems.empty());
  EXPECT_EQ(read.settings.redis.endpoint.tls,
            (Tls{"redis.example", "/etc/my authority.pem", "/etc/own.pem", "/etc/own.key"}));
  EXPECT_EQ(redis_url_text(read.settings.redis), "rediss://:***@host:6379/1");
  EXPECT_EQ(read_shard({{"REDIS_URL", "rediss://host"}}).settings.redis.endpoint.tls, Tls{});
  EXPECT_EQ(read_shard({{"REDIS_URL", "redis://host"}}).settings.redis.endpoint.tls, std::nullopt);
}

TEST(Settings, ACertificateWithoutItsKeyIsRefusedAndTlsThatIsNotUsedIsAWarning) {
  for (const char* alone : {"REDIS_TLS_CERT_FILE", "REDIS_TLS_KEY_FILE"}) {
    const auto read = read_shard({{"REDIS_URL", "rediss://host"}, {alone, "/file"}});
    EXPECT_EQ(errors(read.problems),
              (std::vector<std::string>{"a certificate is of use only with its key: set both "
                                        "REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE, or neither"}))
        << alone;
  }
  const auto idle = read_shard({{"REDIS_URL", "redis://host"}, {"REDIS_TLS_CA_FILE", "/file"}});
  EXPECT_TRUE(idle.usable());
  EXPECT_EQ(warnings(idle.problems).size(), 1U);
  EXPECT_FALSE(read_shard({{"REDIS_TLS_CA_FILE", "/a\nb"}}).usable());
}

TEST(RedisUrl, ReadsEveryForm) {
  redis::BusSettings bus;
  ASSERT_TRUE(parse_redis_url("redis://redis", bus));
  EXPECT_EQ(bus.endpoint, (Endpoint{Endpoint::Kind::tcp, "redis", 6379}));
  ASSERT_TRUE(parse_redis_url("redis://:secret@10.0.0.1:7000/15", bus));
  EXPECT_EQ(bus.password, "secret");
  EXPECT_EQ(bus.username, "");
  EXPECT_EQ(bus.database, 15U);
  EXPECT_EQ(redis_url_text(bus), "redis://:***@10.0.0.1:7000/15");
  ASSERT_TRUE(parse_redis_url("unix:///run/redis.sock?db=2", bus));
  EXPECT_EQ(bus.endpoint, (Endpoint{Endpoint::Kind::unix_socket, "/run/redis.sock", 0}));
  EXPECT_EQ(bus.database, 2U);
  EXPECT_EQ(bus.password, "");
  EXPECT_EQ(redis_url_text(bus), "unix:///run/redis.sock?db=2");
}

TEST(RedisUrl, ReadsSentinels) {
  redis::BusSettings bus;
  ASSERT_TRUE(parse_redis_url("redis-sentinel://s1", bus).has_value() == false);
  ASSERT_TRUE(parse_redis_url("redis-sentinel://app:secret@s1,[::1]:7000,s3:26380/arbees/3", bus));
  EXPECT_EQ(bus.sentinel.sentinels, (std::vector<Endpoint>{{Endpoint::Kind::tcp, "s1", 26379},
                                                           {Endpoint::Kind::tcp, "::1", 7000},
                                                           {Endpoint::Kind::tcp, "s3", 26380}}));
  EXPECT_EQ(bus.sentinel.master, "arbees");
  EXPECT_EQ(bus.username, "app");
  EXPECT_EQ(bus.password, "secret");
  EXPECT_EQ(bus.sentinel.password, "") << "the server's password is not the sentinels'";
  EXPECT_EQ(bus.database, 3U);
  EXPECT_EQ(redis_url_text(bus), "redis-sentinel://app:***@s1:26379,[::1]:7000,s3:26380/arbees/3");
  ASSERT_TRUE(parse_redis_url("redis://host", bus));
  EXPECT_FALSE(bus.sentinel.in_use());
}

TEST(Settings, ThePasswordOfTheSentinelsIsNeverShown) {
  for (const char* password : {"hunter2", "hunter2 with a space"}) {
    const auto read = read_shard({{"REDIS_SENTINEL_PASSWORD", password}});
    for (const SettingProblem& problem : read.problems) {
      EXPECT_EQ(problem.text.find("hunter2"), std::string::npos) << problem.text;
    }
    EXPECT_EQ(setting_table_text(read.lines).find("hunter2"), std::string::npos);
  }
}

TEST(RedisUrl, RefusesWhatItCannotMean) {
  for (const char* url : {"",
                          "localhost:6379",
                          "http://host",
                          "redis://",
                          "redis://host:0",
                          "redis://host:65536",
                          "redis://host:",
                          "redis://host/abc",
                          "redis://[::1",
                          "redis://[::1]6379",
                          "redis://user@host",
                          "unix://relative",
                          "unix:///s?x=1",
                          "redis://:a%zz@host",
                          "redis://host/65536",
                          "redis-sentinel://s1",
                          "redis-sentinel://s1/",
                          "redis-sentinel://s1,/arbees",
                          "redis-sentinel:///arbees",
                          "redis-sentinel://s1:0/arbees",
                          "redis-sentinel://s1/arbees/x",
                          "redis-sentinel://s1/two%20words"}) {
    redis::BusSettings bus;
    EXPECT_FALSE(parse_redis_url(url, bus)) << url;
  }
}

TEST(Relations, ALeaseThatOutlastsTheTimeoutIsRefusedWithBothSides) {
  const auto read = read_orchestrator({{"SHARD_TIMEOUT_SECS", "50"}, {"WARM_UP_MAX_SECS", "50"}});
  EXPECT_EQ(errors(read.problems),
            (std::vector<std::string>{
                "SHARD_LEASE_SECS with drift and margin + 5 = 52.452261307 s must be at most "
                "SHARD_TIMEOUT_SECS = 50 s: the games of a dead shard could not move when it is "
                "declared dead"}));
}

TEST(Relations, AShorterLeaseThatOnlyCostsComfortIsAWarning) {
  const auto read = read_orchestrator({{"SHARD_LEASE_SECS", "41"}});
  EXPECT_TRUE(read.usable());
  EXPECT_EQ(warnings(read.problems).size(), 1U);
}

// Relation 11: worst case of everything else at the defaults, 4 + 60 + 60 + 24 + 60 + 5 + 8 s.
TEST(Relations, ABreakerThatDelaysLongerThanAnythingElseIsAWarning) {
  EXPECT_TRUE(read_orchestrator({{"ASSIGNMENT_CIRCUIT_MAX_OPEN_SECS", "221"}}).problems.empty());
  const auto read = read_orchestrator({{"ASSIGNMENT_CIRCUIT_MAX_OPEN_SECS", "222"}});
  EXPECT_TRUE(read.usable());
  EXPECT_EQ(warnings(read.problems).size(), 1U);
}

TEST(Relations, EachOfThemCanFail) {
  const std::vector<Values> bad{
      {{"HEARTBEAT_INTERVAL_SECS", "21"}},
      {{"STALL_SECS", "5"}},
      {{"CANARY_TIMEOUT_SECS", "19"}},
      {{"REDIS_RECONNECT_MAX_DELAY_MS", "18000"}},
      {{"REDIS_READ_SILENCE_SECS", "5"}},
      {{"REDIS_RECONNECT_BASE_DELAY_MS", "3001"}},
      {{"SHARD_LEASE_SECS", "40"}},
      {{"WARM_UP_MAX_SECS", "47"}},
      {{"WARM_UP_MAX_SECS", "61"}},
      {{"WARM_UP_MIN_SECS", "61"}},
      {{"RESEND_FIRST_SECS", "9"}},
      {{"ASSIGNMENT_CIRCUIT_HALF_OPEN_TIMEOUT_SECS", "121"}},
      {{"REDIS_PING_INTERVAL_SECS", "9.9"},
       {"REDIS_READ_SILENCE_SECS", "21"},
       {"REDIS_REPLY_DEADLINE_SECS", "12"}},
  };
  for (const Values& values : bad) {
    EXPECT_FALSE(read_orchestrator(values).usable()) << values.begin()->first;
  }
}

TEST(Relations, ThoseBetweenProcessesAreCheckedWhereBothAreKnown) {
  OrchestratorSettings orchestrator;
  ShardSettings shard;
  shard.tombstone_life = orchestrator.lease;
  EXPECT_EQ(errors(check_fleet(orchestrator, shard)).size(), 1U);
  shard = {};
  shard.heartbeat_interval = seconds{21};
  EXPECT_EQ(errors(check_fleet(orchestrator, shard)).size(), 1U);
  shard = {};
  shard.max_games = 190;
  EXPECT_TRUE(check_fleet(orchestrator, shard).empty()) << "the promise of 10 s holds to 190 games";
  shard.max_games = 191;
  EXPECT_EQ(warnings(check_fleet(orchestrator, shard)).size(), 1U);
}

TEST(Relations, TheSystemAsAnalysedRunsWithAWarningForEachProtectionItLacks) {
  const auto orchestrator = read_orchestrator(as_analysed);
  EXPECT_TRUE(orchestrator.usable()) << errors(orchestrator.problems).front();
  EXPECT_EQ(warnings(orchestrator.problems).size(), 8U);
  const auto shard = read_shard(as_analysed);
  EXPECT_TRUE(shard.usable());
  EXPECT_EQ(
      warnings(shard.problems),
      (std::vector<std::string>{
          "REDIS_RECONNECT_MAX_FAILURES=0: a Redis that is away for longer than these attempts "
          "leaves the program cut off for ever",
          "OUTBOX_MESSAGES=0: what is published while Redis is away is lost at once",
          "UNANSWERED_REPEAT_SECS=0: one lost heartbeat or grant costs a whole period of the lease",
          "SHARD_LEASE_MODE=off: a shard that is cut off goes on emitting for games that have "
          "moved"}));
  EXPECT_TRUE(errors(check_fleet(orchestrator.settings, shard.settings)).empty());
}

}  // namespace
}  // namespace arbees
