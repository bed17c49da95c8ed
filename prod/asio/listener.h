#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "core/ports/transport.h"

namespace boost::asio {
class io_context;
}

namespace arbees::prod {

/// Both ends of an accepted connection, as people write them: "10.0.0.1:40312", "[::1]:40312"; for a Unix
/// socket its path and ":0", twice.
struct AcceptedAddress {
  std::string remote;
  std::string local;
};

/// A program that serves connections.
class AcceptHandler {
 public:
  virtual ~AcceptHandler() = default;
  /// A client has connected; a step of its own. The callee owns the connection from here on and says who
  /// handles it: it must live as long as the connection. `on_connected` is not called.
  virtual ConnectionHandler& on_accept(std::unique_ptr<Connection> connection,
                                       const AcceptedAddress& address) = 0;
};

struct ListenLimits {
  int backlog = 511;
  /// Accepting goes on after so long when the process or the system has no descriptor left: the client
  /// waits in the backlog meanwhile. Trying again at once would only burn the processor.
  std::chrono::milliseconds pause_without_descriptors{50};
  /// After `close`, until the connection ends whatever the other side does.
  std::chrono::milliseconds farewell{2'000};
};

/// Accepts byte streams on a TCP address or a Unix socket.
///
/// What is written to any of its connections before the loop has run dry of ready steps leaves in one system
/// call a connection, as redis-server writes once a turn of its loop.
class Listener {
 public:
  /// Listens on `where`: for TCP an IP address or "localhost", port 0 for a free one; for a Unix socket
  /// its path, from which a socket that nobody serves any more is removed. The error says what the system
  /// refused. `io` and `handler` must outlive the listener and its connections.
  [[nodiscard]] static std::expected<std::unique_ptr<Listener>, std::string> open(
      boost::asio::io_context& io, const Endpoint& where, AcceptHandler& handler,
      ListenLimits limits = {});
  /// Accepts no more, and removes the path of a Unix socket; connections go on.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// The port it listens on; 0 for a Unix socket.
  [[nodiscard]] std::uint16_t port() const;

 private:
  class Acceptor;
  explicit Listener(std::shared_ptr<Acceptor> acceptor);
  std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace arbees::prod
