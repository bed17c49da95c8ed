#pragma once

#include <chrono>
#include <memory>

#include "core/ports/transport.h"

namespace boost::asio {
class io_context;
}

namespace arbees::prod {

struct StreamGroup;

/// How long the system may take to notice that a peer is gone without a farewell. The clients' own deadlines
/// come first (10 s of read silence on a link to Redis); this is for what they do not see, instead of the
/// system's defaults, with which others sat on dead connections for a quarter of an hour (operations.md B.3).
struct SocketLimits {
  std::chrono::seconds keepalive_idle{10};  ///< TCP_KEEPIDLE: quiet for so long, then probes
  std::chrono::seconds keepalive_interval{3};
  int keepalive_probes = 3;
  /// TCP_USER_TIMEOUT: keepalive does not look while written bytes wait for their acknowledgement.
  std::chrono::milliseconds unacknowledged{20'000};
  /// After `close`, until the connection ends whatever the other side does.
  std::chrono::milliseconds farewell{2'000};
};

/// Byte streams over TCP and Unix sockets, in the clear or over TLS.
///
/// Writes of one step leave together, at its end. After `close` nothing but `on_closed` follows. A name that
/// has several addresses is tried address by address; one that did not answer in the last attempt comes last.
class AsioTransport final : public Transport {
 public:
  /// `io` must outlive the transport, and the transport its connections.
  explicit AsioTransport(boost::asio::io_context& io, SocketLimits limits = {});
  ~AsioTransport() override;
  AsioTransport(const AsioTransport&) = delete;
  AsioTransport& operator=(const AsioTransport&) = delete;

  [[nodiscard]] std::unique_ptr<Connection> connect(const Endpoint& endpoint,
                                                    ConnectionHandler& handler) override;

  /// Hands queued bytes to the network as far as it takes them without waiting: for the end of the
  /// process, when the loop stands still, so that what the last step said is not lost.
  void flush();

 private:
  std::shared_ptr<StreamGroup> group_;
};

}  // namespace arbees::prod
