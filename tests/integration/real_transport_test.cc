#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/redis/bus.h"
#include "core/store/memory_store.h"
#include "prod/asio/boot_clock.h"
#include "prod/asio/transport.h"
#include "prod/signals/recorded_signal_feed.h"
#include "prod/system/entropy.h"
#include "tests/prod/loop_fixture.h"
#include "tests/support/fake_events.h"
#include "tests/support/real_redis.h"

// The Transport and Clock ports have two implementations. The same bus that the simulator runs is run here
// on Asio against a real redis-server: what it is promised by the ports, production keeps.

namespace arbees::prod {
namespace {

using redis::Bus;
using redis::BusSettings;
using redis::LinkRole;
using redis::PublicationId;
using redis::PublicationResult;

class BusWatcher final : public redis::BusHandler {
 public:
  void on_link_ready(LinkRole role, EventId /*cause*/) override {
    (role == LinkRole::subscriber ? subscriber_ready : publisher_ready)++;
  }
  void on_link_lost(LinkRole role, EventId /*cause*/) override {
    (role == LinkRole::subscriber ? subscriber_lost : publisher_lost)++;
  }
  void on_message(std::string_view channel, std::string_view payload) override {
    messages.emplace_back(channel, payload);
  }
  void on_published(const PublicationResult& result) override { results.push_back(result); }

  int subscriber_ready = 0;
  int publisher_ready = 0;
  int subscriber_lost = 0;
  int publisher_lost = 0;
  std::vector<std::pair<std::string, std::string>> messages;
  std::vector<PublicationResult> results;
};

class RealTransport : public LoopFixture, public ::testing::WithParamInterface<Endpoint::Kind> {
 protected:
  RealTransport() {
    settings_.endpoint =
        GetParam() == Endpoint::Kind::tcp
            ? Endpoint{.kind = Endpoint::Kind::tcp, .host = "127.0.0.1", .port = server_.port()}
            : Endpoint{
                  .kind = Endpoint::Kind::unix_socket, .host = server_.socket_path(), .port = 0};
    settings_.client_name = "real-transport-test";
  }

  void start() {
    bus_ = std::make_unique<Bus>(
        ports_, settings_,
        std::vector<redis::Subscription>{{"news", false}, {"shard:*:heartbeat", true}}, watcher_);
    bus_->start(EventId{});
  }
  [[nodiscard]] bool run_until_ready(int times) {
    return run_until(
        [&] { return watcher_.subscriber_ready == times && watcher_.publisher_ready == times; });
  }
  [[nodiscard]] bool run_until_lost() {
    return run_until([&] { return watcher_.subscriber_lost == 1 && watcher_.publisher_lost == 1; });
  }
  void publish(std::string channel, std::string payload, std::uint64_t id) {
    bus_->publish({std::move(channel), std::move(payload), seconds{5}, PublicationId(id)},
                  EventId{});
  }
  [[nodiscard]] std::string said() const {
    std::string text;
    for (const auto& event : events_.all()) {
      text += event.name;
      for (const auto& [name, value] : event.fields)
        text += ' ' + name + '=' + value;
      text += '\n';
    }
    return text;
  }

  arbees::testing::RealRedis server_;
  BootClock clock_{loop_.io()};
  AsioTransport transport_{loop_.io()};
  arbees::testing::FakeEvents events_;
  StoreImage image_;
  MemoryStore store_{image_, clock_, false};
  SeededEntropy entropy_{7};
  RecordedSignalFeed signals_;
  Ports ports_{clock_, transport_, store_, entropy_, signals_, events_, loop_};
  BusSettings settings_;
  BusWatcher watcher_;
  std::unique_ptr<Bus> bus_;
};

INSTANTIATE_TEST_SUITE_P(Over, RealTransport,
                         ::testing::Values(Endpoint::Kind::tcp, Endpoint::Kind::unix_socket),
                         [](const auto& kind) {
                           return kind.param == Endpoint::Kind::tcp ? "Tcp" : "UnixSocket";
                         });

TEST_P(RealTransport, BecomesReadyAndCarriesMessages) {
  start();
  ASSERT_TRUE(run_until_ready(1)) << said();
  publish("news", "first", 1);
  publish("shard:s1:heartbeat", "beat", 2);
  publish("nobody:listens", "lost", 3);
  ASSERT_TRUE(run_until([&] {
    return watcher_.results.size() == 3 && watcher_.messages.size() == 2;
  })) << said();
  EXPECT_EQ(watcher_.messages[0], (std::pair<std::string, std::string>("news", "first")));
  EXPECT_EQ(watcher_.messages[1],
            (std::pair<std::string, std::string>("shard:s1:heartbeat", "beat")));
  EXPECT_EQ(watcher_.results[0].kind, PublicationResult::Kind::sent);
  EXPECT_EQ(watcher_.results[0].receivers, 1U);
  EXPECT_EQ(watcher_.results[2].receivers, 0U);
}

TEST_P(RealTransport, CarriesAMessageOfManyReads) {
  start();
  ASSERT_TRUE(run_until_ready(1)) << said();
  std::string large;
  while (large.size() < 900'000)
    large += std::to_string(large.size()) + '\n';
  publish("news", large, 1);
  ASSERT_TRUE(run_until([&] { return watcher_.messages.size() == 1; })) << said();
  EXPECT_TRUE(watcher_.messages[0].second == large);
}

TEST_P(RealTransport, ComesBackAfterTheServerWasKilled) {
  start();
  ASSERT_TRUE(run_until_ready(1)) << said();
  server_.kill();
  ASSERT_TRUE(run_until_lost()) << said();
  // A few attempts that fail: the port or the path is there no more.
  ASSERT_TRUE(run_until([&] { return events_.count("link_attempt_failed") >= 4; })) << said();
  EXPECT_EQ(events_.last("link_attempt_failed").field("reason"), "refused");
  server_.start();
  ASSERT_TRUE(run_until_ready(2)) << said();
  publish("news", "after", 9);
  ASSERT_TRUE(run_until([&] { return !watcher_.messages.empty(); })) << said();
  EXPECT_EQ(watcher_.messages.back().second, "after");
}

TEST_P(RealTransport, NoticesAServerThatOnlySeemsAlive) {
  settings_.ping_interval = milliseconds{200};
  settings_.read_silence = milliseconds{800};
  settings_.reply_deadline = milliseconds{600};
  start();
  ASSERT_TRUE(run_until_ready(1)) << said();
  server_.freeze();
  ASSERT_TRUE(run_until_lost()) << said();
  for (const auto& lost : events_.named("link_lost")) {
    EXPECT_TRUE(lost.field("reason") == "silence" || lost.field("reason") == "reply_late")
        << lost.field("reason");
  }
  server_.thaw();
  ASSERT_TRUE(run_until_ready(2)) << said();
}

TEST_P(RealTransport, SaysWhenTheServerRefusesByConfiguration) {
  settings_.password = "wrong";
  start();
  ASSERT_TRUE(run_until([&] { return events_.count("link_misconfigured") >= 1; })) << said();
  EXPECT_EQ(said().find("wrong"), std::string::npos) << "the password is in an event:\n" << said();
}

TEST_P(RealTransport, FinishesWhatWaits) {
  start();
  ASSERT_TRUE(run_until_ready(1)) << said();
  publish("news", "goodbye", 4);
  bool done = false;
  bus_->finish(seconds{5}, [&] { done = true; });
  ASSERT_TRUE(run_until([&] { return done; })) << said();
  ASSERT_EQ(watcher_.results.size(), 1U);
  EXPECT_EQ(watcher_.results[0].kind, PublicationResult::Kind::sent);
}

}  // namespace
}  // namespace arbees::prod
