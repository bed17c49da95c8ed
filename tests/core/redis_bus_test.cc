#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/redis/bus.h"
#include "tests/support/fake_ports.h"
#include "tests/support/redis_bus_bench.h"

namespace arbees::redis {
namespace {

using ::testing::ElementsAre;
using testing::FakePeer;
using ::testing::IsEmpty;
using testing::resp_array;
using testing::resp_confirmation;
using testing::resp_hello;
using ::testing::SizeIs;
using testing::take_commands;

class BusTest : public ::testing::Test {
 protected:
  void start() {
    bus_ = std::make_unique<Bus>(world_.ports, settings_, std::vector<Subscription>{{"c", false}},
                                 seen_);
    started_ = world_.events.mark("started");
    bus_->start(started_);
  }

  void start_ready() {
    start();
    make_subscriber_ready(world_.transport.peer(0));
    make_publisher_ready(world_.transport.peer(1));
    ASSERT_THAT(seen_.take(), ElementsAre("ready subscriber", "ready publisher"));
  }

  void make_publisher_ready(FakePeer& peer) {
    publisher_ = &peer;
    peer.accept();
    EXPECT_THAT(take_commands(peer), ElementsAre("HELLO 2", "PING"));
    peer.send(resp_hello() + "+PONG\r\n");
  }

  void make_subscriber_ready(FakePeer& peer) {
    subscriber_ = &peer;
    peer.accept();
    peer.send(resp_hello() + "+PONG\r\n");
    EXPECT_THAT(take_commands(peer), ElementsAre("HELLO 2", "PING", "SUBSCRIBE c"));
    peer.send(resp_confirmation("subscribe", "c", 1));
  }

  /// Lets the publisher's connection break, and its next attempt begin.
  FakePeer& lose_publisher() {
    publisher_->close(CloseReason::reset);
    const std::size_t before = world_.transport.attempts();
    while (world_.transport.attempts() == before) {
      world_.clock.advance(milliseconds{1});
    }
    return world_.transport.last();
  }

  void publish(std::uint64_t id, std::string payload, Duration max_age = seconds{45},
               EventId cause = {}) {
    bus_->publish({"ch", std::move(payload), max_age, PublicationId(id)}, cause);
  }

  testing::FakePorts world_;
  BusSettings settings_;
  testing::RecordingBusHandler seen_;
  EventId started_;
  std::unique_ptr<Bus> bus_;
  FakePeer* subscriber_ = nullptr;
  FakePeer* publisher_ = nullptr;
  int reads_ = 0;
};

TEST_F(BusTest, OpensTwoConnectionsThatBecomeReadyApart) {
  start();
  ASSERT_EQ(world_.transport.attempts(), 2U);
  make_publisher_ready(world_.transport.peer(1));
  EXPECT_TRUE(bus_->ready(LinkRole::publisher));
  EXPECT_FALSE(bus_->ready(LinkRole::subscriber));
  make_subscriber_ready(world_.transport.peer(0));
  EXPECT_TRUE(bus_->ready(LinkRole::subscriber));
  EXPECT_THAT(seen_.take(), ElementsAre("ready publisher", "ready subscriber"));
  EXPECT_EQ(seen_.last_cause, world_.events.last("link_ready").id);
}

TEST_F(BusTest, HandsOverMessagesInOrder) {
  start_ready();
  subscriber_->send(resp_array({"message", "c", "1"}) + resp_array({"pmessage", "*", "d", "2"}));
  EXPECT_THAT(seen_.take(), ElementsAre("message c 1", "message d 2"));
}

TEST_F(BusTest, TellsWhenTheMessagesOfOneReadAreOver) {
  start_ready();
  const std::string messages =
      resp_array({"message", "c", "1"}) + resp_array({"message", "c", "2"});
  seen_.when_messages_end = [this] {
    EXPECT_THAT(seen_.take(), ElementsAre("message c 1", "message c 2"));
    ++reads_;
  };
  subscriber_->send(messages);
  EXPECT_EQ(reads_, 1);
  subscriber_->send("*3\r\n$7\r\nmessage\r\n");
  EXPECT_EQ(reads_, 1) << "a read without a message is none";
}

TEST_F(BusTest, PublishesAtOnceAndTellsTheReceivers) {
  start_ready();
  publish(1, "a");
  publish(0, "nobody asks");
  publish(2, "b");
  EXPECT_THAT(take_commands(*publisher_),
              ElementsAre("PUBLISH ch a", "PUBLISH ch nobody asks", "PUBLISH ch b"));
  publisher_->send(":0\r\n:1\r\n");
  publisher_->send(":2\r\n");
  EXPECT_THAT(seen_.take(), ElementsAre("sent 1 0", "sent 2 2"));
}

TEST_F(BusTest, KeepsPublicationsInOrderUntilTheLinkIsReady) {
  start();
  publish(1, "a");
  publish(2, "b");
  seen_.when_ready = [this](LinkRole role) {
    if (role == LinkRole::publisher) {
      publish(3, "c");
    }
  };
  make_publisher_ready(world_.transport.peer(1));
  EXPECT_THAT(take_commands(*publisher_),
              ElementsAre("PUBLISH ch a", "PUBLISH ch b", "PUBLISH ch c"));
}

TEST_F(BusTest, NowOrNeverIsDroppedWhenTheLinkIsDown) {
  start();
  const EventId cause = world_.events.mark("heartbeat_due");
  publish(1, "beat", Duration{0}, cause);
  EXPECT_THAT(seen_.take(), IsEmpty()) << "told from inside the call";
  world_.clock.run_due();
  EXPECT_THAT(seen_.take(), ElementsAre("dropped 1"));
  EXPECT_EQ(world_.events.last("publications_dropped").field("why"), "expired");
  EXPECT_EQ(world_.events.last("publications_dropped").cause, cause);
  make_publisher_ready(world_.transport.peer(1));
  EXPECT_THAT(take_commands(*publisher_), IsEmpty());
}

// After an outage alerts wait for the link; the roll call that a ready link is for must not be lost
// to them.
TEST_F(BusTest, NowOrNeverOvertakesWhatCanWait) {
  start();
  publish(1, "news", seconds{300});
  seen_.when_ready = [this](LinkRole) { publish(2, "roll_call", Duration{0}); };
  make_publisher_ready(world_.transport.peer(1));
  EXPECT_THAT(take_commands(*publisher_), ElementsAre("PUBLISH ch roll_call", "PUBLISH ch news"));
  EXPECT_EQ(world_.events.count("publications_dropped"), 0U);
}

TEST_F(BusTest, WhatGotTooOldIsDroppedWhenItDoes) {
  settings_.connect_deadline = seconds{1};
  start();
  publish(1, "a", milliseconds{300});
  publish(2, "b", milliseconds{300});
  publish(3, "c", milliseconds{900});
  world_.clock.advance(milliseconds{299});
  EXPECT_THAT(seen_.take(), IsEmpty());
  world_.clock.advance(milliseconds{1});
  EXPECT_THAT(seen_.take(), ElementsAre("dropped 1", "dropped 2"));
  ASSERT_EQ(world_.events.count("publications_dropped"), 1U) << "one event for a batch";
  EXPECT_EQ(world_.events.last("publications_dropped").count("dropped"), 2U);
  EXPECT_EQ(world_.events.last("publications_dropped").field("channel"), "ch");
  make_publisher_ready(world_.transport.peer(1));
  EXPECT_THAT(take_commands(*publisher_), ElementsAre("PUBLISH ch c"));
}

TEST_F(BusTest, AFullOutboxTellsAStepLater) {
  settings_.outbox_messages = 2;
  start();
  for (std::uint64_t id = 1; id <= 5; ++id) {
    publish(id, "x");
  }
  EXPECT_THAT(seen_.take(), IsEmpty());
  world_.clock.run_due();
  EXPECT_THAT(seen_.take(), ElementsAre("dropped 1", "dropped 2", "dropped 3"));
  EXPECT_EQ(world_.events.last("publications_dropped").field("why"), "outbox_full");
  EXPECT_EQ(world_.events.last("publications_dropped").count("dropped"), 3U);
}

TEST_F(BusTest, AHandlerThatPublishesWhatWasDroppedDoesNotSpin) {
  settings_.outbox_messages = 0;
  start();
  int again = 0;
  seen_.when_published = [&](const PublicationResult&) {
    if (++again < 5) {
      publish(1, "x");
    }
  };
  publish(1, "x");
  world_.clock.run_due();
  EXPECT_EQ(again, 5);
}

TEST_F(BusTest, WithoutAnOutboxAReadyLinkStillPublishes) {
  settings_.outbox_messages = 0;
  start_ready();
  publish(1, "x");
  EXPECT_THAT(take_commands(*publisher_), ElementsAre("PUBLISH ch x"));
}

TEST_F(BusTest, WhatWasUnansweredWhenTheLinkWasLostIsUnknownAndNotSentAgain) {
  start_ready();
  publish(1, "a");
  publish(2, "b");
  publish(3, "c");
  publisher_->send(":1\r\n");
  static_cast<void>(seen_.take());
  const EventId fault = world_.events.mark("redis_killed");
  publisher_->close(CloseReason::reset, "reset", fault);
  EXPECT_THAT(seen_.take(), ElementsAre("lost publisher", "unknown 2", "unknown 3"));
  EXPECT_FALSE(bus_->ready(LinkRole::publisher));
  EXPECT_TRUE(bus_->ready(LinkRole::subscriber));
  EXPECT_EQ(seen_.last_cause, world_.events.last("link_lost").id);
  EXPECT_EQ(world_.events.last("link_lost").cause, fault);
  world_.clock.advance(milliseconds{100});
  make_publisher_ready(world_.transport.last());
  EXPECT_THAT(take_commands(*publisher_), IsEmpty());
}

TEST_F(BusTest, WhatIsPublishedOnALossWaitsForTheNextLink) {
  start_ready();
  publish(1, "a");
  seen_.when_published = [this](const PublicationResult& result) {
    if (result.kind == PublicationResult::Kind::unknown) {
      publish(2, "again");
    }
  };
  seen_.when_lost = [this](LinkRole) { publish(3, "lost"); };
  static_cast<void>(take_commands(*publisher_));
  FakePeer& next = lose_publisher();
  make_publisher_ready(next);
  EXPECT_THAT(take_commands(next), ElementsAre("PUBLISH ch lost", "PUBLISH ch again"));
}

TEST_F(BusTest, HoldsBackWhileTheNetworkTakesNothing) {
  start_ready();
  publisher_->stall();
  const std::string large(600'000, 'x');
  for (std::uint64_t id = 1; id <= 4; ++id) {
    publish(id, large);
  }
  EXPECT_THAT(take_commands(*publisher_), SizeIs(2));
  publisher_->drain();
  EXPECT_THAT(take_commands(*publisher_), SizeIs(2));
}

TEST_F(BusTest, BoundsWhatIsUnanswered) {
  settings_.outbox_messages = 10'000;
  start_ready();
  for (int i = 0; i < 3'000; ++i) {
    publish(0, "x");
  }
  EXPECT_THAT(take_commands(*publisher_), SizeIs(1'024));
  publisher_->send(":1\r\n:1\r\n");
  EXPECT_THAT(take_commands(*publisher_), SizeIs(2));
}

TEST_F(BusTest, APublicationTheServerRefusesIsDroppedWithItsWords) {
  start_ready();
  publish(1, "a");
  publisher_->send("-NOPERM no permissions to access one of the channels\r\n");
  EXPECT_THAT(seen_.take(), ElementsAre("dropped 1"));
  const auto& dropped = world_.events.last("publications_dropped");
  EXPECT_EQ(dropped.field("why"), "refused");
  EXPECT_EQ(dropped.field("channel"), "ch");
  EXPECT_EQ(dropped.field("detail"), "NOPERM no permissions to access one of the channels");
}

TEST_F(BusTest, JudgesTheSilenceOfEachLinkOnItsOwn) {
  start_ready();
  world_.clock.advance(seconds{5});
  EXPECT_THAT(take_commands(*subscriber_), ElementsAre("PING"));
  EXPECT_THAT(take_commands(*publisher_), ElementsAre("PING"));
  publisher_->send("+PONG\r\n");
  world_.clock.advance(seconds{2});
  EXPECT_THAT(seen_.take(), ElementsAre("lost subscriber"));
  EXPECT_TRUE(bus_->ready(LinkRole::publisher));
}

TEST_F(BusTest, ReadsWhatCameWhileItSleptBeforeItJudges) {
  start_ready();
  publish(1, "a");
  world_.clock.advance(seconds{1});
  world_.clock.sleep_through(seconds{60});
  world_.clock.run_due();
  EXPECT_TRUE(bus_->ready(LinkRole::publisher)) << "the answer may wait in the socket";
  publisher_->send(":1\r\n");
  world_.clock.advance(seconds{1});
  EXPECT_THAT(seen_.take(), ElementsAre("sent 1 1"));
  EXPECT_TRUE(bus_->ready(LinkRole::publisher));
  EXPECT_TRUE(bus_->ready(LinkRole::subscriber));
}

TEST_F(BusTest, ASleepExcusesNothingForLong) {
  start_ready();
  publish(1, "a");
  world_.clock.advance(seconds{1});
  world_.clock.sleep_through(seconds{60});
  world_.clock.advance(milliseconds{100});
  EXPECT_FALSE(bus_->ready(LinkRole::publisher));
  EXPECT_EQ(world_.events.last("link_lost").field("reason"), "reply_late");
}

TEST_F(BusTest, ReconnectsBothLinksAStepAfterItWasAsked) {
  start_ready();
  const EventId cause = world_.events.mark("no_grant");
  publish(1, "a");
  bus_->reconnect("no grant", cause);
  EXPECT_THAT(seen_.take(), IsEmpty());
  world_.clock.run_due();
  EXPECT_THAT(seen_.take(), ElementsAre("lost subscriber", "lost publisher", "unknown 1"));
  const auto lost = world_.events.named("link_lost");
  ASSERT_THAT(lost, SizeIs(2));
  EXPECT_EQ(lost[0].field("reason"), "asked");
  EXPECT_EQ(lost[0].field("detail"), "no grant");
  EXPECT_EQ(lost[0].cause, cause);
  ASSERT_EQ(world_.transport.attempts(), 4U);
  EXPECT_FALSE(world_.transport.peer(0).held());
  EXPECT_FALSE(world_.transport.peer(1).held());
  make_subscriber_ready(world_.transport.peer(2));
  make_publisher_ready(world_.transport.peer(3));
  EXPECT_THAT(seen_.take(), ElementsAre("ready subscriber", "ready publisher"));
}

TEST_F(BusTest, AHandlerMayAskToReconnectInTheMiddleOfAPiece) {
  start_ready();
  seen_.when_message = [this] { bus_->reconnect("canary missed", {}); };
  subscriber_->send(resp_array({"message", "c", "1"}) + resp_array({"message", "c", "2"}));
  EXPECT_THAT(seen_.take(), ElementsAre("message c 1", "message c 2"));
  world_.clock.run_due();
  EXPECT_EQ(world_.transport.attempts(), 4U);
}

TEST_F(BusTest, FinishesWhenEverythingIsAnswered) {
  start_ready();
  publish(1, "last");
  bool done = false;
  bus_->finish(seconds{5}, [&] { done = true; });
  world_.clock.advance(milliseconds{500});
  EXPECT_FALSE(done);
  publisher_->send(":1\r\n");
  EXPECT_FALSE(done) << "done is a step of its own";
  world_.clock.run_due();
  EXPECT_TRUE(done);
  EXPECT_THAT(seen_.take(), ElementsAre("sent 1 1"));
}

TEST_F(BusTest, FinishesInTheNextStepWhenNothingIsLeft) {
  start_ready();
  bool done = false;
  bus_->finish(seconds{5}, [&] { done = true; });
  EXPECT_FALSE(done);
  world_.clock.run_due();
  EXPECT_TRUE(done);
}

TEST_F(BusTest, FinishesWithoutTheServerWhenPatienceEnds) {
  settings_.reply_deadline = seconds{20};
  start_ready();
  publish(1, "unanswered");
  publisher_->stall();
  publish(2, std::string(2U << 20U, 'x'));
  publish(3, "waits");
  bool done = false;
  bus_->finish(seconds{2}, [&] { done = true; });
  world_.clock.advance(seconds{2} - Duration{1});
  EXPECT_FALSE(done);
  world_.clock.advance(Duration{1});
  EXPECT_TRUE(done);
  EXPECT_THAT(seen_.take(), ElementsAre("dropped 3", "unknown 1", "unknown 2"));
  EXPECT_EQ(world_.events.last("publications_dropped").field("why"), "finished");
  EXPECT_FALSE(world_.transport.peer(0).held());
  EXPECT_FALSE(world_.transport.peer(1).held());
  publish(4, "after the end");
  world_.clock.run_due();
  EXPECT_THAT(seen_.take(), ElementsAre("dropped 4"));
}

// A machine that is gone takes bytes and answers nothing. Its farewell is the caller's patience, and then
// both ends are dropped, not closed in order: nobody is there to close his.
TEST_F(BusTest, FinishesOnAHalfOpenLinkWhenPatienceEnds) {
  start_ready();
  publish(1, "stopping");
  bool done = false;
  bus_->finish(seconds{2}, [&] { done = true; });
  world_.clock.advance(seconds{2});
  EXPECT_TRUE(done);
  for (std::size_t i = 0; i < world_.transport.attempts(); ++i) {
    EXPECT_FALSE(world_.transport.peer(i).held());
    EXPECT_FALSE(world_.transport.peer(i).closed_by_client());
  }
  const std::size_t attempts = world_.transport.attempts();
  world_.clock.advance(minutes{1});
  EXPECT_EQ(world_.transport.attempts(), attempts) << "the end is the end";
}

TEST_F(BusTest, FinishesWhileTheNextAttemptGetsNoAnswer) {
  start_ready();
  publisher_->close(CloseReason::reset);
  publish(1, "stopping");
  bool done = false;
  bus_->finish(seconds{2}, [&] { done = true; });
  world_.clock.advance(seconds{2});
  EXPECT_TRUE(done);
  EXPECT_EQ(world_.events.last("publications_dropped").field("why"), "finished");
  EXPECT_FALSE(world_.transport.last().held());
}

TEST_F(BusTest, WhatIsPublishedOnALinkAboutToBeLeftWaitsForTheNext) {
  start_ready();
  static_cast<void>(take_commands(*publisher_));
  bus_->reconnect("canary", {});
  publish(1, "alert");
  EXPECT_THAT(take_commands(*publisher_), IsEmpty());
  world_.clock.run_due();
  FakePeer& next = world_.transport.last();
  make_publisher_ready(next);
  EXPECT_THAT(take_commands(next), ElementsAre("PUBLISH ch alert"));
}

TEST_F(BusTest, FinishDoesNotWaitForALinkThatWasGivenUp) {
  settings_.reconnect_attempts = 0;
  start_ready();
  publisher_->close(CloseReason::reset);
  publish(1, "stuck");
  bool done = false;
  bus_->finish(minutes{5}, [&] { done = true; });
  world_.clock.run_due();
  EXPECT_TRUE(done);
}

TEST_F(BusTest, ArmsItsTimerOnlyWhenADeadlineComesNearer) {
  start_ready();
  world_.clock.advance(seconds{1});
  const auto armed = world_.clock.next_due();
  for (int i = 0; i < 100; ++i) {
    world_.clock.advance(milliseconds{1});
    subscriber_->send(resp_array({"message", "c", "x"}));
    EXPECT_EQ(world_.clock.next_due(), armed);
  }
}

}  // namespace
}  // namespace arbees::redis
