#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/redis/bus.h"
#include "tests/support/fake_ports.h"
#include "tests/support/redis_bus_bench.h"

namespace arbees::redis {
namespace {

using ::testing::ElementsAre;
using testing::FakePeer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::resp_array;
using testing::resp_confirmation;
using testing::resp_hello;
using testing::take_commands;

constexpr std::uint16_t sentinel_port = 26379;
constexpr std::uint16_t server_port = 6379;

/// A bus that finds its server by three sentinels; network, sentinels and servers are the test.
class SentinelTest : public ::testing::Test {
 protected:
  SentinelTest() {
    settings_.sentinel.master = "arbees";
    for (const char* host : {"s1", "s2", "s3"}) {
      settings_.sentinel.sentinels.push_back({Endpoint::Kind::tcp, host, sentinel_port});
    }
  }

  void start() {
    bus_ = std::make_unique<Bus>(world_.ports, settings_, std::vector<Subscription>{{"c", false}},
                                 seen_);
    bus_->start({});
  }

  void start_ready() {
    start();
    answer(last(), "m1");
    make_ready("m1");
    ASSERT_THAT(seen_.take(), ElementsAre("ready publisher", "ready subscriber"));
  }

  /// The sentinel at this connection is asked, names `host`, and confirms that it is listened to.
  void answer(FakePeer& sentinel, std::string_view host) {
    sentinel.accept();
    EXPECT_THAT(take_commands(sentinel),
                ElementsAre("SENTINEL get-master-addr-by-name arbees", "SUBSCRIBE +switch-master"));
    sentinel_ = &sentinel;
    sentinel.send(resp_array({host, "6379"}) + resp_confirmation("subscribe", "+switch-master", 1));
  }

  /// The last two connections lead to `host`, which is a master.
  void make_ready(std::string_view host) {
    ASSERT_GE(attempts(), 2U);
    subscriber_ = &peer(attempts() - 2);
    publisher_ = &peer(attempts() - 1);
    for (FakePeer* server : {subscriber_, publisher_}) {
      ASSERT_EQ(server->endpoint(),
                (Endpoint{Endpoint::Kind::tcp, std::string{host}, server_port}));
      server->accept();
      EXPECT_THAT(take_commands(*server), ElementsAre("HELLO 2", "ROLE", "PING"));
      server->send(resp_hello() + std::string{master_role} + "+PONG\r\n");
    }
    EXPECT_THAT(take_commands(*subscriber_), ElementsAre("SUBSCRIBE c"));
    subscriber_->send(resp_confirmation("subscribe", "c", 1));
  }

  [[nodiscard]] std::string switched(std::string_view from, std::string_view to) const {
    return resp_array({"message", "+switch-master",
                       "arbees " + std::string{from} + " 6379 " + std::string{to} + " 6379"});
  }

  /// Lets time pass until somebody connects again.
  FakePeer& next_connection() {
    const std::size_t before = attempts();
    while (attempts() == before) {
      world_.clock.advance(milliseconds{1});
    }
    return last();
  }

  [[nodiscard]] std::size_t attempts() const { return world_.transport.attempts(); }
  FakePeer& peer(std::size_t attempt) { return world_.transport.peer(attempt); }
  FakePeer& last() { return world_.transport.last(); }

  static constexpr std::string_view master_role = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
  static constexpr std::string_view replica_role =
      "*5\r\n$5\r\nslave\r\n$2\r\nm2\r\n:6379\r\n$9\r\nconnected\r\n:10\r\n";

  testing::FakePorts world_;
  BusSettings settings_;
  testing::RecordingBusHandler seen_;
  std::unique_ptr<Bus> bus_;
  FakePeer* sentinel_ = nullptr;
  FakePeer* subscriber_ = nullptr;
  FakePeer* publisher_ = nullptr;
};

TEST_F(SentinelTest, AsksASentinelAndConnectsBothLinksToTheMaster) {
  start();
  ASSERT_EQ(attempts(), 1U) << "no link knows yet where to go";
  EXPECT_EQ(last().endpoint(), (Endpoint{Endpoint::Kind::tcp, "s1", sentinel_port}));
  answer(last(), "m1");
  make_ready("m1");
  EXPECT_TRUE(bus_->ready(LinkRole::subscriber) && bus_->ready(LinkRole::publisher));
  const auto& resolved = world_.events.last("master_resolved");
  EXPECT_EQ(resolved.field("host"), "m1");
  EXPECT_EQ(resolved.count("port"), 6379U);
  EXPECT_EQ(resolved.field("sentinel"), "s1:26379");
  EXPECT_EQ(attempts(), 3U);
}

TEST_F(SentinelTest, GivesSentinelsTheirOwnPasswordOnly) {
  settings_.password = "server-secret";
  settings_.sentinel.password = "sentinel-secret";
  start();
  last().accept();
  EXPECT_THAT(take_commands(last()),
              ElementsAre("AUTH sentinel-secret", "SENTINEL get-master-addr-by-name arbees",
                          "SUBSCRIBE +switch-master"));
  last().send("+OK\r\n" + resp_array({"m1", "6379"}) +
              resp_confirmation("subscribe", "+switch-master", 1));
  last().accept();
  EXPECT_THAT(take_commands(last()), ElementsAre("AUTH server-secret", "HELLO 2", "ROLE", "PING"));
}

TEST_F(SentinelTest, AsksTheNextSentinelAtOnceAndReportsEachOnce) {
  start();
  last().close(CloseReason::refused);
  EXPECT_EQ(last().endpoint().host, "s2");
  world_.clock.advance(settings_.connect_deadline);
  EXPECT_EQ(last().endpoint().host, "s3");
  answer(last(), "m1");
  make_ready("m1");
  const auto unusable = world_.events.named("sentinel_unusable");
  ASSERT_EQ(unusable.size(), 2U);
  EXPECT_EQ(unusable[0].field("sentinel"), "s1:26379");
  EXPECT_EQ(unusable[0].field("reason"), "refused");
  EXPECT_EQ(unusable[1].field("reason"), "connect_late");
  // Whoever answered is asked first.
  publisher_->close(CloseReason::reset);
  EXPECT_EQ(next_connection().endpoint().host, "s3");
}

TEST_F(SentinelTest, WithoutAnySentinelItTriesForEverWithinTheBackoff) {
  start();
  for (int round = 0; round < 30; ++round) {
    for (int sentinel = 0; sentinel < 3; ++sentinel) {
      last().close(CloseReason::refused);
    }
    const MonoTime before = world_.clock.now();
    next_connection();
    EXPECT_LE(world_.clock.now() - before, settings_.backoff_cap);
  }
  EXPECT_EQ(world_.events.count("sentinel_unusable"), 3U) << "once each, not at every attempt";
  EXPECT_EQ(world_.events.last("link_attempt_failed").field("reason"), "no_sentinel");
  EXPECT_EQ(world_.events.count("link_misconfigured"), 0U);
  answer(last(), "m1");
  for (int i = 0; i < 2; ++i) {
    if (attempts() < 2 || last().endpoint().host != "m1") {
      answer(next_connection(), "m1");
    }
  }
  EXPECT_EQ(last().endpoint().host, "m1");
}

TEST_F(SentinelTest, AnUnknownNameIsAMisconfigurationOnceAllSayIt) {
  start();
  const auto say_unknown = [this] {
    last().accept();
    last().send("*-1\r\n" + resp_confirmation("subscribe", "+switch-master", 1));
  };
  say_unknown();
  say_unknown();
  EXPECT_EQ(world_.events.count("link_misconfigured"), 0U);
  EXPECT_EQ(world_.events.count("sentinel_unusable"), 2U);
  say_unknown();
  ASSERT_EQ(world_.events.count("link_misconfigured"), 2U) << "one for each link";
  EXPECT_THAT(world_.events.last("link_misconfigured").field("detail"),
              HasSubstr("no master named 'arbees'"));
  const std::size_t before = attempts();
  world_.clock.advance(settings_.refused_wait - Duration{1});
  EXPECT_EQ(attempts(), before);
  world_.clock.advance(Duration{1});
  answer(last(), "m1");
  make_ready("m1");
}

TEST_F(SentinelTest, AReplicaIsRefusedAndAnotherSentinelAsked) {
  start();
  answer(last(), "m1");
  FakePeer& first = peer(1);
  FakePeer& second = peer(2);
  for (FakePeer* server : {&first, &second}) {
    server->accept();
    server->send(resp_hello() + std::string{replica_role} + "+PONG\r\n");
    EXPECT_FALSE(server->held());
  }
  const auto& failed = world_.events.last("link_attempt_failed");
  EXPECT_EQ(failed.field("reason"), "not_master");
  EXPECT_THAT(failed.field("detail"), HasSubstr("slave of m2:6379"));
  EXPECT_EQ(next_connection().endpoint().host, "s2") << "the first one may lag behind a failover";
}

// A sentinel that is cut off together with a dead master names it for ever.
TEST_F(SentinelTest, AMasterThatDoesNotAnswerMakesItAskAnotherSentinel) {
  start();
  answer(last(), "m1");
  peer(1).close(CloseReason::refused);
  peer(2).close(CloseReason::refused);
  EXPECT_EQ(next_connection().endpoint().host, "s2");
}

TEST_F(SentinelTest, EveryAttemptUsesAnAnswerThatWasAskedForIt) {
  start_ready();
  sentinel_->send(resp_array({"pong", ""}));
  publisher_->close(CloseReason::reset);
  FakePeer& question = next_connection();
  EXPECT_EQ(question.endpoint().host, "s1") << "what was answered before is not good enough";
  question.accept();
  // The second link begins its attempt when the question has left already.
  world_.clock.advance(milliseconds{1});
  subscriber_->close(CloseReason::reset);
  world_.clock.advance(milliseconds{100});
  const std::size_t before = attempts();
  question.send(resp_array({"m1", "6379"}) + resp_confirmation("subscribe", "+switch-master", 1));
  ASSERT_EQ(attempts(), before + 2);
  EXPECT_EQ(peer(before).endpoint().host, "m1") << "for the first link";
  EXPECT_EQ(last().endpoint().host, "s1") << "asked again for the second";
}

TEST_F(SentinelTest, AFailoverEndsBothLinksAndReconnectsAtOnce) {
  start_ready();
  const MonoTime before = world_.clock.now();
  sentinel_->send(switched("m1", "m2"));
  EXPECT_THAT(seen_.take(), ElementsAre("lost subscriber", "lost publisher"));
  const auto& event = world_.events.last("master_switched");
  EXPECT_EQ(event.field("from"), "m1:6379");
  EXPECT_EQ(event.field("to"), "m2:6379");
  EXPECT_EQ(event.field("how"), "told");
  for (const auto& lost : world_.events.named("link_lost")) {
    EXPECT_EQ(lost.field("reason"), "switched");
    EXPECT_EQ(lost.cause, event.id);
  }
  EXPECT_FALSE(subscriber_->held() || publisher_->held());
  answer(last(), "m2");
  make_ready("m2");
  EXPECT_THAT(seen_.take(), ElementsAre("ready publisher", "ready subscriber"));
  EXPECT_EQ(world_.clock.now(), before);
}

TEST_F(SentinelTest, AFailoverOfAnotherMasterIsNothingToUs) {
  start_ready();
  sentinel_->send(resp_array({"message", "+switch-master", "other m1 6379 m2 6379"}) +
                  resp_array({"message", "+switch-master", "arbees m1"}));
  EXPECT_THAT(seen_.take(), IsEmpty());
  EXPECT_TRUE(sentinel_->held());
}

TEST_F(SentinelTest, AFailoverSkipsTheWaitAndLeavesAnAttemptAtTheOldMaster) {
  start_ready();
  subscriber_->close(CloseReason::reset);
  answer(next_connection(), "m1");
  FakePeer& attempt = last();
  ASSERT_EQ(attempt.endpoint().host, "m1");
  sentinel_->send(switched("m1", "m2"));
  EXPECT_FALSE(attempt.held());
  answer(last(), "m2");
  make_ready("m2");
}

// The other link asked and heard it; this one would have slept for up to the cap of the backoff.
TEST_F(SentinelTest, ALinkThatWaitsTriesAtOnceWhenTheOtherHearsOfANewMaster) {
  start_ready();
  publisher_->close(CloseReason::reset);
  FakePeer& question = next_connection();
  question.accept();
  subscriber_->close(CloseReason::reset);
  const std::size_t before = attempts();
  question.send(resp_array({"m2", "6379"}) + resp_confirmation("subscribe", "+switch-master", 1));
  ASSERT_EQ(attempts(), before + 2);
  EXPECT_EQ(peer(before).endpoint().host, "m2") << "for the publisher";
  EXPECT_EQ(last().endpoint().host, "s1") << "asked again for the subscriber";
}

TEST_F(SentinelTest, AFailoverThatWasMissedIsSeenWhenTheSentinelsAreBack) {
  start_ready();
  sentinel_->close(CloseReason::reset);
  EXPECT_TRUE(bus_->ready(LinkRole::publisher)) << "no sentinel, no harm";
  answer(next_connection(), "m2");
  EXPECT_EQ(world_.events.last("master_switched").field("how"), "asked");
  EXPECT_THAT(seen_.take(), ElementsAre("lost subscriber", "lost publisher"));
  answer(last(), "m2");
  make_ready("m2");
}

TEST_F(SentinelTest, ASilentSentinelIsReplaced) {
  start_ready();
  world_.clock.advance(settings_.ping_interval);
  EXPECT_THAT(take_commands(*sentinel_), ElementsAre("PING"));
  for (FakePeer* server : {subscriber_, publisher_}) {
    server->send(server == subscriber_ ? resp_array({"pong", ""}) : std::string{"+PONG\r\n"});
  }
  world_.clock.advance(settings_.reply_deadline);
  EXPECT_FALSE(sentinel_->held());
  EXPECT_EQ(world_.events.last("sentinel_unusable").field("reason"), "silence");
  answer(next_connection(), "m1");
  EXPECT_THAT(seen_.take(), IsEmpty());
}

TEST_F(SentinelTest, AskedToReconnectItAsksWhereToFirst) {
  start_ready();
  bus_->reconnect("the canary did not come back", {});
  world_.clock.run_due();
  EXPECT_THAT(seen_.take(), ElementsAre("lost subscriber", "lost publisher"));
  answer(last(), "m2");
  make_ready("m2");
}

TEST_F(SentinelTest, AServerThatIsNoSentinelIsAMisconfiguration) {
  settings_.sentinel.sentinels.resize(1);
  start();
  last().accept();
  last().send("-ERR unknown command 'SENTINEL', with args beginning with: ...\r\n*3\r\n");
  EXPECT_EQ(world_.events.count("link_misconfigured"), 2U);
  EXPECT_FALSE(last().held());
}

TEST_F(SentinelTest, FinishingNeedsNoSentinel) {
  start();
  bool done = false;
  bus_->publish({"c", "x", seconds{45}, PublicationId(1)}, {});
  bus_->finish(seconds{2}, [&] { done = true; });
  world_.clock.advance(seconds{2});
  EXPECT_TRUE(done);
  EXPECT_FALSE(last().held());
  const std::size_t before = attempts();
  world_.clock.advance(minutes{1});
  EXPECT_EQ(attempts(), before);
}

}  // namespace
}  // namespace arbees::redis
