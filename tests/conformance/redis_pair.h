#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/server.h"
#include "tests/support/real_redis.h"
#include "tests/support/stream_socket.h"

namespace arbees::testing {

/// What both servers said to one connection since it was looked at last, made comparable.
struct Answers {
  std::string real;
  std::string model;
};

/// A real redis-server and the model of it, side by side: every connection exists at both, and
/// whatever is sent on it goes to both.
///
/// The model's client ids are moved up to the real server's, so that HELLO and CLIENT ID agree. The
/// real one runs for as long as the pair: connections, and with them all state, end between two
/// cases.
class RedisPair {
 public:
  RedisPair();

  using Connection = std::size_t;
  [[nodiscard]] Connection connect();
  [[nodiscard]] bool open(Connection connection) const;

  /// Sends `pieces`, whole requests in all, and waits until the real server has answered them: by a
  /// PING with a message of its own, or by its end. `bare_unsubscribe`: see `without_hash_order`.
  [[nodiscard]] Answers ask(Connection connection, std::span<const std::string> pieces,
                            bool bare_unsubscribe = false);
  /// What came without being asked for (messages published by others).
  [[nodiscard]] Answers listen(Connection connection) { return ask(connection, {}); }
  /// Sends `pieces`, then nothing more: for requests that never end, where no PING would be heard.
  [[nodiscard]] Answers ask_last(Connection connection, std::span<const std::string> pieces);
  /// Ends the connection from the client's side.
  void hang_up(Connection connection);
  void hang_up_all();

  [[nodiscard]] const sim::redis::ServerStats& model_stats() const { return model_.stats(); }

 private:
  struct Link {
    StreamSocket socket;
    sim::redis::ClientId client;
    bool open = true;
  };

  class ModelOutput final : public sim::redis::ServerOutput {
   public:
    struct Said {
      std::string bytes;
      bool closed = false;
    };
    void send(sim::redis::ClientId client, std::string_view bytes) override {
      said[client].bytes += bytes;
    }
    void close(sim::redis::ClientId client) override { said[client].closed = true; }

    std::map<sim::redis::ClientId, Said> said;
  };

  class SystemClock final : public sim::redis::ServerClock {
   public:
    [[nodiscard]] WallTime wall_now() const override {
      return WallTime(std::chrono::system_clock::now().time_since_epoch());
    }
  };

  void send(Link& link, std::span<const std::string> pieces);
  [[nodiscard]] std::string take_from_model(Link& link);
  [[nodiscard]] static std::string receive_until(StreamSocket& socket, std::string_view ending);
  [[nodiscard]] static std::string receive_all(StreamSocket& socket);
  [[nodiscard]] std::uint64_t real_id(StreamSocket& socket);

  RealRedis real_;
  ModelOutput output_;
  SystemClock clock_;
  sim::redis::Server model_{output_, clock_};
  std::vector<Link> links_;
  std::uint64_t barriers_ = 0;
};

}  // namespace arbees::testing
