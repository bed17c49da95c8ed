#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/orchestrator/orchestrator.h"
#include "tests/support/fake_ports.h"
#include "tests/support/redis_bus_bench.h"

namespace arbees {
namespace {

using testing::FakePeer;
using testing::resp_array;
using testing::resp_confirmations;
using testing::resp_hello;
using testing::take_commands;

/// An orchestrator whose sentinel and server answer everything, and deliver its canaries unless they are deaf.
class OrchestratorLinksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings_.redis.sentinel = {{{Endpoint::Kind::tcp, "s1", 26379}}, "arbees", {}};
    orchestrator_ = make_orchestrator(world_.ports, settings_);
    orchestrator_->start();
    world_.store.answer_load(StoreImage{});
    while (world_.store.waiting_commits() > 0) {
      world_.store.answer_commit();
    }
    serve();
    ASSERT_EQ(count("link_ready"), 2U);
  }

  /// Answers until nobody asks any more.
  void serve() {
    for (bool busy = true; busy;) {
      busy = false;
      for (std::size_t i = 0; i < world_.transport.attempts(); ++i) {
        busy = serve(i) || busy;
      }
    }
  }

  bool serve(std::size_t attempt) {
    FakePeer& peer = world_.transport.peer(attempt);
    bool busy = false;
    if (peer.held() && attempt == accepted_) {
      ++accepted_;
      busy = true;
      peer.accept();
    }
    for (const std::string& command : take_commands(peer)) {
      if (peer.held()) {
        busy = true;
        peer.send(answer(attempt, command));
        echo(command);
      }
    }
    return busy;
  }

  std::string answer(std::size_t attempt, const std::string& command) {
    const std::string verb = command.substr(0, command.find(' '));
    const std::string name = command.substr(command.find(' ') + 1);
    if (verb == "SENTINEL") {
      sentinel_ = attempt;
      return resp_array({master_, "6379"});
    }
    if (verb == "SUBSCRIBE" || verb == "PSUBSCRIBE") {
      subscriber_ = name.starts_with("shard:") ? attempt : subscriber_;
      return resp_confirmations(command, subscriptions_[attempt]);
    }
    if (verb == "PING") {
      return subscriptions_[attempt] > 0 ? resp_array({"pong", ""}) : "+PONG\r\n";
    }
    return verb == "HELLO"  ? resp_hello()
           : verb == "ROLE" ? "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
                            : ":1\r\n";
  }

  void echo(const std::string& command) {
    const std::size_t channel = command.find(' ') + 1;
    const std::size_t payload = command.find(' ', channel) + 1;
    if (!deaf_ && command.starts_with("PUBLISH shard:_canary")) {
      world_.transport.peer(subscriber_)
          .send(resp_array({"pmessage", "shard:*:heartbeat",
                            command.substr(channel, payload - channel - 1),
                            command.substr(payload)}));
    }
  }

  void pass(Duration span) {
    for (Duration passed{0}; passed < span; passed += milliseconds{50}) {
      world_.clock.advance(milliseconds{50});
      serve();
    }
  }

  [[nodiscard]] std::size_t count(std::string_view event) const {
    return world_.events.count(event);
  }

  testing::FakePorts world_;
  OrchestratorSettings settings_;
  std::unique_ptr<Orchestrator> orchestrator_;
  std::string master_ = "m1";
  std::size_t accepted_ = 0;
  std::size_t sentinel_ = 0;  // the last connection that asked
  std::size_t subscriber_ = 0;
  bool deaf_ = false;
  std::map<std::size_t, int> subscriptions_;
};

// What was published while the links were down is lost: every shard is asked to beat.
TEST_F(OrchestratorLinksTest, EveryShardIsCalledAfterAFailover) {
  deaf_ = true;  // A canary that is back gives a roll call of its own.
  const std::size_t before = count("roll_call_sent");
  master_ = "m2";
  world_.transport.peer(sentinel_).send(
      resp_array({"message", "+switch-master", "arbees m1 6379 m2 6379"}));
  serve();
  EXPECT_EQ(count("link_ready"), 4U);
  EXPECT_EQ(world_.transport.last().endpoint().host, "m2");
  EXPECT_EQ(count("roll_call_sent"), before + 1);
  EXPECT_GT(world_.events.last("roll_call_sent").id, world_.events.last("link_ready").id);
}

// H3, H9: every PING and PUBLISH is answered, and nothing that is published comes back.
TEST_F(OrchestratorLinksTest, ACanaryThatStaysAwayMakesItAskAnewWhereTheMasterIs) {
  const std::size_t asked = count("master_resolved");
  pass(seconds{5});
  ASSERT_EQ(count("link_lost"), 0U);
  deaf_ = true;
  pass(settings_.canary_period + settings_.canary_timeout);
  ASSERT_EQ(count("link_lost"), 2U);
  EXPECT_EQ(world_.events.last("link_lost").field("reason"), "asked");
  EXPECT_EQ(count("link_ready"), 4U);
  EXPECT_EQ(count("master_resolved"), asked + 1);
  // The alert waited for the new link.
  EXPECT_EQ(count("alert_raised"), 1U);
  EXPECT_EQ(count("publications_dropped"), 0U);
  pass(minutes{1});
  EXPECT_LE(count("link_lost"), 2U * 13) << "at most once per canary";
  EXPECT_GE(count("link_lost"), 2U * 5) << "it goes on trying";
}

}  // namespace
}  // namespace arbees
