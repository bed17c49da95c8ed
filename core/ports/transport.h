#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ids.h"

namespace arbees {

/// How a stream is encrypted (TLS 1.2 or later) and whom it must lead to. The other side is always verified:
/// the chain of its certificate, its dates, and that it was made for the name or address expected. Files
/// are PEM and read anew at every attempt to connect: certificates are replaced while programs run.
struct Tls {
  std::string server_name{};  ///< whom to expect, if not the endpoint's host
  std::string ca_file{};      ///< whose certificates are trusted; empty: the system's authorities
  std::string cert_file{};    ///< shown to a server that asks for one; empty: none
  std::string key_file{};     ///< of cert_file

  friend bool operator==(const Tls&, const Tls&) = default;
};

/// Where a byte stream leads. Names are resolved anew at every attempt to connect.
struct Endpoint {
  enum class Kind { tcp, unix_socket };
  Kind kind = Kind::tcp;
  std::string host{};  ///< name or address; the path for a Unix socket
  std::uint16_t port = 0;
  std::optional<Tls> tls{};  ///< none: in the clear

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

enum class CloseReason {
  refused,          ///< nobody listens there
  unreachable,      ///< no route, name not found
  reset,            ///< the other side or the network broke it
  end_of_stream,    ///< the other side closed in order
  write_timed_out,  ///< written bytes stayed unacknowledged too long (TCP_USER_TIMEOUT)
  untrusted  ///< TLS: the two sides do not accept each other, or no TLS is spoken; waiting cures nothing
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
