#pragma once

#include <gtest/gtest.h>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sim/redis/server.h"

namespace arbees::sim::redis {

/// A server model on a clock that stands still, and what it says to each client.
class RedisModelTest : public ::testing::Test,
                       private ServerOutput,
                       private WriteListener,
                       protected ServerClock {
 protected:
  explicit RedisModelTest(const ServerSettings& settings = {}) : server_(*this, *this, settings) {
    server_.set_write_listener(*this);
  }

  ClientId open() { return server_.open().value(); }
  /// What one client hears of what it says.
  std::string answer(ClientId client, std::string_view bytes) {
    said_[client].clear();
    server_.feed(client, std::string(bytes) + "\r\n");
    return said_[client];
  }
  std::string heard(ClientId client) { return said_[client]; }
  [[nodiscard]] bool hung_up_on(ClientId client) const { return closed_.contains(client); }
  void advance(Duration time) { now_ += time; }
  /// What the replicas were told since asked last: a line per command, "MULTI ... EXEC" around those
  /// that belong together.
  std::string take_writes() { return std::exchange(writes_, {}); }

  Server server_;

 private:
  void send(ClientId client, std::string_view bytes) override { said_[client] += bytes; }
  void close(ClientId client) override { closed_[client] = true; }
  [[nodiscard]] WallTime wall_now() const override { return now_; }
  void on_writes(std::span<const Write> unit) override {
    writes_ += unit.size() > 1 ? "MULTI\n" : "";
    for (const Write& write : unit) {
      writes_ += std::to_string(write.database) + ":";
      for (const std::string& word : write.words) {
        writes_ += " " + word;
      }
      writes_ += "\n";
    }
    writes_ += unit.size() > 1 ? "EXEC\n" : "";
  }

  WallTime now_{seconds{1'000'000'000}};
  std::map<ClientId, std::string> said_;
  std::map<ClientId, bool> closed_;
  std::string writes_;
};

}  // namespace arbees::sim::redis
