#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/ids.h"

namespace arbees {

/// Where a byte stream leads. Names are resolved anew at every attempt to connect.
struct Endpoint {
  enum class Kind { tcp, unix_socket };
  Kind kind = Kind::tcp;
  std::string host;  ///< name or address; the path for a Unix socket
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

enum class CloseReason {
  refused,         ///< nobody listens there
  unreachable,     ///< no route, name not found
  reset,           ///< the other side or the network broke it
  end_of_stream,   ///< the other side closed in order
  write_timed_out  ///< written bytes stayed unacknowledged too long (TCP_USER_TIMEOUT)
};

[[nodiscard]] std::string_view to_string(CloseReason reason);

/// Receives what happens to one connection. Each call is a step of its own; none comes from inside a
/// call to the connection, and none after `on_closed` or after the connection was destroyed.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  virtual void on_connected() = 0;
  /// Bytes in order. How the stream is cut carries no meaning: a frame may come in many pieces, or
  /// many frames in one. `bytes` lives until the call returns.
  virtual void on_data(std::string_view bytes) = 0;
  /// Everything written was handed to the network: `queued_bytes()` is zero again.
  virtual void on_drained() = 0;
  /// The end, also of a failed attempt. `cause` names the event that broke it where the host knows one.
  virtual void on_closed(CloseReason reason, std::string_view detail, EventId cause) = 0;
};

/// One byte stream. Destroying it aborts at once: no farewell, no further calls. It may be destroyed from
/// inside a call to its handler; `bytes` of that call stay valid until the call returns.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Queues bytes; never blocks. Ignored after `close` and after the end.
  virtual void write(std::string_view bytes) = 0;
  /// Bytes accepted by `write` that the network has not taken yet.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  /// Stops `on_data` until resumed, so that back-pressure reaches the sender.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  /// Sends what is queued, then ends the stream; `on_closed` follows.
  virtual void close() = 0;
};

/// Opens byte streams.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Starts an attempt. The outcome comes as `on_connected` or `on_closed`; there is no deadline in
  /// here: the caller keeps one and destroys the connection. `handler` must outlive the connection.
  [[nodiscard]] virtual std::unique_ptr<Connection> connect(const Endpoint& endpoint,
                                                            ConnectionHandler& handler) = 0;
};

}  // namespace arbees
