#include "prod/asio/dial.h"

#include <algorithm>
#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/local/stream_protocol.hpp>

#include "prod/asio/socket_errors.h"

namespace arbees::prod {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

template <class Value>
void set_option(int socket, int level, int option, Value value) {
  // These only speed up noticing a dead peer, which the client also does by itself: a system that
  // refuses one is not a reason to stay unconnected.
  [[maybe_unused]] const int rc = ::setsockopt(socket, level, option, &value, sizeof value);
}

void set_tcp_options(int socket, const SocketLimits& limits) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(limits.keepalive_idle.count()));
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL,
             static_cast<int>(limits.keepalive_interval.count()));
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, limits.keepalive_probes);
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT,
             static_cast<unsigned>(limits.unacknowledged.count()));
}

}  // namespace

std::string describe(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::unix_socket)
    return endpoint.host;
  return endpoint.host + ':' + std::to_string(endpoint.port);
}

Dial::Dial(asio::io_context& io, const SocketLimits& limits, SilentAddresses& silent,
           Endpoint endpoint, Done done)
    : limits_(limits),
      silent_(silent),
      endpoint_(std::move(endpoint)),
      done_(std::move(done)),
      socket_(io),
      resolver_(io) {}

void Dial::begin() { resolve(); }

void Dial::resolve() {
  if (endpoint_.kind == Endpoint::Kind::unix_socket) {
    // sun_path holds 108 bytes with its end; Asio throws on a longer one.
    if (endpoint_.host.empty() || endpoint_.host.size() > 107) {
      finish(std::unexpected(
          Failure{CloseReason::unreachable,
                  "the path of a Unix socket has 1 to 107 bytes: " + endpoint_.host}));
      return;
    }
    resolved({Address(asio::local::stream_protocol::endpoint(endpoint_.host))});
    return;
  }
  error_code not_numeric;
  const auto numeric = asio::ip::make_address(endpoint_.host, not_numeric);
  if (!not_numeric) {
    resolved({Address(asio::ip::tcp::endpoint(numeric, endpoint_.port))});
    return;
  }
  resolver_.async_resolve(
      endpoint_.host, std::to_string(endpoint_.port), asio::ip::tcp::resolver::numeric_service,
      [self = shared_from_this()](const error_code& error,
                                  const asio::ip::tcp::resolver::results_type& results) {
        if (!self->done_)
          return;
        if (error) {
          self->finish(
              std::unexpected(Failure{CloseReason::unreachable,
                                      "resolve " + self->endpoint_.host + ": " + error.message()}));
          return;
        }
        std::vector<Address> addresses;
        for (const auto& result : results)
          addresses.emplace_back(result.endpoint());
        self->resolved(std::move(addresses));
      });
}

void Dial::resolved(std::vector<Address> addresses) {
  addresses_ = std::move(addresses);
  if (const auto silent = silent_.find(describe(endpoint_)); silent != silent_.end()) {
    const auto at = std::ranges::find(addresses_, silent->second);
    if (at != addresses_.end()) {
      std::rotate(at, at + 1, addresses_.end());
    }
  }
  try_next_address();
}

void Dial::try_next_address() {
  while (next_address_ < addresses_.size()) {
    const Address& address = addresses_[next_address_++];
    error_code ignored;
    socket_.close(ignored);
    socket_.open(address.protocol(), last_failure_);
    if (last_failure_)
      continue;
    if (endpoint_.kind == Endpoint::Kind::tcp) {
      set_tcp_options(socket_.native_handle(), limits_);
    }
    socket_.async_connect(address, [self = shared_from_this()](const error_code& error) {
      if (self->done_)
        self->attempted(error);
    });
    return;
  }
  finish(std::unexpected(
      Failure{close_reason(last_failure_.value(), false),
              "connect to " + describe(endpoint_) + ": " + last_failure_.message()}));
}

void Dial::attempted(const error_code& error) {
  last_failure_ = error;
  if (!error && connected_to_itself())
    last_failure_ = asio::error::connection_refused;
  if (last_failure_) {
    try_next_address();
    return;
  }
  finish(std::move(socket_));
}

/// A connection to a port of this machine on which nobody listens can meet itself, when the system picks
/// that very port for our end. It would look alive and keep the port from the server that wants it back.
bool Dial::connected_to_itself() const {
  if (endpoint_.kind != Endpoint::Kind::tcp)
    return false;
  error_code ours_unknown;
  error_code theirs_unknown;
  const Address ours = socket_.local_endpoint(ours_unknown);
  const Address theirs = socket_.remote_endpoint(theirs_unknown);
  return !ours_unknown && !theirs_unknown && ours == theirs;
}

void Dial::finish(std::expected<Socket, Failure> outcome) {
  const Done done = std::exchange(done_, nullptr);
  done(std::move(outcome));
}

void Dial::abandon() {
  done_ = nullptr;
  error_code ignored;
  socket_.close(ignored);
  resolver_.cancel();
}

void Dial::blame() {
  if (next_address_ > 0 && next_address_ <= addresses_.size()) {
    silent_.insert_or_assign(describe(endpoint_), addresses_[next_address_ - 1]);
  }
}

void Dial::praise() { silent_.erase(describe(endpoint_)); }

}  // namespace arbees::prod
