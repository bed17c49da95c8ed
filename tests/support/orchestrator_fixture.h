#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/orchestrator/orchestrator.h"
#include "core/wire/channels.h"
#include "core/wire/heartbeat.h"
#include "tests/support/fake_ports.h"
#include "tests/support/redis_bus_bench.h"

namespace arbees::testing {

/// An orchestrator whose sentinel and server answer everything, and deliver its canaries unless they are deaf.
class OrchestratorFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    settings_.redis.sentinel = {{{Endpoint::Kind::tcp, "s1", 26379}}, "arbees", {}};
    orchestrator_ = make_orchestrator(world_.ports, settings_);
    orchestrator_->start();
    world_.store.answer_load(image_);
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
      while (world_.store.waiting_commits() > 0) {
        world_.store.answer_commit();
      }
    }
  }

  /// A shard's message to the orchestrator.
  void hear(const wire::Heartbeat& beat) {
    world_.transport.peer(subscriber_)
        .send(resp_array({"pmessage", "shard:*:heartbeat", wire::heartbeat_channel(beat.shard),
                          wire::encode(beat)}));
    serve();
  }

  [[nodiscard]] std::size_t count(std::string_view event) const {
    return world_.events.count(event);
  }

  testing::FakePorts world_;
  OrchestratorSettings settings_;
  StoreImage image_;  ///< what the store remembers
  std::unique_ptr<Orchestrator> orchestrator_;
  std::string master_ = "m1";
  std::size_t accepted_ = 0;
  std::size_t sentinel_ = 0;  // the last connection that asked
  std::size_t subscriber_ = 0;
  bool deaf_ = false;
  std::map<std::size_t, int> subscriptions_;
};

}  // namespace arbees::testing
