// One real shard on a real redis-server that fails in each of the ways servers fail. It must go on running, use
// next to nothing meanwhile, say what is wrong, and come back by itself.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/prod/temp_folder.h"
#include "tests/real/outage.h"
#include "tests/real/real_fleet.h"
#include "tests/support/certificates.h"
#include "tests/support/stream_socket.h"

namespace arbees::real {
namespace {

namespace fs = std::filesystem;
using testing::Authority;
using testing::RealRedis;
using testing::StreamSocket;

constexpr Duration patience = seconds{40};
constexpr std::string_view heartbeats = "shard:s1:heartbeat";
constexpr std::string_view commands = "shard:s1:command";

/// A connection of an operator's, beside those under test.
class Operator {
 public:
  explicit Operator(const RealRedis& redis)
      : socket_(StreamSocket::connect_unix(redis.socket_path())) {}

  /// Sends an inline command; the first line of what it answers, or what is left of an earlier answer.
  std::string ask(const std::string& command) {
    socket_.send(command + "\r\n");
    return line();
  }
  std::string line() {
    while (unread_.find("\r\n") == std::string::npos) {
      const auto more = socket_.receive(patience);
      if (!more || more->empty()) {
        throw std::runtime_error("redis-server answers an operator with nothing");
      }
      unread_ += *more;
    }
    const std::size_t end = unread_.find("\r\n");
    std::string first = unread_.substr(0, end);
    unread_.erase(0, end + 2);
    return first;
  }

 private:
  StreamSocket socket_;
  std::string unread_;
};

class RealRedisFailure : public ::testing::Test {
 protected:
  void start_redis(std::vector<std::string> arguments = {}) {
    redis_ = std::make_unique<RealRedis>(std::move(arguments));
  }
  void start_shard(std::map<std::string, std::string> settings = {}) {
    settings.emplace("REDIS_URL", "redis://127.0.0.1:" + std::to_string(redis_->port()));
    settings.emplace("SHARD_ID", "s1");
    settings.emplace("REDIS_REFUSED_WAIT_SECS", "1");
    settings.emplace("HEARTBEAT_INTERVAL_SECS", "2");
    settings.emplace("ALERT_LOG_PATH", folder_.file("alerts.log"));
    shard_ = std::make_unique<Process>(Command{.program = fs::path(ARBEES_BIN_DIR) / "arbees-shard",
                                               .arguments = {"--events", folder_.file("s1.jsonl")},
                                               .environment = std::move(settings),
                                               .log = folder_.file("log")});
  }
  void start_ready_shard() {
    start_shard();
    wait_for(2, {.event = "link_ready"});
  }

  [[nodiscard]] std::size_t count(const Wanted& wanted) { return count(log_.events(), wanted); }
  void wait_for(std::size_t least, const Wanted& wanted) {
    const bool came = log_.wait(
        patience, [&](const sim::EventFile& events) { return count(events, wanted) >= least; });
    if (!came) {
      throw std::runtime_error("waited in vain for " + std::to_string(least) + " x " +
                               std::string(wanted.event) + "\n" +
                               prod::read_text(folder_.file("log")));
    }
  }
  [[nodiscard]] Outage outage() const { return Outage({{"shard", shard_.get()}}); }
  /// As many failed attempts as show that it neither gives up nor hurries.
  void wait_for_failures(std::size_t least, std::string_view reason) {
    const Wanted failure{.event = "link_attempt_failed", .fields = {{"reason", reason}}};
    wait_for(count(failure) + least, failure);
  }

  /// It runs, its subscription stands, and what it says is heard.
  void expect_service() {
    EXPECT_FALSE(shard_->ended());
    Operator listener(*redis_);
    listener.ask("SUBSCRIBE " + std::string(heartbeats));
    while (!listener.line().starts_with("{")) {
    }
    const std::size_t rejected = count({.event = "message_rejected"});
    Operator speaker(*redis_);
    EXPECT_EQ(speaker.ask("PUBLISH " + std::string(commands) + " x"), ":1");
    wait_for(rejected + 1, {.event = "message_rejected"});
  }

  RealRedis& redis() { return *redis_; }
  Process& shard() { return *shard_; }

  prod::TempFolder folder_;

 private:
  static std::size_t count(const sim::EventFile& events, const Wanted& wanted) {
    return static_cast<std::size_t>(std::ranges::count_if(
        events.events, [&](const sim::RecordedEvent& event) { return wanted.matches(event); }));
  }

  std::unique_ptr<RealRedis> redis_;
  EventLog log_{folder_.file("")};
  std::unique_ptr<Process> shard_;
};

TEST_F(RealRedisFailure, AFrozenServerIsNoticedAndTakenUpAgain) {
  start_redis();
  start_ready_shard();
  const Outage frozen = outage();
  redis().freeze();
  wait_for(2, {.event = "link_lost"});
  // The kernel still accepts for it.
  wait_for_failures(6, "handshake_late");
  frozen.end();
  redis().thaw();
  wait_for(4, {.event = "link_ready"});
  expect_service();
}

TEST_F(RealRedisFailure, EachConnectionThatIsKilledComesBackAlone) {
  start_redis();
  start_ready_shard();
  Operator person(redis());
  EXPECT_EQ(person.ask("CLIENT KILL TYPE pubsub"), ":1");
  wait_for(1, {.event = "link_lost", .fields = {{"role", "subscriber"}}});
  wait_for(2, {.event = "link_ready", .fields = {{"role", "subscriber"}}});
  EXPECT_EQ(count({.event = "link_lost", .fields = {{"role", "publisher"}}}), 0U);
  EXPECT_EQ(person.ask("CLIENT KILL TYPE normal SKIPME yes"), ":1");
  wait_for(1, {.event = "link_lost", .fields = {{"role", "publisher"}}});
  wait_for(2, {.event = "link_ready", .fields = {{"role", "publisher"}}});
  EXPECT_EQ(count({.event = "link_lost"}), 2U);
  expect_service();
}

TEST_F(RealRedisFailure, AServerThatForgotEverythingHasItsSubscriptionsAgain) {
  start_redis();
  start_ready_shard();
  const Outage away = outage();
  redis().stop();
  wait_for_failures(6, "refused");
  away.end();
  redis().start();
  wait_for(4, {.event = "link_ready"});
  expect_service();
}

TEST_F(RealRedisFailure, AFullServerIsAskedUntilThereIsRoom) {
  start_redis({"--maxclients", "1"});
  Operator person(redis());
  ASSERT_EQ(person.ask("PING"), "+PONG");
  start_shard();
  wait_for(1, {.event = "link_attempt_failed"});
  const Outage full = outage();
  wait_for_failures(6, "server_error");
  full.end();
  EXPECT_EQ(count({.event = "link_misconfigured"}), 0U);
  EXPECT_EQ(person.ask("CONFIG SET maxclients 100"), "+OK");
  wait_for(2, {.event = "link_ready"});
  expect_service();
}

TEST_F(RealRedisFailure, AWrongPasswordIsReportedOnceAndTriedAtTheSlowPace) {
  start_redis();
  Operator person(redis());
  ASSERT_EQ(person.ask("CONFIG SET requirepass right"), "+OK");
  start_shard({{"REDIS_URL", "redis://:geheim@127.0.0.1:" + std::to_string(redis().port())}});
  wait_for(2, {.event = "link_misconfigured"});
  const Outage refused = outage();
  wait_for_failures(6, "server_error");
  refused.end();
  EXPECT_EQ(count({.event = "link_misconfigured"}), 2U);
  EXPECT_EQ(prod::read_text(folder_.file("s1.jsonl")).find("geheim"), std::string::npos);
  EXPECT_EQ(person.ask("ACL SETUSER default >geheim"), "+OK");
  wait_for(2, {.event = "link_ready"});
  EXPECT_EQ(person.ask("ACL SETUSER default nopass"), "+OK");
  expect_service();
}

TEST_F(RealRedisFailure, MissingRightsToChannelsAreReportedForBothLinks) {
  start_redis();
  Operator person(redis());
  ASSERT_EQ(person.ask("ACL SETUSER shard on >pw +@all ~* resetchannels"), "+OK");
  start_shard({{"REDIS_URL", "redis://shard:pw@127.0.0.1:" + std::to_string(redis().port())}});
  wait_for(1, {.event = "link_misconfigured", .fields = {{"role", "subscriber"}}});
  const Outage refused = outage();
  wait_for_failures(4, "server_error");
  refused.end();
  // Now it may listen, and is not allowed to speak.
  EXPECT_EQ(person.ask("ACL SETUSER shard &" + std::string(commands)), "+OK");
  wait_for(2, {.event = "link_ready"});
  wait_for(1, {.event = "link_misconfigured", .fields = {{"role", "publisher"}}});
  wait_for(1, {.event = "publications_dropped", .fields = {{"why", "refused"}}});
  EXPECT_EQ(count({.event = "link_lost"}), 0U) << "one forbidden channel takes no link along";
  EXPECT_EQ(person.ask("ACL SETUSER shard allchannels"), "+OK");
  expect_service();
}

TEST_F(RealRedisFailure, ASubscriberThatWasTooSlowForTheServerComesBack) {
  start_redis({"--client-output-buffer-limit", "pubsub 1mb 1mb 1"});
  start_ready_shard();
  Operator person(redis());
  const Outage slow = outage();
  ::kill(shard().pid(), SIGSTOP);
  const std::string message = "PUBLISH " + std::string(commands) + " " + std::string(60'000, 'x');
  int sent = 0;
  while (person.ask(message) != ":0") {
    ASSERT_LT(++sent, 10'000) << "the server keeps a client that reads nothing";
  }
  ::kill(shard().pid(), SIGCONT);
  wait_for(1, {.event = "link_lost", .fields = {{"role", "subscriber"}}});
  wait_for(2, {.event = "link_ready", .fields = {{"role", "subscriber"}}});
  slow.end_of_memory();
  expect_service();
}

TEST_F(RealRedisFailure, AWrongCertificateIsReportedAndARightOnePutInItsPlaceIsTaken) {
  Authority authority(folder_.file(""));
  Authority stranger(folder_.file(""), "stranger");
  const auto right = authority.issue("right", {"IP:127.0.0.1"});
  const auto wrong = stranger.issue("wrong", {"IP:127.0.0.1"});
  const auto other = authority.issue("other", {"DNS:other.example"});
  const std::string port = std::to_string(testing::free_loopback_port());
  start_redis({"--tls-port", port, "--tls-cert-file", wrong.cert, "--tls-key-file", wrong.key,
               "--tls-auth-clients", "no"});
  Operator person(redis());
  const auto serve_with = [&](const testing::CertificateFiles& files) {
    EXPECT_EQ(person.ask("CONFIG SET tls-cert-file " + files.cert + " tls-key-file " + files.key),
              "+OK");
  };
  start_shard(
      {{"REDIS_URL", "rediss://127.0.0.1:" + port}, {"REDIS_TLS_CA_FILE", authority.file()}});
  wait_for(2, {.event = "link_misconfigured"});
  const Outage untrusted = outage();
  wait_for_failures(6, "untrusted");
  untrusted.end();
  EXPECT_EQ(count({.event = "link_misconfigured"}), 2U);

  serve_with(other);
  wait_for(4, {.event = "link_misconfigured"});
  EXPECT_NE(prod::read_text(folder_.file("s1.jsonl")).find("certificate is for other.example"),
            std::string::npos);

  serve_with(right);
  wait_for(2, {.event = "link_ready"});
  expect_service();

  redis().kill();
  wait_for(2, {.event = "link_lost"});
  redis().start();  // with the wrong certificate of its command line
  wait_for(6, {.event = "link_misconfigured"});
  Operator again(redis());
  EXPECT_EQ(again.ask("CONFIG SET tls-cert-file " + right.cert + " tls-key-file " + right.key),
            "+OK");
  wait_for(4, {.event = "link_ready"});
  EXPECT_FALSE(shard().ended());
}

TEST_F(RealRedisFailure, AServerThatWantsACertificateIsShownOne) {
  Authority authority(folder_.file(""));
  const auto own = authority.issue("redis", {"IP:127.0.0.1"});
  const auto mine = authority.issue("shard", {"DNS:shard"});
  const std::string port = std::to_string(testing::free_loopback_port());
  start_redis({"--tls-port", port, "--tls-cert-file", own.cert, "--tls-key-file", own.key,
               "--tls-ca-cert-file", authority.file(), "--tls-auth-clients", "yes"});
  const std::string url = "rediss://127.0.0.1:" + port;
  start_shard({{"REDIS_URL", url}, {"REDIS_TLS_CA_FILE", authority.file()}});
  wait_for(2, {.event = "link_misconfigured"});
  shard().kill();
  start_shard({{"REDIS_URL", url},
               {"REDIS_TLS_CA_FILE", authority.file()},
               {"REDIS_TLS_CERT_FILE", mine.cert},
               {"REDIS_TLS_KEY_FILE", mine.key}});
  wait_for(2, {.event = "link_ready"});
  expect_service();
}

}  // namespace
}  // namespace arbees::real
