#include "prod/asio/listener.h"

#include <cstring>
#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "prod/asio/accepted_stream.h"
#include "prod/asio/dial.h"

namespace arbees::prod {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;

/// What the system does not have at the moment, but may have again.
bool lacks_descriptors(const error_code& error) {
  return error == boost::system::errc::too_many_files_open ||
         error == boost::system::errc::too_many_files_open_in_system ||
         error == boost::system::errc::no_buffer_space ||
         error == boost::system::errc::not_enough_memory;
}

asio::ip::tcp::endpoint tcp_endpoint(const Protocol::endpoint& address) {
  asio::ip::tcp::endpoint endpoint;
  endpoint.resize(address.size());
  std::memcpy(endpoint.data(), address.data(), address.size());
  return endpoint;
}

std::string described(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  const std::string host = endpoint.address().is_v6() ? '[' + address + ']' : address;
  return host + ':' + std::to_string(endpoint.port());
}

std::expected<Protocol::endpoint, std::string> address_of(const Endpoint& where) {
  if (where.kind == Endpoint::Kind::unix_socket) {
    // sun_path holds 108 bytes with its end; Asio throws on a longer one.
    if (where.host.empty() || where.host.size() > 107)
      return std::unexpected("the path of a Unix socket has 1 to 107 bytes: " + where.host);
    return asio::local::stream_protocol::endpoint(where.host);
  }
  error_code wrong;
  const auto address =
      asio::ip::make_address(where.host == "localhost" ? "127.0.0.1" : where.host, wrong);
  if (wrong)
    return std::unexpected("\"" + where.host +
                           "\" is no IP address; expected one such as 127.0.0.1 or 0.0.0.0");
  return asio::ip::tcp::endpoint(address, where.port);
}

/// A server that was killed leaves its path behind, and nobody could listen there again. Only a socket that
/// refuses is removed: neither a file nor the socket of a server that runs.
void remove_if_abandoned(const Endpoint& where) {
  struct stat found = {};
  if (::lstat(where.host.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode))
    return;
  asio::io_context io;
  asio::local::stream_protocol::socket probe(io);
  error_code error;
  probe.connect(asio::local::stream_protocol::endpoint(where.host), error);
  if (error == asio::error::connection_refused)
    ::unlink(where.host.c_str());
}

}  // namespace

class Listener::Acceptor : public std::enable_shared_from_this<Listener::Acceptor> {
 public:
  Acceptor(asio::io_context& io, Endpoint where, AcceptHandler& handler, ListenLimits limits)
      : io_(io),
        where_(std::move(where)),
        handler_(handler),
        limits_(limits),
        acceptor_(io),
        pause_(io),
        turn_end_(std::make_shared<TurnEnd>(io)) {}

  error_code listen(const Protocol::endpoint& address) {
    error_code error;
    acceptor_.open(address.protocol(), error);
    if (!error && where_.kind == Endpoint::Kind::tcp)
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error)
      acceptor_.bind(address, error);
    if (error)
      return error;
    bound_ = true;
    acceptor_.listen(limits_.backlog, error);
    return error;
  }

  void accept() {
    acceptor_.async_accept(
        [self = shared_from_this()](const error_code& error, Protocol::socket socket) {
          if (!self->acceptor_.is_open())
            return;
          if (error) {
            self->go_on_after(error);
            return;
          }
          self->serve(std::move(socket));
          if (self->acceptor_.is_open())
            self->accept();
        });
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    if (bound_ && where_.kind == Endpoint::Kind::unix_socket)
      ::unlink(where_.host.c_str());
  }

  [[nodiscard]] std::uint16_t port() const {
    if (where_.kind != Endpoint::Kind::tcp)
      return 0;
    error_code ignored;
    return tcp_endpoint(acceptor_.local_endpoint(ignored)).port();
  }

 private:
  void serve(Protocol::socket socket) {
    const AcceptedAddress address = address_of_client(socket);
    if (where_.kind == Endpoint::Kind::tcp) {
      // Without it a reply waits for the acknowledgement of the one before it.
      const int on = 1;
      [[maybe_unused]] const int rc =
          ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    const auto stream =
        std::make_shared<AcceptedStream>(io_, std::move(socket), turn_end_, limits_.farewell);
    stream->begin(handler_.on_accept(stream->make_handle(), address));
  }

  [[nodiscard]] AcceptedAddress address_of_client(const Protocol::socket& socket) const {
    if (where_.kind == Endpoint::Kind::unix_socket)
      return {where_.host + ":0", where_.host + ":0"};
    error_code gone;  // a client that left already has no address any more
    const Protocol::endpoint remote = socket.remote_endpoint(gone);
    const Protocol::endpoint local = socket.local_endpoint(gone);
    return gone ? AcceptedAddress{"?:0", describe(where_)}
                : AcceptedAddress{described(tcp_endpoint(remote)), described(tcp_endpoint(local))};
  }

  /// Others are the end of one client that left before it was accepted: the next one is not to blame.
  void go_on_after(const error_code& error) {
    if (!lacks_descriptors(error)) {
      accept();
      return;
    }
    pause_.expires_after(limits_.pause_without_descriptors);
    pause_.async_wait([self = shared_from_this()](const error_code& cancelled) {
      if (!cancelled && self->acceptor_.is_open())
        self->accept();
    });
  }

  asio::io_context& io_;
  Endpoint where_;
  AcceptHandler& handler_;
  ListenLimits limits_;
  asio::basic_socket_acceptor<Protocol> acceptor_;
  asio::steady_timer pause_;
  std::shared_ptr<TurnEnd> turn_end_;
  bool bound_ = false;
};

std::expected<std::unique_ptr<Listener>, std::string> Listener::open(asio::io_context& io,
                                                                     const Endpoint& where,
                                                                     AcceptHandler& handler,
                                                                     ListenLimits limits) {
  const auto address = address_of(where);
  if (!address)
    return std::unexpected(address.error());
  if (where.kind == Endpoint::Kind::unix_socket)
    remove_if_abandoned(where);
  auto acceptor = std::make_shared<Acceptor>(io, where, handler, limits);
  if (const error_code error = acceptor->listen(*address)) {
    acceptor->close();
    return std::unexpected("listen on " + describe(where) + ": " + error.message());
  }
  acceptor->accept();
  return std::unique_ptr<Listener>(new Listener(std::move(acceptor)));
}

Listener::Listener(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}
Listener::~Listener() { acceptor_->close(); }

std::uint16_t Listener::port() const { return acceptor_->port(); }

}  // namespace arbees::prod
