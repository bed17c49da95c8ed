#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/support/redis_link_bench.h"

namespace arbees::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::resp_array;
using testing::resp_confirmation;
using testing::resp_hello;
using testing::take_commands;

class LinkTest : public testing::RedisLinkTest {};

TEST_F(LinkTest, IsReadyOnlyWhenPingWasAnswered) {
  Link& link = start(LinkRole::publisher);
  EXPECT_FALSE(link.ready());
  peer().accept();
  EXPECT_THAT(take_commands(peer()), ElementsAre("HELLO 2", "PING"));
  EXPECT_FALSE(link.ready());
  pass(milliseconds{20});
  peer().send(resp_hello() + "+PONG\r\n");
  EXPECT_TRUE(link.ready());
  EXPECT_THAT(seen_.take(), ElementsAre("ready"));
  const auto& ready = world_.events.last("link_ready");
  EXPECT_EQ(ready.field("role"), "publisher");
  EXPECT_EQ(ready.count("attempts"), 1U);
  EXPECT_EQ(ready.duration("down_for"), milliseconds{20});
  EXPECT_EQ(ready.cause, started_);
  EXPECT_EQ(seen_.last_cause, ready.id);
}

TEST_F(LinkTest, SaysWhoItIsInOneWrite) {
  settings_.username = "shard";
  settings_.password = "secret";
  settings_.client_name = "arbees-shard-1";
  settings_.database = 3;
  Link& link = start(LinkRole::publisher);
  peer().accept();
  EXPECT_THAT(take_commands(peer()),
              ElementsAre("AUTH shard secret", "HELLO 2", "CLIENT SETNAME arbees-shard-1",
                          "SELECT 3", "PING"));
  peer().send("+OK\r\n" + resp_hello() + "+OK\r\n+OK\r\n");
  EXPECT_FALSE(link.ready());
  peer().send("+PONG\r\n");
  EXPECT_TRUE(link.ready());
}

TEST_F(LinkTest, AuthenticatesTheDefaultUserInTheOldForm) {
  settings_.password = "secret";
  start(LinkRole::publisher);
  peer().accept();
  EXPECT_THAT(take_commands(peer()), ElementsAre("AUTH secret", "HELLO 2", "PING"));
}

TEST_F(LinkTest, SubscriberWaitsForEveryConfirmation) {
  Link& link =
      start(LinkRole::subscriber, {{"p:*", true}, {"a", false}, {"q:*", true}, {"b", false}});
  peer().accept();
  EXPECT_THAT(take_commands(peer()), ElementsAre("HELLO 2", "PING"));
  peer().send(resp_hello() + "+PONG\r\n");
  EXPECT_THAT(take_commands(peer()), ElementsAre("SUBSCRIBE a b", "PSUBSCRIBE p:* q:*"));
  peer().send(resp_confirmation("subscribe", "a", 1) + resp_confirmation("subscribe", "b", 2));
  peer().send(resp_confirmation("psubscribe", "p:*", 3));
  EXPECT_FALSE(link.ready());
  // What is heard before the last confirmation is a bonus, not lost.
  peer().send(resp_array({"message", "a", "early"}));
  peer().send(resp_confirmation("psubscribe", "q:*", 4) +
              resp_array({"pmessage", "q:*", "q:1", "late"}));
  EXPECT_TRUE(link.ready());
  EXPECT_THAT(seen_.take(), ElementsAre("a=early", "ready", "q:1=late"));
}

TEST_F(LinkTest, SubscriberWithoutItsLastConfirmationTriesAgain) {
  start(LinkRole::subscriber, {{"a", false}, {"p:*", true}});
  peer().accept();
  peer().send(resp_hello() + "+PONG\r\n" + resp_confirmation("subscribe", "a", 1));
  pass(seconds{1});
  const auto& failed = world_.events.last("link_attempt_failed");
  EXPECT_EQ(failed.field("reason"), "subscribe_late");
  EXPECT_THAT(failed.field("detail"), HasSubstr("'p:*'"));
  EXPECT_FALSE(world_.transport.peer(0).held());
}

TEST_F(LinkTest, TakesTheConfirmationOfAnotherNameForGarbage) {
  start(LinkRole::subscriber, {{"a", false}});
  peer().accept();
  peer().send(resp_hello() + "+PONG\r\n" + resp_confirmation("subscribe", "b", 1));
  EXPECT_EQ(world_.events.last("link_attempt_failed").field("reason"), "garbage");
}

TEST_F(LinkTest, GivesAnAttemptOneSecondInAll) {
  start(LinkRole::publisher);
  pass(milliseconds{999});
  EXPECT_TRUE(peer().held());
  pass(milliseconds{1});
  EXPECT_FALSE(world_.transport.peer(0).held());
  EXPECT_EQ(world_.events.last("link_attempt_failed").field("reason"), "connect_late");
}

TEST_F(LinkTest, NoticesAFrozenServerThatAccepts) {
  start(LinkRole::publisher);
  pass(milliseconds{600});
  peer().accept();
  pass(milliseconds{399});
  EXPECT_TRUE(peer().held());
  pass(milliseconds{1});
  EXPECT_FALSE(world_.transport.peer(0).held());
  EXPECT_EQ(world_.events.last("link_attempt_failed").field("reason"), "handshake_late");
}

TEST_F(LinkTest, TriesAgainForEverWhenRefused) {
  start(LinkRole::publisher);
  const EventId fault = world_.events.mark("redis_down");
  for (std::size_t attempt = 1; attempt <= 50; ++attempt) {
    peer().close(CloseReason::refused, "nobody listens", fault);
    EXPECT_LE(pass_wait(), settings_.backoff_cap);
    ASSERT_EQ(attempts(), attempt + 1);
  }
  EXPECT_EQ(world_.events.count("link_attempt_failed"), 50U);
  const testing::RecordedEvent failed = world_.events.last("link_attempt_failed");
  EXPECT_EQ(failed.count("attempt"), 50U);
  EXPECT_EQ(failed.field("reason"), "refused");
  EXPECT_EQ(failed.field("detail"), "nobody listens");
  // Each attempt is there because of the one before it, so that the chain leads to why the link is down.
  EXPECT_EQ(failed.cause, world_.events.named("link_attempt_failed")[48].id);
  make_ready();
  EXPECT_EQ(world_.events.last("link_ready").count("attempts"), 51U);
  EXPECT_EQ(world_.events.last("link_ready").cause, failed.id);
  EXPECT_THAT(world_.events.named("link_lost"), IsEmpty());
}

// I15 on the worst server: while it is away each attempt takes its whole second, and an attempt that
// began before it was back is lost.
TEST_F(LinkTest, IsReadySoonAfterTheServerAnswersAgainWhateverThePhase) {
  Duration longest{0};
  for (int phase = 0; phase < 200; ++phase) {
    world_.transport = {};
    start(LinkRole::publisher);
    pass(seconds{20} + phase * milliseconds{20});
    const MonoTime back = world_.clock.now();
    const std::size_t before = attempts();
    while (attempts() == before) {
      ASSERT_LE(world_.clock.now() - back, seconds{5}) << "phase " << phase;
      pass(milliseconds{1});
    }
    make_ready();
    longest = std::max(longest, world_.clock.now() - back);
  }
  EXPECT_LE(longest, seconds{4} + milliseconds{1});
  EXPECT_GE(longest, seconds{2}) << "the phases did not reach the hard cases";
}

TEST_F(LinkTest, ReportsALossWithItsCause) {
  Link& link = start_ready_publisher();
  const EventId fault = world_.events.mark("redis_killed");
  pass(seconds{3});
  peer().close(CloseReason::reset, "connection reset by peer", fault);
  EXPECT_FALSE(link.ready());
  EXPECT_THAT(seen_.take(), ElementsAre("lost 0"));
  const testing::RecordedEvent lost = world_.events.last("link_lost");
  EXPECT_EQ(lost.field("reason"), "reset");
  EXPECT_EQ(lost.field("detail"), "connection reset by peer");
  EXPECT_EQ(lost.cause, fault);
  EXPECT_EQ(seen_.last_cause, lost.id);
  const Duration wait = pass_wait();
  make_ready();
  EXPECT_EQ(world_.events.last("link_ready").cause, lost.id);
  EXPECT_EQ(world_.events.last("link_ready").duration("down_for"), wait);
}

TEST_F(LinkTest, ComesBackWithinTheBaseAfterALongGoodLife) {
  for (int round = 0; round < 40; ++round) {
    world_.transport = {};
    start(LinkRole::publisher);
    // Four failures first, so that the backoff has grown.
    for (int failure = 0; failure < 4; ++failure) {
      peer().close(CloseReason::refused);
      pass_wait();
    }
    make_ready();
    for (int quiet = 0; quiet < 3; ++quiet) {
      publish(1);
      pass(seconds{1});
      peer().send(":1\r\n");
      pass(seconds{3});
    }
    peer().close(CloseReason::end_of_stream);
    EXPECT_LE(pass_wait(), settings_.backoff_base);
  }
}

TEST_F(LinkTest, PingsAfterSilenceAndIsLostAfterMore) {
  start_ready_publisher();
  pass(seconds{5} - Duration{1});
  EXPECT_THAT(take_commands(peer()), IsEmpty());
  pass(Duration{1});
  EXPECT_THAT(take_commands(peer()), ElementsAre("PING"));
  pass(seconds{2} - Duration{1});
  EXPECT_THAT(seen_.take(), IsEmpty());
  pass(Duration{1});
  EXPECT_THAT(seen_.take(), ElementsAre("lost 0"));
  EXPECT_EQ(world_.events.last("link_lost").field("reason"), "silence");
}

TEST_F(LinkTest, APingWaitsForTheRestOfTheSilenceIfThatIsShorterThanItsDeadline) {
  settings_.read_silence = seconds{6};
  start_ready_publisher();
  pass(seconds{6} - Duration{1});
  EXPECT_THAT(seen_.take(), IsEmpty());
  pass(Duration{1});
  EXPECT_THAT(seen_.take(), ElementsAre("lost 0"));
}

// A peer or a proxy that goes on sending and answers nothing (kombu 2590).
TEST_F(LinkTest, BytesDoNotStandForAPong) {
  for (const bool subscriber : {false, true}) {
    subscriber ? start_ready_subscriber() : start_ready_publisher();
    const std::size_t connection = attempts() - 1;
    // The head of a reply that never ends.
    peer().send(subscriber ? "*3\r\n$7\r\nmessage\r\n$1000\r\n" : "-ERR ");
    Duration passed{0};
    while (world_.transport.peer(connection).held() && passed < seconds{60}) {
      peer().send("x");
      pass(seconds{1});
      passed += seconds{1};
    }
    EXPECT_EQ(passed, settings_.read_silence) << subscriber;
    EXPECT_EQ(world_.events.last("link_lost").field("reason"), "reply_late") << subscriber;
  }
}

TEST_F(LinkTest, MessagesBehindWhichAPongMayStandBuyItTimeButNotForEver) {
  Link& link = start_ready_subscriber();
  pass(seconds{5});
  ASSERT_THAT(take_commands(peer()), ElementsAre("PING"));
  for (int second = 0; second < 4; ++second) {
    pass(seconds{1});
    peer().send(resp_array({"message", "c", "x"}));
  }
  EXPECT_TRUE(link.ready());
  pass(seconds{1});
  EXPECT_FALSE(link.ready());
}

TEST_F(LinkTest, ABusySubscriberIsNotAsked) {
  Link& link = start_ready_subscriber();
  for (int second = 0; second < 60; ++second) {
    pass(seconds{1});
    peer().send(resp_array({"message", "c", "x"}));
  }
  EXPECT_TRUE(link.ready());
  EXPECT_THAT(take_commands(peer()), IsEmpty());
}

// redis-server 7.0.15 with stop-writes-on-bgsave-error and a full disk answers PING so, and goes on to
// publish: its disk is nothing to us.
TEST_F(LinkTest, AServerThatCannotSaveIsAlive) {
  const std::string misconf =
      "-MISCONF Redis is configured to save RDB snapshots, but it's unable\r\n";
  for (const bool subscriber : {false, true}) {
    Link& link =
        subscriber ? start(LinkRole::subscriber, {{"c", false}}) : start(LinkRole::publisher);
    peer().accept();
    peer().send(resp_hello() + misconf);
    if (subscriber) {
      peer().send(resp_confirmation("subscribe", "c", 1));
    }
    EXPECT_TRUE(link.ready());
    pass(seconds{5});
    peer().send(misconf);
    pass(seconds{4});
    EXPECT_TRUE(link.ready());
  }
}

TEST_F(LinkTest, AServerTooOldForHelloIsTakenAsItIs) {
  Link& link = start(LinkRole::publisher);
  peer().accept();
  peer().send("-ERR unknown command `HELLO`, with args beginning with: `2`, \r\n+PONG\r\n");
  EXPECT_TRUE(link.ready());
}

TEST_F(LinkTest, LivesOnAnsweredPingsForEver) {
  start_ready_publisher();
  for (int i = 0; i < 100; ++i) {
    pass(seconds{5});
    ASSERT_THAT(take_commands(peer()), ElementsAre("PING"));
    pass(milliseconds{300});
    peer().send("+PONG\r\n");
  }
  EXPECT_EQ(world_.events.count("link_lost"), 0U);
}

TEST_F(LinkTest, SubscriberUnderstandsItsOwnFormOfPong) {
  Link& link = start_ready_subscriber();
  pass(seconds{5});
  EXPECT_THAT(take_commands(peer()), ElementsAre("PING"));
  peer().send(resp_array({"pong", ""}));
  pass(seconds{5});
  EXPECT_TRUE(link.ready());
  EXPECT_THAT(take_commands(peer()), ElementsAre("PING"));
  pass(seconds{2});
  EXPECT_FALSE(link.ready());
}

TEST_F(LinkTest, HalfAMessageIsALifeSignToo) {
  Link& link = start_ready_subscriber();
  const std::string message = resp_array({"message", "c", "slow"});
  for (const char byte : message) {
    pass(milliseconds{250});
    peer().send(std::string_view{&byte, 1});
  }
  EXPECT_TRUE(link.ready());
  EXPECT_THAT(take_commands(peer()), ElementsAre("PING"));
  EXPECT_THAT(seen_.take(), ElementsAre("c=slow"));
  peer().send(resp_array({"pong", ""}));
  pass(seconds{4});
  EXPECT_TRUE(link.ready());
}

TEST_F(LinkTest, WhoSleptHimselfAsksBeforeHeJudges) {
  Link& link = start_ready_publisher();
  world_.clock.sleep_through(seconds{100});
  link.advance(world_.clock.now());
  EXPECT_TRUE(link.ready());
  EXPECT_THAT(take_commands(peer()), ElementsAre("PING"));
  pass(seconds{2});
  EXPECT_FALSE(link.ready());
}

TEST_F(LinkTest, ALatePublishAnswerEndsTheLinkAndNamesThePublication) {
  start_ready_publisher();
  const EventId cause = world_.events.mark("command");
  publish(1);
  pass(seconds{1});
  publish(2, cause);
  peer().send(":3\r\n");
  EXPECT_THAT(seen_.take(), ElementsAre("answer 1 3"));
  pass(seconds{2} - Duration{1});
  EXPECT_THAT(seen_.take(), IsEmpty());
  pass(Duration{1});
  EXPECT_THAT(seen_.take(), ElementsAre("lost 1"));
  EXPECT_EQ(world_.events.last("link_lost").field("reason"), "reply_late");
  EXPECT_EQ(world_.events.last("link_lost").cause, cause);
}

TEST_F(LinkTest, AnswersPairWithCommandsInOrderPingsIncluded) {
  start_ready_publisher();
  pass(seconds{5});
  publish(1);
  publish(2);
  EXPECT_THAT(take_commands(peer()), ElementsAre("PING", "PUBLISH c x", "PUBLISH c x"));
  peer().send("+PONG\r\n:0\r\n:5\r\n");
  EXPECT_THAT(seen_.take(), ElementsAre("answer 1 0", "answer 2 5"));
}

TEST_F(LinkTest, GarbageEndsTheLinkByName) {
  for (const std::string_view garbage :
       {"HTTP/1.1 400 Bad Request\r\n", "*1000000000\r\n", ":1\r\n", "+OK\r\n", "$-1\r\n"}) {
    start_ready_publisher();
    peer().send(garbage);
    EXPECT_FALSE(link_->ready()) << garbage;
    EXPECT_EQ(world_.events.last("link_lost").field("reason"), "garbage") << garbage;
  }
  for (const std::string& garbage :
       {std::string{"+OK\r\n"}, std::string{":1\r\n"}, std::string{"*0\r\n"},
        resp_array({"message", "c"}), resp_array({"push", "c", "x"}),
        resp_confirmation("unsubscribe", "c", 0), resp_confirmation("subscribe", "c", 1)}) {
    start_ready_subscriber();
    peer().send(garbage);
    EXPECT_FALSE(link_->ready()) << garbage;
    EXPECT_EQ(world_.events.last("link_lost").field("reason"), "garbage") << garbage;
  }
}

TEST_F(LinkTest, GarbageInTheHandshakeFailsTheAttempt) {
  for (const std::string_view garbage : {":1\r\n", "$4\r\nPONG\r\n", "*3\r\n", "+OK\r\n"}) {
    start(LinkRole::publisher);
    peer().accept();
    peer().send(garbage);
    if (peer().held()) {
      pass(seconds{1});
    }
    EXPECT_FALSE(link_->ready()) << garbage;
  }
  EXPECT_EQ(world_.events.count("link_attempt_failed"), 4U);
}

TEST_F(LinkTest, AMessageThatIsTooLongIsNamedAndTheLinkGoesOn) {
  Link& link = start_ready_subscriber();
  peer().send(resp_array({"message", "c", std::string(10U << 20U, 'x')}));
  peer().send(resp_array({"message", "c", "next"}));
  EXPECT_TRUE(link.ready());
  EXPECT_THAT(seen_.take(), ElementsAre("c=next"));
  const auto& refused = world_.events.last("message_refused");
  EXPECT_EQ(refused.field("channel"), "c");
  EXPECT_EQ(refused.count("bytes"), 10U << 20U);
}

}  // namespace
}  // namespace arbees::redis
