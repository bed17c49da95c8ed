#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/redis/link.h"
#include "tests/support/fake_ports.h"
#include "tests/support/redis_bus_bench.h"

namespace arbees::testing {

/// Writes down every call, one line each.
struct RecordingLinkObserver final : redis::LinkObserver {
  void on_ready(redis::LinkRole /*role*/, EventId cause) override {
    calls.emplace_back("ready");
    last_cause = cause;
  }
  void on_lost(redis::LinkRole /*role*/, EventId cause,
               std::vector<redis::Published> unanswered) override {
    calls.push_back("lost " + std::to_string(unanswered.size()));
    last_cause = cause;
  }
  void on_message(std::string_view channel, std::string_view payload) override {
    calls.push_back(std::string{channel} + "=" + std::string{payload});
  }
  void on_answer(const redis::Published& published, std::uint64_t receivers) override {
    calls.push_back("answer " + std::to_string(published.id.value()) + " " +
                    std::to_string(receivers));
  }
  void on_refusal(const redis::Published& published, std::string_view error) override {
    calls.push_back("refusal " + std::to_string(published.id.value()) + " " + std::string{error});
  }
  void on_wrong_master(std::size_t sentinel) override {
    calls.push_back("wrong master by " + std::to_string(sentinel));
  }
  void on_step_end() override {}

  [[nodiscard]] std::vector<std::string> take() { return std::exchange(calls, {}); }

  std::vector<std::string> calls;
  EventId last_cause;
};

/// A link whose network and server are the test. Drives `advance` at each deadline, as a bus does.
class RedisLinkTest : public ::testing::Test {
 protected:
  redis::Link& start(redis::LinkRole role, std::vector<redis::Subscription> subscriptions = {}) {
    link_ = std::make_unique<redis::Link>(world_.ports, settings_, role, std::move(subscriptions),
                                          seen_);
    started_ = world_.events.mark("started");
    link_->start(started_);
    return *link_;
  }

  redis::Link& start_ready_publisher() {
    redis::Link& link = start(redis::LinkRole::publisher);
    make_ready();
    return link;
  }

  redis::Link& start_ready_subscriber() {
    redis::Link& link = start(redis::LinkRole::subscriber, {{"c", false}, {"p:*", true}});
    make_ready();
    return link;
  }

  void make_ready() {
    peer().accept();
    peer().send(resp_hello() + "+PONG\r\n");
    if (!link_->ready()) {
      peer().send(resp_confirmation("subscribe", "c", 1) +
                  resp_confirmation("psubscribe", "p:*", 2));
    }
    ASSERT_TRUE(link_->ready());
    static_cast<void>(peer().take_written());
    static_cast<void>(seen_.take());
  }

  FakePeer& peer() { return world_.transport.last(); }
  [[nodiscard]] std::size_t attempts() const { return world_.transport.attempts(); }

  void pass(Duration span) {
    const MonoTime until = world_.clock.now() + span;
    while (link_->deadline().has_value() && *link_->deadline() <= until) {
      world_.clock.advance(std::max(*link_->deadline() - world_.clock.now(), Duration{0}));
      link_->advance(world_.clock.now());
    }
    world_.clock.advance(until - world_.clock.now());
  }

  /// Lets the wait between two attempts pass; returns how long it was.
  Duration pass_wait() {
    const std::size_t before = attempts();
    const Duration wait = *link_->deadline() - world_.clock.now();
    pass(wait);
    EXPECT_EQ(attempts(), before + 1);
    return wait;
  }

  void publish(std::uint64_t id, EventId cause = {}) {
    link_->publish({redis::PublicationId(id), "c", cause}, "x", world_.clock.now());
  }

  FakePorts world_;
  redis::BusSettings settings_;
  RecordingLinkObserver seen_;
  EventId started_;
  std::unique_ptr<redis::Link> link_;
};

}  // namespace arbees::testing
