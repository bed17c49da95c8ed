#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/orchestrator/orchestrator.h"
#include "core/wire/channels.h"
#include "core/wire/heartbeat.h"
#include "tests/support/fake_ports.h"
#include "tests/support/redis_bus_bench.h"

namespace arbees::testing {

/// The orchestrator on a Redis, a sentinel and a store that answer everything at once. The test speaks as
/// whoever it likes, and reads what was published.
class OrchestratorBench {
 public:
  explicit OrchestratorBench(OrchestratorSettings settings = {}, const StoreImage& image = {})
      : settings_(std::move(settings)), orchestrator_(make_orchestrator(world.ports, settings_)) {
    orchestrator_->start();
    world.store.answer_load(image);
    serve();
  }

  /// Lets time pass, and everybody answer.
  void pass(Duration span) {
    constexpr Duration step = milliseconds{10};
    for (Duration passed{0}; passed < span; passed += step) {
      world.clock.advance(step);
      serve();
    }
  }

  /// Somebody publishes this on a channel the orchestrator listens to.
  void say(const std::string& channel, const std::string& payload) {
    const bool of_shard = channel.starts_with("shard:");
    send(of_shard ? resp_array({"pmessage", "shard:*:heartbeat", channel, payload})
                  : resp_array({"message", channel, payload}));
    serve();
  }

  /// A shard publishes its heartbeat.
  void hear(const wire::Heartbeat& beat) {
    say(wire::heartbeat_channel(beat.shard), wire::encode(beat));
  }

  /// Shards publish theirs so that they are read together.
  void hear_together(const std::vector<wire::Heartbeat>& beats) {
    std::string bytes;
    for (const wire::Heartbeat& beat : beats) {
      bytes += resp_array({"pmessage", "shard:*:heartbeat", wire::heartbeat_channel(beat.shard),
                           wire::encode(beat)});
    }
    send(bytes);
    serve();
  }

  void live(std::vector<LiveGame> games) {
    announce(std::move(games));
    serve();
  }
  /// The same, and nobody answers yet.
  void announce(std::vector<LiveGame> games) { orchestrator_->on_live_games(std::move(games)); }

  std::expected<void, std::string> obey(const OperatorOrder& order) {
    auto obeyed = orchestrator_->obey(order);
    serve();
    return obeyed;
  }
  [[nodiscard]] Plan plan() const { return orchestrator_->plan(); }

  /// What was published on the channel since the last call, as documents.
  [[nodiscard]] std::vector<nlohmann::json> heard(const std::string& channel) {
    std::vector<nlohmann::json> documents;
    for (const std::string& payload : std::exchange(published_[channel], {})) {
      documents.push_back(nlohmann::json::parse(payload));
    }
    return documents;
  }
  /// What was published on it until now is of no interest.
  void skip(const std::string& channel) { published_.erase(channel); }
  /// Of these, those with that `type`.
  [[nodiscard]] std::vector<nlohmann::json> heard(const std::string& channel,
                                                  std::string_view type) {
    std::vector<nlohmann::json> documents = heard(channel);
    std::erase_if(documents, [&](const auto& document) { return document["type"] != type; });
    return documents;
  }
  [[nodiscard]] std::size_t count(std::string_view event) const {
    return world.events.count(event);
  }

  /// Nothing that is published comes back to who published it.
  void deafen() { deaf_ = true; }
  /// The sentinel's master is another one from now on, and it says so.
  void fail_over(const std::string& master) {
    const std::string before = std::exchange(master_, master);
    world.transport.peer(sentinel_).send(resp_array(
        {"message", "+switch-master", "arbees " + before + " 6379 " + master + " 6379"}));
    serve();
  }
  /// Nothing that is committed is answered until `store_answers`.
  void store_hangs() { store_hangs_ = true; }
  void store_answers() {
    store_hangs_ = false;
    serve();
  }
  /// Both connections break; new ones are answered again after `outage`.
  void lose_links(Duration outage) {
    for (std::size_t i = 0; i < world.transport.attempts(); ++i) {
      if (world.transport.peer(i).held()) {
        world.transport.peer(i).close(CloseReason::reset);
      }
    }
    refusing_ = true;
    pass(outage);
    refusing_ = false;
    serve();
  }

  FakePorts world;

 protected:
  /// Answers until nobody asks any more.
  void serve() {
    for (bool busy = true; busy;) {
      busy = false;
      while (!store_hangs_ && world.store.waiting_commits() > 0) {
        world.store.answer_commit();
        busy = true;
      }
      for (std::size_t i = 0; i < world.transport.attempts(); ++i) {
        busy = serve(i) || busy;
      }
    }
  }

 private:
  bool serve(std::size_t attempt) {
    FakePeer& peer = world.transport.peer(attempt);
    bool busy = false;
    if (attempt == met_ && peer.held()) {
      ++met_;
      busy = true;
      if (refusing_) {
        peer.close(CloseReason::refused);
      } else {
        peer.accept();
      }
    } else if (attempt == met_) {
      ++met_;
    }
    for (const std::string& command : take_commands(peer)) {
      if (peer.held()) {
        busy = true;
        peer.send(answer(attempt, command));
        take_publication(command);
      }
    }
    return busy;
  }

  std::string answer(std::size_t attempt, const std::string& command) {
    const std::string verb = command.substr(0, command.find(' '));
    if (verb == "SENTINEL") {
      sentinel_ = attempt;
      return resp_array({master_, "6379"});
    }
    if (verb == "SUBSCRIBE" || verb == "PSUBSCRIBE") {
      subscriber_ = command.starts_with("PSUBSCRIBE shard:") ? attempt : subscriber_;
      return resp_confirmations(command, subscriptions_[attempt]);
    }
    if (verb == "PING") {
      return subscriptions_[attempt] > 0 ? resp_array({"pong", ""}) : "+PONG\r\n";
    }
    return verb == "HELLO"  ? resp_hello()
           : verb == "ROLE" ? "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
                            : ":1\r\n";
  }

  void take_publication(const std::string& command) {
    if (!command.starts_with("PUBLISH ")) {
      return;
    }
    const std::size_t channel_at = command.find(' ') + 1;
    const std::size_t payload_at = command.find(' ', channel_at) + 1;
    const std::string channel = command.substr(channel_at, payload_at - channel_at - 1);
    const std::string payload = command.substr(payload_at);
    if (channel.starts_with("shard:_canary")) {
      if (deaf_) {
        return;
      }
      send(resp_array({"pmessage", "shard:*:heartbeat", channel, payload}));
    } else {
      published_[channel].push_back(payload);
    }
  }

  void send(std::string_view bytes) {
    FakePeer& peer = world.transport.peer(subscriber_);
    if (peer.held()) {
      peer.send(bytes);
    }
  }

  OrchestratorSettings settings_;
  std::unique_ptr<Orchestrator> orchestrator_;
  std::size_t met_ = 0;
  std::size_t subscriber_ = 0;
  std::size_t sentinel_ = 0;  ///< the last connection that asked it
  std::string master_ = "m1";
  bool refusing_ = false;
  bool deaf_ = false;
  bool store_hangs_ = false;
  std::map<std::size_t, int> subscriptions_;
  std::map<std::string, std::vector<std::string>> published_;
};

}  // namespace arbees::testing
