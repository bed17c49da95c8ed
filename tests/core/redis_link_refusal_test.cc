#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/redis/server_error.h"
#include "tests/support/redis_link_bench.h"

namespace arbees::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::resp_confirmation;
using testing::resp_hello;

class LinkRefusalTest : public testing::RedisLinkTest {};

TEST_F(LinkRefusalTest, RefusalsWaitLongAndAreReportedOnceUntilReady) {
  settings_.password = "wrong";
  start(LinkRole::publisher);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_EQ(attempts(), static_cast<std::size_t>(attempt));
    peer().accept();
    peer().send("-WRONGPASS invalid username-password pair or user is disabled.\r\n-NOAUTH x\r\n");
    EXPECT_EQ(world_.events.last("link_attempt_failed").duration("wait"), settings_.refused_wait);
    pass(settings_.refused_wait - Duration{1});
    ASSERT_EQ(attempts(), static_cast<std::size_t>(attempt));
    pass(Duration{1});
  }
  EXPECT_EQ(world_.events.count("link_misconfigured"), 1U);
  EXPECT_THAT(world_.events.last("link_misconfigured").field("detail"),
              HasSubstr("AUTH was answered"));
  peer().accept();
  peer().send("+OK\r\n" + resp_hello() + "+PONG\r\n");
  ASSERT_TRUE(link_->ready());
  pass(seconds{1});
  peer().close(CloseReason::reset);
  pass_wait();
  peer().accept();
  peer().send("-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_EQ(world_.events.count("link_misconfigured"), 2U);
}

TEST_F(LinkRefusalTest, AnUntrustedServerIsAskedAgainAtThePaceOfConfiguration) {
  start(redis::LinkRole::publisher);
  for (std::size_t attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_EQ(attempts(), attempt);
    peer().close(CloseReason::untrusted, "TLS with redis: certificate has expired");
    EXPECT_EQ(world_.events.last("link_attempt_failed").field("reason"), "untrusted");
    EXPECT_EQ(pass_wait(), settings_.refused_wait);
  }
  EXPECT_EQ(world_.events.count("link_misconfigured"), 1U);
  EXPECT_EQ(world_.events.last("link_misconfigured").field("detail"),
            "TLS with redis: certificate has expired");
}

TEST_F(LinkRefusalTest, TellsRefusalsFromOutages) {
  struct Case {
    std::string replies;
    bool refused;
  };
  settings_.password = "p";
  settings_.database = 99;
  const std::string ok = "+OK\r\n" + resp_hello();
  for (const Case& c : std::vector<Case>{
           {"-ERR AUTH <password> called without any password configured\r\n", true},
           {"-ERR invalid password\r\n", true},
           {"-DENIED Redis is running in protected mode\r\n", true},
           {ok + "-ERR DB index is out of range\r\n", true},
           {ok + "-NOPERM this user has no permissions\r\n", true},
           {ok + "+OK\r\n-NOAUTH Authentication required.\r\n", true},
           {"-ERR max number of clients reached\r\n", false},
           {"-LOADING Redis is loading the dataset in memory\r\n", false},
           {ok + "+OK\r\n-MASTERDOWN Link with MASTER is down\r\n", false},
           {"+OK\r\n-NOAUTH HELLO must be called with the client authenticated\r\n", true},
           {ok + "+OK\r\n-BUSY Redis is busy running a script.\r\n", false},
           {ok + "+OK\r\n-ERR anything\r\n", false}}) {
    start(LinkRole::publisher);
    peer().accept();
    peer().send(c.replies);
    const auto& failed = world_.events.last("link_attempt_failed");
    EXPECT_EQ(failed.field("reason"), "server_error") << c.replies;
    EXPECT_EQ(failed.duration("wait") == settings_.refused_wait, c.refused) << c.replies;
  }
}

TEST_F(LinkRefusalTest, ASubscriptionThatIsForbiddenIsAMisconfiguration) {
  start(LinkRole::subscriber, {{"c", false}});
  peer().accept();
  peer().send(resp_hello() +
              "+PONG\r\n-NOPERM this user has no permissions to access one of the channels\r\n");
  EXPECT_EQ(world_.events.count("link_misconfigured"), 1U);
  EXPECT_EQ(*link_->deadline() - world_.clock.now(), settings_.refused_wait);
}

TEST_F(LinkRefusalTest, APublicationThatIsForbiddenTakesNoOthersAlong) {
  start_ready_publisher();
  publish(1);
  publish(2);
  peer().send("-NOPERM this user has no permissions\r\n:1\r\n");
  EXPECT_TRUE(link_->ready());
  EXPECT_THAT(seen_.take(),
              ElementsAre("refusal 1 NOPERM this user has no permissions", "answer 2 1"));
  EXPECT_EQ(world_.events.count("link_misconfigured"), 1U);
}

TEST_F(LinkRefusalTest, EachForbiddenChannelIsReportedOnceUntilItIsAllowed) {
  const auto publish_to = [this](std::string channel, std::string_view answer) {
    link_->publish({PublicationId(1), std::move(channel), {}}, "x", world_.clock.now());
    peer().send(answer);
  };
  const std::string_view no = "-NOPERM no permissions to access one of the channels\r\n";
  start_ready_publisher();
  for (int i = 0; i < 20; ++i) {
    publish_to("alerts:critical", no);
    publish_to("shard:a:command", no);
    publish_to("fine", ":1\r\n");
  }
  EXPECT_TRUE(link_->ready());
  ASSERT_EQ(world_.events.count("link_misconfigured"), 2U);
  EXPECT_THAT(world_.events.named("link_misconfigured")[0].field("detail"),
              HasSubstr("'alerts:critical'"));
  // A new connection is under the same ACL.
  peer().close(CloseReason::reset);
  pass_wait();
  make_ready();
  publish_to("shard:a:command", no);
  EXPECT_EQ(world_.events.count("link_misconfigured"), 2U);
  publish_to("shard:a:command", ":0\r\n");
  publish_to("shard:a:command", no);
  EXPECT_EQ(world_.events.count("link_misconfigured"), 3U);
}

TEST_F(LinkRefusalTest, AForbiddenPatternIsNamedAndNoStormFollows) {
  start(LinkRole::subscriber, {{"c", false}, {"shard:*:heartbeat", true}});
  for (int attempt = 1; attempt <= 5; ++attempt) {
    peer().accept();
    peer().send(resp_hello() + "+PONG\r\n" + resp_confirmation("subscribe", "c", 1) +
                "-NOPERM this user has no permissions to access one of the channels\r\n");
    EXPECT_FALSE(link_->ready());
    EXPECT_EQ(pass_wait(), settings_.refused_wait);
  }
  ASSERT_EQ(world_.events.count("link_misconfigured"), 1U);
  EXPECT_THAT(world_.events.last("link_misconfigured").field("detail"),
              HasSubstr("PSUBSCRIBE shard:*:heartbeat was answered: NOPERM"));
  // The operator mends the ACL; nothing else is needed.
  peer().accept();
  peer().send(resp_hello() + "+PONG\r\n" + resp_confirmation("subscribe", "c", 1) +
              resp_confirmation("psubscribe", "shard:*:heartbeat", 2));
  EXPECT_TRUE(link_->ready());
}

TEST_F(LinkRefusalTest, AServerThatForgotUsIsLeftAndReportedOnce) {
  start_ready_publisher();
  publish(1);
  publish(2);
  peer().send("-NOAUTH Authentication required.\r\n");
  EXPECT_FALSE(link_->ready());
  EXPECT_EQ(world_.events.count("link_misconfigured"), 1U);
  EXPECT_EQ(pass_wait(), settings_.refused_wait);
}

TEST_F(LinkRefusalTest, AServerOfAnotherKindIsRefusedByName) {
  for (const auto& [mode, advice] : std::vector<std::pair<std::string, std::string>>{
           {"cluster", "a single Redis"}, {"sentinel", "redis-sentinel://"}}) {
    start(LinkRole::subscriber, {{"c", false}});
    peer().accept();
    peer().send(resp_hello(mode) + "+PONG\r\n");
    EXPECT_EQ(world_.events.last("link_attempt_failed").field("reason"), mode);
    EXPECT_THAT(world_.events.last("link_misconfigured").field("detail"), HasSubstr(advice));
    EXPECT_EQ(pass_wait(), settings_.refused_wait);
  }
}

TEST_F(LinkRefusalTest, APublicationThatIsRedirectedTellsOfACluster) {
  for (const std::string_view error :
       {"-MOVED 3999 127.0.0.1:6381\r\n", "-CLUSTERDOWN The cluster is down\r\n"}) {
    start_ready_publisher();
    publish(1);
    peer().send(error);
    EXPECT_FALSE(link_->ready());
    EXPECT_THAT(world_.events.last("link_misconfigured").field("detail"),
                HasSubstr("Redis Cluster is not supported"));
  }
}

TEST_F(LinkRefusalTest, ADemotedServerIsLeft) {
  start_ready_publisher();
  const EventId cause = world_.events.mark("command");
  publish(1, cause);
  publish(2);
  peer().send("-READONLY You can't write against a read only replica.\r\n");
  EXPECT_FALSE(link_->ready());
  EXPECT_THAT(
      seen_.take(),
      ElementsAre("refusal 1 READONLY You can't write against a read only replica.", "lost 1"));
  EXPECT_EQ(world_.events.last("link_lost").field("reason"), "server_error");
  EXPECT_EQ(world_.events.last("link_lost").cause, cause);
}

TEST_F(LinkRefusalTest, NeverShowsThePassword) {
  settings_.password = "hunter2";
  start(LinkRole::publisher);
  peer().accept();
  peer().send("-ERR unknown command 'AUTH', with args beginning with: 'hunter2'\r\n");
  const std::string& detail = world_.events.last("link_misconfigured").field("detail");
  EXPECT_EQ(detail.find("hunter2"), std::string::npos) << detail;
  EXPECT_EQ(presentable(std::string(60'000, 'x'), settings_).size(), 203U);
}

TEST_F(LinkRefusalTest, WithoutReconnectsALostLinkStaysLost) {
  settings_.reconnect_attempts = 0;
  start_ready_publisher();
  peer().close(CloseReason::reset);
  pass(minutes{10});
  EXPECT_EQ(attempts(), 1U);
  EXPECT_TRUE(link_->given_up());
  const auto& given_up = world_.events.last("link_given_up");
  EXPECT_EQ(given_up.cause, world_.events.last("link_lost").id);
  link_->reconnect("asked in vain", {});
  EXPECT_EQ(attempts(), 1U);
}

TEST_F(LinkRefusalTest, WithoutReconnectsTheFirstAttemptIsTheOnlyOne) {
  settings_.reconnect_attempts = 0;
  start(LinkRole::publisher);
  peer().close(CloseReason::refused);
  EXPECT_TRUE(link_->given_up());
  EXPECT_EQ(world_.events.last("link_given_up").count("attempts"), 1U);
}

TEST_F(LinkRefusalTest, TheVeryFirstAttemptIsNoReconnect) {
  settings_.reconnect_attempts = 2;
  start(LinkRole::publisher);
  for (int reconnect = 0; reconnect < 2; ++reconnect) {
    peer().close(CloseReason::refused);
    ASSERT_FALSE(link_->given_up());
    pass_wait();
  }
  peer().close(CloseReason::refused);
  EXPECT_TRUE(link_->given_up());
  EXPECT_EQ(attempts(), 3U);
}

TEST_F(LinkRefusalTest, BoundedReconnectsAreCountedAnewAfterEachReadiness) {
  settings_.reconnect_attempts = 2;
  start_ready_publisher();
  peer().close(CloseReason::reset);
  for (int round = 0; round < 3; ++round) {
    pass_wait();
    peer().close(CloseReason::refused);
    pass_wait();
    make_ready();
    peer().close(CloseReason::reset);
  }
  EXPECT_FALSE(link_->given_up());
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_FALSE(link_->given_up());
    pass_wait();
    peer().close(CloseReason::refused);
  }
  EXPECT_TRUE(link_->given_up());
  EXPECT_EQ(world_.events.last("link_given_up").count("attempts"), 2U);
}

TEST_F(LinkRefusalTest, AskedToReconnectItSkipsTheWait) {
  settings_.password = "wrong";
  start(LinkRole::publisher);
  peer().accept();
  peer().send("-WRONGPASS x\r\n");
  link_->reconnect("an operator", {});
  EXPECT_EQ(attempts(), 2U);
  link_->reconnect("an operator", {});
  EXPECT_EQ(attempts(), 2U) << "an attempt under way is new enough";
}

}  // namespace
}  // namespace arbees::redis
