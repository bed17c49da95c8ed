// An orchestrator and two shards whose master is named by three real sentinels. When it dies or stands still, every
// link must follow to the replica that took its place.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/prod/temp_folder.h"
#include "tests/real/event_log.h"
#include "tests/real/process.h"
#include "tests/real/real_fleet.h"
#include "tests/support/child.h"
#include "tests/support/real_redis.h"
#include "tests/support/stream_socket.h"

namespace arbees::real {
namespace {

namespace fs = std::filesystem;
using testing::Child;
using testing::RealRedis;
using testing::StreamSocket;

constexpr Duration following_max =
    seconds{2};  ///< from the last +switch-master to the last link_ready
constexpr Duration noticing_margin = seconds{1};
constexpr std::string_view master_name = "arbees";
constexpr std::array<std::string_view, 3> nodes{"orchestrator", "s1", "s2"};
constexpr std::size_t links = 2 * nodes.size();

/// Time as the event files have it: since the Unix epoch.
Duration wall_now() { return std::chrono::system_clock::now().time_since_epoch(); }
Duration time_of(const sim::RecordedEvent& event) { return Duration{event.t_ns}; }
std::int64_t rounded_ms(Duration span) { return std::chrono::round<milliseconds>(span).count(); }

std::string receive(StreamSocket& socket) {
  std::optional<std::string> more = socket.receive(event_patience);
  if (!more || more->empty()) {
    throw std::runtime_error("a server says nothing more");
  }
  return *std::move(more);
}

/// Everything a server says until `end` is in it.
std::string read_until(StreamSocket& socket, std::string_view end) {
  std::string said;
  while (said.find(end) == std::string::npos) {
    said += receive(socket);
  }
  return said;
}

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

/// A redis-sentinel of the test's own.
class Sentinel {
 public:
  /// Writes its configuration, which it changes itself, into `folder`, and returns when it listens.
  Sentinel(const fs::path& folder, std::uint16_t master, milliseconds down_after)
      : port_(testing::free_loopback_port()),
        process_({"redis-server", configure(folder, master, down_after), "--sentinel"}) {
    if (!process_.prints("+monitor master")) {
      throw std::runtime_error("a sentinel does not start\n" + process_.output());
    }
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Waits until it knows the replica and the other two sentinels.
  void wait_for_acquaintances() {
    while (occurrences(process_.output(), "+sentinel sentinel") < 2 ||
           occurrences(process_.output(), "+slave slave") < 1) {
      if (!process_.prints("\n")) {
        throw std::runtime_error("a sentinel finds nobody\n" + process_.output());
      }
    }
  }
  /// When its next +switch-master is heard. A thread hears each sentinel, so that none waits for another.
  [[nodiscard]] std::future<Duration> next_switch() const {
    auto socket = std::make_unique<StreamSocket>(StreamSocket::connect_loopback(port_));
    socket->send("SUBSCRIBE +switch-master\r\n");
    read_until(*socket, ":1\r\n");
    return std::async(std::launch::async, [socket = std::move(socket)] {
      read_until(*socket, std::string(master_name) + " 127.0.0.1 ");
      return wall_now();
    });
  }

 private:
  [[nodiscard]] std::string configure(const fs::path& folder, std::uint16_t master,
                                      milliseconds down_after) const {
    const std::string name(master_name);
    const std::string file = folder / ("sentinel-" + std::to_string(port_) + ".conf");
    prod::write_text(file, "bind 127.0.0.1\nport " + std::to_string(port_) + "\nsentinel monitor " +
                               name + " 127.0.0.1 " + std::to_string(master) + " 2" +
                               "\nsentinel down-after-milliseconds " + name + " " +
                               std::to_string(down_after.count()) + "\nsentinel failover-timeout " +
                               name + " 3000\n");
    return file;
  }

  std::uint16_t port_;
  Child process_;
};

class RealSentinel : public ::testing::Test {
 protected:
  /// Starts everything and waits until every link is ready.
  void start(milliseconds down_after, const std::map<std::string, std::string>& settings = {}) {
    // The replica's first copy would wait 5 s for other replicas to share it with.
    master_ =
        std::make_unique<RealRedis>(std::vector<std::string>{"--repl-diskless-sync-delay", "0"});
    replica_ = std::make_unique<RealRedis>(
        std::vector<std::string>{"--replicaof", "127.0.0.1 " + std::to_string(master_->port())});
    StreamSocket person = StreamSocket::connect_unix(master_->socket_path());
    person.send("WAIT 1 " + std::to_string(rounded_ms(event_patience)) + "\r\n");
    ASSERT_EQ(receive(person), ":1\r\n");
    for (auto& sentinel : sentinels_) {
      sentinel = std::make_unique<Sentinel>(folder_.file(""), master_->port(), down_after);
    }
    for (auto& sentinel : sentinels_) {
      sentinel->wait_for_acquaintances();
    }
    start_fleet(settings);
  }

  /// Waits until all sentinels have announced the switch. The times, ordered.
  std::vector<Duration> switched() {
    std::vector<Duration> times;
    for (std::future<Duration>& announcement : announcements_) {
      times.push_back(announcement.get());
    }
    std::ranges::sort(times);
    return times;
  }
  void listen_to_sentinels() {
    for (const auto& sentinel : sentinels_) {
      announcements_.push_back(sentinel->next_switch());
    }
  }

  /// The first event of this name on each link since `since`; waits for those of all links.
  std::vector<sim::RecordedEvent> first_of_each_link(std::string_view event, Duration since) {
    std::map<std::pair<std::string, std::string>, sim::RecordedEvent> first;
    wait_for(std::string(event) + " of every link", [&](const sim::EventFile& events) {
      for (const sim::RecordedEvent& candidate : events.events) {
        if (candidate.event == event && time_of(candidate) >= since) {
          first.try_emplace({candidate.node, std::string(candidate.text("role"))}, candidate);
        }
      }
      return first.size() == links;
    });
    std::vector<sim::RecordedEvent> all;
    for (auto& [link, found] : first) {
      all.push_back(std::move(found));
    }
    return all;
  }

  /// All links are on the new master and were lost but once, and each shard hears the orchestrator there.
  void expect_service(Duration since) {
    StreamSocket person = StreamSocket::connect_unix(replica_->socket_path());
    person.send("CLIENT LIST\r\n");
    const std::string clients = read_until(person, "\n\r\n");
    EXPECT_EQ(occurrences(clients, "name=sentinel-test"), links) << clients;
    for (const std::string_view shard : {nodes[1], nodes[2]}) {
      wait_for("a grant for " + std::string(shard), [&](const sim::EventFile& events) {
        return std::ranges::any_of(events.events, [&](const sim::RecordedEvent& event) {
          return Wanted{.event = "grant_received", .node = shard}.matches(event) &&
                 time_of(event) >= since;
        });
      });
    }
    EXPECT_EQ(count(log_.events(), "link_lost"), links);
  }

  RealRedis& master() { return *master_; }

 private:
  void start_fleet(const std::map<std::string, std::string>& settings) {
    prod::write_text(folder_.file("games.json"), "[]");
    for (const std::string_view node : nodes) {
      const std::string name(node);
      const bool leads = node == "orchestrator";
      Command command{
          .program = fs::path(ARBEES_BIN_DIR) / (leads ? "arbees-orchestrator" : "arbees-shard"),
          .arguments = {"--events", folder_.file(name + ".jsonl")},
          .environment = settings,
          .log = folder_.file("log")};
      command.environment["REDIS_URL"] = url();
      command.environment["REDIS_CLIENT_NAME"] = "sentinel-test";
      command.environment["ALERT_LOG_PATH"] = folder_.file("alerts.log");
      if (leads) {
        command.environment["NEW_FLEET"] = "true";
        command.arguments.insert(command.arguments.end(), {"--games", folder_.file("games.json")});
      } else {
        command.environment["SHARD_ID"] = name;
      }
      processes_.push_back(std::make_unique<Process>(command));
    }
    first_of_each_link("link_ready", Duration{});
    wait_for("both shards to join",
             [](const sim::EventFile& events) { return count(events, "shard_joined") == 2; });
  }

  [[nodiscard]] std::string url() const {
    std::string hosts;
    for (const auto& sentinel : sentinels_) {
      hosts += (hosts.empty() ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(sentinel->port());
    }
    return "redis-sentinel://" + hosts + "/" + std::string(master_name);
  }

  static std::size_t count(const sim::EventFile& events, std::string_view name) {
    return static_cast<std::size_t>(
        std::ranges::count(events.events, name, &sim::RecordedEvent::event));
  }
  void wait_for(const std::string& what, const std::function<bool(const sim::EventFile&)>& done) {
    if (!log_.wait(event_patience, done)) {
      throw std::runtime_error("waited in vain for " + what + "\n" +
                               prod::read_text(folder_.file("log")));
    }
  }

  prod::TempFolder folder_;
  std::unique_ptr<RealRedis> master_;
  std::unique_ptr<RealRedis> replica_;
  std::array<std::unique_ptr<Sentinel>, 3> sentinels_;
  EventLog log_{folder_.file("")};
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::future<Duration>> announcements_;
};

TEST_F(RealSentinel, EveryLinkFollowsFromAKilledMasterToItsReplica) {
  start(milliseconds{1'000});
  listen_to_sentinels();
  const Duration killed = wall_now();
  master().kill();
  const std::vector<Duration> switches = switched();
  const auto ready = first_of_each_link("link_ready", killed);
  const Duration last = time_of(std::ranges::max(ready, {}, time_of));
  std::cout << "  +switch-master after the kill: first " << rounded_ms(switches.front() - killed)
            << " ms, last " << rounded_ms(switches.back() - killed) << " ms; every link ready "
            << rounded_ms(last - switches.front()) << " ms after the first, "
            << rounded_ms(last - switches.back()) << " ms after the last\n";
  EXPECT_LE(last - switches.back(), following_max);
  expect_service(last);
}

TEST_F(RealSentinel, AFrozenMasterIsNoticedByItsSilenceAndLeftForItsReplica) {
  // The sentinels are slower than the clients here, or these would be told before they notice.
  constexpr Duration silence = seconds{1};
  start(milliseconds{3'000},
        {{"REDIS_PING_INTERVAL_SECS", "0.5"}, {"REDIS_READ_SILENCE_SECS", "1"}});
  listen_to_sentinels();
  const Duration frozen = wall_now();
  master().freeze();
  const auto lost = first_of_each_link("link_lost", frozen);
  for (const sim::RecordedEvent& event : lost) {
    EXPECT_LE(time_of(event) - frozen, silence + noticing_margin) << event.node;
    EXPECT_NE(event.text("reason"), "switched") << event.node << " was told and noticed nothing";
  }
  const std::vector<Duration> switches = switched();
  const auto ready = first_of_each_link("link_ready", frozen);
  const Duration last = time_of(std::ranges::max(ready, {}, time_of));
  std::cout << "  frozen: links lost after "
            << rounded_ms(time_of(std::ranges::min(lost, {}, time_of)) - frozen) << " to "
            << rounded_ms(time_of(std::ranges::max(lost, {}, time_of)) - frozen)
            << " ms; +switch-master first " << rounded_ms(switches.front() - frozen) << " ms, last "
            << rounded_ms(switches.back() - frozen) << " ms; every link ready "
            << rounded_ms(last - switches.front()) << " ms after the first, "
            << rounded_ms(last - switches.back()) << " ms after the last\n";
  EXPECT_LE(last - switches.back(), following_max);
  expect_service(last);
}

}  // namespace
}  // namespace arbees::real
