#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/base/ids.h"

namespace arbees::sim::redis {

/// One connection as the server model knows it. Never reused, not even after `restart`.
using ClientId = Number<struct ClientIdTag>;

/// Where the server's bytes go. Must not call the server back: a host that delivers at once would
/// have the server run a command inside a command.
class ServerOutput {
 public:
  virtual ~ServerOutput() = default;
  /// Bytes for one client, in order. `bytes` lives until the call returns. What one `feed` causes
  /// for one client comes as one call, as the real server writes once per turn of its loop.
  virtual void send(ClientId client, std::string_view bytes) = 0;
  /// The server hangs up once everything sent before has left. The id is dead from here on.
  virtual void close(ClientId client) = 0;
};

/// What happened since construction; survives `restart`.
struct ServerStats {
  std::uint64_t commands = 0;       ///< requests answered, refused ones included
  std::uint64_t error_replies = 0;  ///< of these, answered with an error; protocol errors included
  std::uint64_t published = 0;      ///< PUBLISH commands carried out
  std::uint64_t delivered = 0;      ///< copies of messages handed to subscribers
  std::uint64_t clients_opened = 0;
};

/// Answers like redis-server 7.0.15 speaking RESP2, byte for byte, for what its command table holds
/// (sim/redis/command_table.cc). It does no I/O and knows no time: a host carries the bytes.
///
/// Where the real server follows hash order, the model has an order of its own, which never varies:
/// a bare UNSUBSCRIBE goes by when the channels were subscribed, the patterns one message matches
/// go by their bytes. Intended differences: HELLO 3 is refused (the model speaks RESP2 only), a
/// command outside the table is an unknown command, and a client that stops in the middle of a
/// request may send any number of bytes (the real server gives up at 1 GB).
class Server {
 public:
  /// `output` must outlive the server.
  explicit Server(ServerOutput& output);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// A client has connected.
  [[nodiscard]] ClientId open();
  /// Bytes from a client. How the stream is cut changes no answer. Ignored for a dead id: what was
  /// under way when the server hung up.
  void feed(ClientId client, std::string_view bytes);
  /// The client is gone, in order or not: its subscriptions end, nothing more is sent to it.
  /// Ignored for a dead id.
  void closed(ClientId client);
  /// The process ended and came back empty: every client is forgotten without a word (the host
  /// breaks their connections), and CLIENT ID counts from 1 again.
  void restart();

  [[nodiscard]] std::size_t clients() const;
  [[nodiscard]] const ServerStats& stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arbees::sim::redis
