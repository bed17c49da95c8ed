#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/shard/game_shard.h"
#include "core/wire/channels.h"
#include "core/wire/heartbeat.h"
#include "core/wire/shard_message.h"
#include "tests/support/fake_ports.h"
#include "tests/support/redis_bus_bench.h"

// When a shard that no grant reaches gives up which of its links (ownership.md 3.5, C4).

namespace arbees {
namespace {

using testing::FakePeer;
using testing::resp_array;
using testing::resp_confirmations;
using testing::resp_hello;
using testing::take_commands;

class ShardLinks : public ::testing::Test {
 protected:
  ShardLinks() {
    settings_.heartbeat_interval = seconds{9};
    settings_.unanswered_repeat = Duration{0};
    shard_ = make_game_shard(world_.ports, settings_);
    shard_->start();
    for (std::size_t link : {subscriber, publisher}) {
      world_.transport.peer(link).accept();
      serve(link);
    }
    grant();
  }

  /// Lets time pass; the publisher is answered, and the subscriber unless it is stuck.
  void pass(Duration span, bool subscriber_stuck) {
    for (Duration passed{0}; passed < span; passed += milliseconds{500}) {
      world_.clock.advance(milliseconds{500});
      serve(publisher);
      if (!subscriber_stuck) {
        serve(subscriber);
      } else if (peer(subscriber).held()) {
        peer(subscriber).send("x");
      }
    }
  }
  /// A message begins to arrive that is never whole; whatever is behind it has to wait.
  void stick() { peer(subscriber).send("*3\r\n$7\r\nmessage\r\n$5000\r\n"); }

  FakePeer& peer(std::size_t link) { return world_.transport.peer(link); }
  [[nodiscard]] std::size_t losses() const { return world_.events.count("link_lost"); }
  [[nodiscard]] std::string why() const { return world_.events.last("link_lost").field("reason"); }

  static constexpr std::size_t subscriber = 0;
  static constexpr std::size_t publisher = 1;
  testing::FakePorts world_;

 private:
  void serve(std::size_t link) {
    for (bool busy = true; busy;) {
      busy = false;
      for (const std::string& command : take_commands(peer(link))) {
        busy = true;
        take_boot(command);
        peer(link).send(answer(link, command));
      }
    }
  }

  std::string answer(std::size_t link, const std::string& command) {
    if (command.starts_with("SUBSCRIBE")) {
      return resp_confirmations(command, subscriptions_);
    }
    if (command.starts_with("PING")) {
      return link == subscriber && subscriptions_ > 0 ? resp_array({"pong", ""}) : "+PONG\r\n";
    }
    return command.starts_with("HELLO")  ? resp_hello()
           : command.starts_with("ROLE") ? "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
                                         : ":1\r\n";
  }

  void take_boot(const std::string& command) {
    const std::size_t payload = command.find('{');
    if (!command.starts_with("PUBLISH ") || payload == std::string::npos) {
      return;
    }
    if (const auto beat = wire::decode_heartbeat(std::string_view(command).substr(payload))) {
      beat_ = *beat;
    }
  }

  void grant() {
    ASSERT_FALSE(beat_.boot.none()) << "it has sent a heartbeat";
    peer(subscriber)
        .send(resp_array({"message", wire::command_channel(settings_.id),
                          encode(wire::Grant{.office = {Term(1), InstanceId("o")},
                                             .to = {beat_.boot, Generation(1)},
                                             .hb_seq = beat_.hb_seq,
                                             .lease = seconds{45},
                                             .games = {},
                                             .cause = {},
                                             .seq = {},
                                             .newest_epoch = {}})}));
    ASSERT_EQ(world_.events.count("message_ignored"), 0U);
  }

  ShardSettings settings_;
  std::unique_ptr<Program> shard_;
  int subscriptions_ = 0;
  wire::Heartbeat beat_;
};

TEST_F(ShardLinks, BothAreMadeAnewIfPingsAreAnsweredAndNoGrantCame) {
  pass(seconds{18} - milliseconds{500}, false);
  EXPECT_EQ(losses(), 0U);
  pass(milliseconds{500}, false);
  EXPECT_EQ(losses(), 2U);
  EXPECT_EQ(why(), "asked");
}

// C4, seed 194: with both links lost at the moment in which a PING showed that one is stuck, the shard was
// not heard any more, and called dead instead of deaf.
TEST_F(ShardLinks, APingThatWaitsDecidesBeforeBothAreGivenUp) {
  pass(seconds{13}, false);
  stick();
  pass(seconds{9}, true);
  EXPECT_EQ(losses(), 1U);
  EXPECT_EQ(why(), "reply_late");
  EXPECT_TRUE(peer(publisher).held());
}

}  // namespace
}  // namespace arbees
