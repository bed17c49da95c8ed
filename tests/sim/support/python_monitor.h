#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/redis/bus.h"
#include "core/wire/timestamp.h"
#include "tests/sim/support/small_world.h"

namespace arbees::sim {

/// A price monitor as the existing Kalshi monitor behaves towards Redis: it beats without a process id and with
/// times that have no zone, asks three times at its start what it missed, subscribes to what the answer brings one
/// after the other, and only then listens to new assignments. It says each market it follows.
class PythonMonitor final : public Program, private arbees::redis::BusHandler {
 public:
  PythonMonitor(Ports& ports, arbees::redis::BusSettings redis)
      : ports_(ports),
        started_at_(to_naive(ports.clock.wall_now())),
        bus_(ports, std::move(redis),
             {{"orchestrator:startup_state_response:kalshi", false},
              {"orchestrator:market_assignments", false}},
             *this),
        beat_(ports.clock.make_timer([this] { beat(); })),
        next_(ports.clock.make_timer([this] { step_(); })) {}

  void start() override { bus_.start({}); }
  void terminate() override { ports_.process.exit(ExitCode::ok, "asked to"); }

 private:
  static std::string to_naive(WallTime time) {
    constexpr std::size_t micros = 26;  // 2026-01-28T18:59:02.118273
    return wire::to_rfc3339(time).substr(0, micros);
  }

  void then(Duration after, std::function<void()> step) {
    step_ = std::move(step);
    next_->arm(ports_.clock.now() + after);
  }

  void beat() {
    publish("health:heartbeats",
            R"({"service":"kalshi_monitor","instance_id":"h1","status":"healthy","started_at":")" +
                started_at_ + R"(","timestamp":")" + to_naive(ports_.clock.wall_now()) +
                R"(","checks":{"redis_ok":true,"ws_ok":true},"metrics":{"subscribed_markets":)" +
                std::to_string(follows_.size()) + R"(.0},"version":"unknown","hostname":"h1"})");
    beat_->arm(ports_.clock.now() + std::chrono::seconds{10});
  }

  void request() {
    ++requests_;
    publish("orchestrator:startup_state_request",
            R"({"monitor_type": "kalshi", "timestamp": 18234.118273})");
    then(std::chrono::seconds{5}, [this] { no_answer(); });
  }
  void no_answer() {
    if (requests_ < 3) {
      then(std::chrono::seconds{2}, [this] { request(); });
    } else {
      say("gave up asking");
      listening_ = true;
    }
  }

  /// One market after the other, each with a question to the platform.
  void subscribe(std::vector<std::string> tickers) {
    if (tickers.empty()) {
      listening_ = true;
      return;
    }
    follow(tickers.back());
    tickers.pop_back();
    then(std::chrono::milliseconds{200},
         [this, tickers = std::move(tickers)] { subscribe(tickers); });
  }

  void follow(const std::string& ticker) {
    if (follows_.insert(ticker).second) {
      say("follows " + ticker);
    }
  }

  void on_link_ready(arbees::redis::LinkRole /*role*/, EventId /*cause*/) override {
    if (requests_ == 0 && bus_.ready(arbees::redis::LinkRole::subscriber) &&
        bus_.ready(arbees::redis::LinkRole::publisher)) {
      beat();
      request();
    }
  }
  void on_link_lost(arbees::redis::LinkRole /*role*/, EventId /*cause*/) override {}
  void on_published(const arbees::redis::PublicationResult& /*result*/) override {}

  void on_message(std::string_view channel, std::string_view payload) override {
    const auto message = nlohmann::json::parse(payload);
    if (channel == "orchestrator:market_assignments") {
      if (listening_ && message["type"] == "kalshi_assign") {
        for (const auto& market : message["markets"]) {
          follow(market["ticker"]);
        }
      }
    } else if (!answered_ && !listening_) {
      answered_ = true;
      next_->disarm();
      std::vector<std::string> tickers;
      for (const auto& market : message["markets"]) {
        // As the monitor does: anything else than an object here ends its request with an error.
        (void)market["market_type"].at("type");
        tickers.push_back(market["kalshi_market_id"]);
      }
      ports_.events.record(Said{.what = "answered", .number = tickers.size()}, {});
      subscribe(std::move(tickers));
    }
  }

  void publish(const std::string& channel, std::string payload) {
    bus_.publish({channel, std::move(payload), Duration{}, {}}, {});
  }
  void say(std::string what) { ports_.events.record(Said{.what = std::move(what)}, {}); }

  Ports& ports_;
  std::string started_at_;
  arbees::redis::Bus bus_;
  std::unique_ptr<Timer> beat_;
  std::unique_ptr<Timer> next_;
  std::function<void()> step_;
  std::set<std::string> follows_;
  int requests_ = 0;
  bool answered_ = false;
  bool listening_ = false;
};

}  // namespace arbees::sim
