// Each of our programs on a real redis-server that fails in each of the ways servers fail. It must go on running, use
// next to nothing meanwhile, say what is wrong, and come back by itself.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "tests/real/redis_stage.h"
#include "tests/support/certificates.h"

namespace arbees::real {
namespace {

using testing::Authority;

class RealRedisFailure : public ::testing::TestWithParam<MakeSubject>, protected RedisStage {
 protected:
  RealRedisFailure() : RedisStage(GetParam()()) {}
};

INSTANTIATE_TEST_SUITE_P(Of, RealRedisFailure,
                         ::testing::Values(&shard_subject, &orchestrator_subject),
                         [](const auto& subject) { return subject.param()->name(); });

TEST_P(RealRedisFailure, AFrozenServerIsNoticedAndTakenUpAgain) {
  start_redis();
  start_ready_program();
  const Outage frozen = outage();
  redis().freeze();
  wait_for(2, {.event = "link_lost"});
  // The kernel still accepts for it. So many attempts take more than 15 s.
  wait_for_failures(10, "handshake_late");
  subject().expect_alert(*this);
  frozen.end();
  redis().thaw();
  wait_for(4, {.event = "link_ready"});
  expect_service();
}

TEST_P(RealRedisFailure, EachConnectionThatIsKilledComesBackAlone) {
  start_redis();
  start_ready_program();
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

TEST_P(RealRedisFailure, AServerThatForgotEverythingHasItsSubscriptionsAgain) {
  start_redis();
  start_ready_program();
  const Outage away = outage();
  redis().stop();
  wait_for_failures(14, "refused");
  subject().expect_alert(*this);
  away.end();
  redis().start();
  wait_for(4, {.event = "link_ready"});
  expect_service();
}

TEST_P(RealRedisFailure, AFullServerIsAskedUntilThereIsRoom) {
  start_redis({"--maxclients", "1"});
  Operator person(redis());
  ASSERT_EQ(person.ask("PING"), "+PONG");
  start_program();
  wait_for(1, {.event = "link_attempt_failed"});
  const Outage full = outage();
  wait_for_failures(14, "server_error");
  full.end();
  EXPECT_EQ(count({.event = "link_misconfigured"}), 0U);
  EXPECT_EQ(person.ask("CONFIG SET maxclients 100"), "+OK");
  wait_for(2, {.event = "link_ready"});
  expect_service();
}

TEST_P(RealRedisFailure, AWrongPasswordIsReportedOnceAndTriedAtTheSlowPace) {
  start_redis();
  Operator person(redis());
  ASSERT_EQ(person.ask("CONFIG SET requirepass right"), "+OK");
  start_program({{"REDIS_URL", "redis://:geheim@127.0.0.1:" + std::to_string(redis().port())}});
  wait_for(2, {.event = "link_misconfigured"});
  const Outage refused = outage();
  wait_for_failures(6, "server_error");
  refused.end();
  EXPECT_EQ(count({.event = "link_misconfigured"}), 2U);
  EXPECT_EQ(recorded().find("geheim"), std::string::npos);
  EXPECT_EQ(person.ask("ACL SETUSER default >geheim"), "+OK");
  wait_for(2, {.event = "link_ready"});
  EXPECT_EQ(person.ask("ACL SETUSER default nopass"), "+OK");
  expect_service();
}

TEST_P(RealRedisFailure, MissingRightsToChannelsAreReportedForBothLinks) {
  start_redis();
  Operator person(redis());
  ASSERT_EQ(person.ask("ACL SETUSER program on >pw +@all ~* resetchannels"), "+OK");
  start_program({{"REDIS_URL", "redis://program:pw@127.0.0.1:" + std::to_string(redis().port())}});
  wait_for(1, {.event = "link_misconfigured", .fields = {{"role", "subscriber"}}});
  const Outage refused = outage();
  wait_for_failures(4, "server_error");
  refused.end();
  // Now it may listen, and is not allowed to speak.
  EXPECT_EQ(person.ask("ACL SETUSER program " + subject().rights_to_listen()), "+OK");
  wait_for(2, {.event = "link_ready"});
  subject().provoke(person);
  wait_for(1, {.event = "link_misconfigured", .fields = {{"role", "publisher"}}});
  wait_for(1, {.event = "publications_dropped", .fields = {{"why", "refused"}}});
  EXPECT_EQ(count({.event = "link_lost"}), 0U) << "one forbidden channel takes no link along";
  EXPECT_EQ(person.ask("ACL SETUSER program allchannels"), "+OK");
  expect_service();
}

TEST_P(RealRedisFailure, ASubscriberThatWasTooSlowForTheServerComesBack) {
  start_redis({"--client-output-buffer-limit", "pubsub 1mb 1mb 1"});
  start_ready_program();
  Operator person(redis());
  const Outage slow = outage();
  ::kill(process().pid(), SIGSTOP);
  const std::string message =
      "PUBLISH " + subject().heard_channel() + " " + std::string(60'000, 'x');
  int sent = 0;
  while (person.ask(message) != ":0") {
    ASSERT_LT(++sent, 10'000) << "the server keeps a client that reads nothing";
  }
  ::kill(process().pid(), SIGCONT);
  wait_for(1, {.event = "link_lost", .fields = {{"role", "subscriber"}}});
  wait_for(2, {.event = "link_ready", .fields = {{"role", "subscriber"}}});
  slow.end_of_memory();
  expect_service();
}

TEST_P(RealRedisFailure, AWrongCertificateIsReportedAndARightOnePutInItsPlaceIsTaken) {
  Authority authority(file(""));
  Authority stranger(file(""), "stranger");
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
  start_program(
      {{"REDIS_URL", "rediss://127.0.0.1:" + port}, {"REDIS_TLS_CA_FILE", authority.file()}});
  wait_for(2, {.event = "link_misconfigured"});
  const Outage untrusted = outage();
  wait_for_failures(6, "untrusted");
  untrusted.end();
  EXPECT_EQ(count({.event = "link_misconfigured"}), 2U);

  serve_with(other);
  wait_for(4, {.event = "link_misconfigured"});
  EXPECT_NE(recorded().find("certificate is for other.example"), std::string::npos);

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
  EXPECT_FALSE(process().ended());
}

TEST_P(RealRedisFailure, AServerThatWantsACertificateIsShownOne) {
  Authority authority(file(""));
  const auto own = authority.issue("redis", {"IP:127.0.0.1"});
  const auto mine = authority.issue("program", {"DNS:program"});
  const std::string port = std::to_string(testing::free_loopback_port());
  start_redis({"--tls-port", port, "--tls-cert-file", own.cert, "--tls-key-file", own.key,
               "--tls-ca-cert-file", authority.file(), "--tls-auth-clients", "yes"});
  const std::string url = "rediss://127.0.0.1:" + port;
  start_program({{"REDIS_URL", url}, {"REDIS_TLS_CA_FILE", authority.file()}});
  wait_for(2, {.event = "link_misconfigured"});
  process().kill();
  start_program({{"REDIS_URL", url},
                 {"REDIS_TLS_CA_FILE", authority.file()},
                 {"REDIS_TLS_CERT_FILE", mine.cert},
                 {"REDIS_TLS_KEY_FILE", mine.key}});
  wait_for(2, {.event = "link_ready"});
  expect_service();
}

}  // namespace
}  // namespace arbees::real
