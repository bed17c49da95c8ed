#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "core/ports/transport.h"
#include "prod/asio/transport.h"

namespace arbees::prod {

using Socket = boost::asio::generic::stream_protocol::socket;
using Address = boost::asio::generic::stream_protocol::endpoint;

/// "host:port", or the path of a Unix socket.
[[nodiscard]] std::string describe(const Endpoint& endpoint);

/// By endpoint: the address whose silence a caller lost patience with.
using SilentAddresses = std::map<std::string, Address>;

/// One attempt to reach an endpoint: resolves its name anew, then tries address by address. Stays alive by its
/// own operations; `done` is called once, as a step of its own, unless it was abandoned before.
class Dial : public std::enable_shared_from_this<Dial> {
 public:
  struct Failure {
    CloseReason reason;
    std::string detail;
  };
  using Done = std::function<void(std::expected<Socket, Failure> outcome)>;

  /// `silent` must live as long as the attempt is not abandoned.
  Dial(boost::asio::io_context& io, const SocketLimits& limits, SilentAddresses& silent,
       Endpoint endpoint, Done done);

  /// From a step of the loop; `done` may come from inside.
  void begin();
  /// Ends the attempt.
  void abandon();
  /// The address that was tried last did not answer: another one comes first next time.
  void blame();
  /// It did answer.
  void praise();

 private:
  void resolve();
  void resolved(std::vector<Address> addresses);
  void try_next_address();
  void attempted(const boost::system::error_code& error);
  [[nodiscard]] bool connected_to_itself() const;
  void finish(std::expected<Socket, Failure> outcome);

  SocketLimits limits_;
  SilentAddresses& silent_;
  Endpoint endpoint_;
  Done done_;  // empty: over
  Socket socket_;
  boost::asio::ip::tcp::resolver resolver_;
  std::vector<Address> addresses_;
  std::size_t next_address_ = 0;
  boost::system::error_code last_failure_;
};

}  // namespace arbees::prod
