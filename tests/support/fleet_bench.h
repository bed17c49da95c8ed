#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/orchestrator_bench.h"

namespace arbees::testing {

/// An orchestrator among services of the existing system, each of which repeats its heartbeat.
class FleetBench : public OrchestratorBench {
 public:
  using OrchestratorBench::OrchestratorBench;

  /// From now on this is what the service says every five seconds, beginning now.
  void beats(const std::string& name, const std::string& channel, const std::string& payload) {
    beats_[name] = {channel, payload};
    say(channel, payload);
  }
  void game_shard(const std::string& id, const std::string& games = "[]") {
    beats(
        id, "shard:" + id + ":heartbeat",
        R"({"shard_id":")" + id + R"(","shard_type":"sports","max_games":20,"games":)" + games +
            R"(,"process_id":"p-)" + id + R"(","started_at":"t-)" + id +
            R"(","status":"healthy","checks":{"redis_ok":true,"espn_api_ok":true,"zmq_ok":true}})");
  }
  /// A price monitor as the Python heartbeat publisher makes it: no process id, no zone.
  void monitor(const std::string& service, const std::string& instance,
               const std::string& started_at, const std::string& more = healthy_checks) {
    beats(service + instance, "health:heartbeats",
          R"({"service":")" + service + R"(","instance_id":")" + instance + R"(","started_at":")" +
              started_at + R"(","timestamp":"2026-01-28T19:30:02.551201",)" + more +
              R"(,"metrics":{"subscribed_markets":24.0},"version":"unknown","hostname":")" +
              instance + "\"}");
  }
  void falls_silent(const std::string& name) { beats_.erase(name); }

  void run(Duration span) {
    constexpr Duration interval = seconds{5};
    for (Duration passed{0}; passed < span; passed += interval) {
      pass(std::min(interval, span - passed));
      if (passed + interval <= span) {
        for (const auto& [name, beat] : beats_) {
          say(beat.first, beat.second);
        }
      }
    }
  }

  static constexpr const char* healthy_checks =
      R"("status":"healthy","checks":{"redis_ok":true,"vpn_ok":true,"ws_ok":true})";
  static constexpr const char* without_socket =
      R"("status":"degraded","checks":{"redis_ok":true,"vpn_ok":true,"ws_ok":false})";

 private:
  std::map<std::string, std::pair<std::string, std::string>> beats_;
};

}  // namespace arbees::testing
