#include "prod/asio/transport.h"

#include <algorithm>
#include <cerrno>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "prod/asio/socket_errors.h"

namespace arbees::prod {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Address = asio::generic::stream_protocol::endpoint;

/// Read at once at most: bounds a step, and what is held while reading is paused.
constexpr std::size_t read_size = std::size_t{64} * 1024;
/// A write buffer that grew beyond this in a jam is given back.
constexpr std::size_t kept_write_capacity = std::size_t{1024} * 1024;

std::string describe(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::unix_socket)
    return endpoint.host;
  return endpoint.host + ':' + std::to_string(endpoint.port);
}

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

/// What the connections of one transport have in common.
class AsioTransport::Shared {
 public:
  Shared(asio::io_context& context, SocketLimits socket_limits)
      : io(context), limits(socket_limits) {}

  asio::io_context& io;
  SocketLimits limits;
  std::list<Stream*> alive;
  /// By endpoint: the address whose silence the caller lost patience with.
  std::map<std::string, Address> unanswered;
};

/// One connection. Every pending operation holds a reference, so that its completion finds it; the
/// handler pointer is what says whether somebody still listens.
class AsioTransport::Stream : public std::enable_shared_from_this<AsioTransport::Stream> {
 public:
  Stream(std::shared_ptr<Shared> shared, Endpoint endpoint, ConnectionHandler& handler)
      : shared_(std::move(shared)),
        endpoint_(std::move(endpoint)),
        handler_(&handler),
        socket_(shared_->io),
        resolver_(shared_->io),
        farewell_(shared_->io),
        place_(shared_->alive.insert(shared_->alive.end(), this)) {}
  ~Stream() { leave(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Connecting
  void begin();

  // The caller's side
  void write(std::string_view bytes);
  [[nodiscard]] std::size_t queued_bytes() const;
  void pause_reading() { paused_ = true; }
  void resume_reading();
  void close();
  void abandon();
  void flush_now();

 private:
  enum class State { connecting, open, closing, ended };

  void resolve();
  void resolved(std::vector<Address> addresses);
  void try_next_address();
  void attempted(const error_code& error);
  [[nodiscard]] bool connected_to_itself() const;

  void read();
  void on_read(const error_code& error, std::size_t size);
  void deliver(std::size_t size);

  void flush();
  void send();
  void on_sent(const error_code& error, std::size_t size);
  void say_farewell();

  void fail(const error_code& error, std::string_view doing);
  void end(CloseReason reason, const std::string& detail);
  void shut();
  void leave();
  /// Runs `step` as a step of its own, unless the stream has ended by then.
  template <class Step>
  void later(Step step);

  std::shared_ptr<Shared> shared_;
  Endpoint endpoint_;
  ConnectionHandler* handler_;
  State state_ = State::connecting;

  asio::generic::stream_protocol::socket socket_;
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer farewell_;
  std::vector<Address> addresses_;
  std::size_t next_address_ = 0;
  error_code last_failure_;

  std::vector<char> read_buffer_;
  std::size_t held_ = 0;  ///< read before the pause was known, not delivered yet
  bool reading_ = false;
  bool delivering_ = false;
  bool paused_ = false;

  std::string sending_;  ///< with the network, from `sent_` on
  std::size_t sent_ = 0;
  std::string waiting_;
  bool send_pending_ = false;
  bool flush_posted_ = false;
  error_code send_failure_;

  std::optional<std::list<Stream*>::iterator> place_;
};

template <class Step>
void AsioTransport::Stream::later(Step step) {
  asio::post(shared_->io, [self = shared_from_this(), step] {
    if (self->state_ != State::ended)
      step(*self);
  });
}

// ---- Connecting

void AsioTransport::Stream::begin() {
  later([](Stream& self) { self.resolve(); });
}

void AsioTransport::Stream::resolve() {
  if (endpoint_.kind == Endpoint::Kind::unix_socket) {
    // sun_path holds 108 bytes with its end; Asio throws on a longer one.
    if (endpoint_.host.empty() || endpoint_.host.size() > 107) {
      end(CloseReason::unreachable,
          "the path of a Unix socket has 1 to 107 bytes: " + endpoint_.host);
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
        if (self->state_ == State::ended)
          return;
        if (error) {
          self->end(CloseReason::unreachable,
                    "resolve " + self->endpoint_.host + ": " + error.message());
          return;
        }
        std::vector<Address> addresses;
        for (const auto& result : results)
          addresses.emplace_back(result.endpoint());
        self->resolved(std::move(addresses));
      });
}

void AsioTransport::Stream::resolved(std::vector<Address> addresses) {
  addresses_ = std::move(addresses);
  if (const auto silent = shared_->unanswered.find(describe(endpoint_));
      silent != shared_->unanswered.end()) {
    const auto at = std::ranges::find(addresses_, silent->second);
    if (at != addresses_.end()) {
      std::rotate(at, at + 1, addresses_.end());
    }
  }
  try_next_address();
}

void AsioTransport::Stream::try_next_address() {
  while (next_address_ < addresses_.size()) {
    const Address& address = addresses_[next_address_++];
    error_code ignored;
    socket_.close(ignored);
    socket_.open(address.protocol(), last_failure_);
    if (last_failure_)
      continue;
    if (endpoint_.kind == Endpoint::Kind::tcp) {
      set_tcp_options(socket_.native_handle(), shared_->limits);
    }
    socket_.async_connect(address, [self = shared_from_this()](const error_code& error) {
      if (self->state_ != State::ended)
        self->attempted(error);
    });
    return;
  }
  fail(last_failure_, "connect to ");
}

void AsioTransport::Stream::attempted(const error_code& error) {
  last_failure_ = error;
  if (!error && connected_to_itself())
    last_failure_ = asio::error::connection_refused;
  if (last_failure_) {
    try_next_address();
    return;
  }
  shared_->unanswered.erase(describe(endpoint_));
  state_ = State::open;
  read_buffer_.resize(read_size);
  if (!waiting_.empty()) {
    flush_posted_ = true;
    later([](Stream& self) { self.flush(); });
  }
  handler_->on_connected();
  if (state_ == State::open)
    read();
}

/// A connection to a port of this machine on which nobody listens can meet itself, when the system picks
/// that very port for our end. It would look alive and keep the port from the server that wants it back.
bool AsioTransport::Stream::connected_to_itself() const {
  if (endpoint_.kind != Endpoint::Kind::tcp)
    return false;
  error_code ours_unknown;
  error_code theirs_unknown;
  const Address ours = socket_.local_endpoint(ours_unknown);
  const Address theirs = socket_.remote_endpoint(theirs_unknown);
  return !ours_unknown && !theirs_unknown && ours == theirs;
}

// ---- Reading

void AsioTransport::Stream::read() {
  if (reading_ || delivering_ || paused_ || held_ > 0)
    return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(read_buffer_),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->reading_ = false;
                            if (self->state_ != State::ended)
                              self->on_read(error, size);
                          });
}

void AsioTransport::Stream::on_read(const error_code& error, std::size_t size) {
  if (error) {
    // What broke the writing came first, and says more than the end of the stream that follows it.
    if (send_failure_ && state_ == State::open) {
      fail(send_failure_, "write to ");
    } else if (error == asio::error::eof) {
      end(CloseReason::end_of_stream, describe(endpoint_) + " closed the connection");
    } else {
      fail(error, "read from ");
    }
  } else if (state_ == State::closing) {
    read();
  } else if (paused_) {
    held_ = size;
  } else {
    deliver(size);
  }
}

void AsioTransport::Stream::deliver(std::size_t size) {
  // The buffer is the callee's until it returns: no read may start in between, whatever it calls.
  delivering_ = true;
  handler_->on_data(std::string_view(read_buffer_.data(), size));
  delivering_ = false;
  if (state_ == State::open || state_ == State::closing)
    read();
}

void AsioTransport::Stream::resume_reading() {
  if (!paused_)
    return;
  paused_ = false;
  if (state_ != State::open || delivering_)
    return;
  if (held_ == 0) {
    read();
    return;
  }
  later([](Stream& self) {
    if (self.paused_ || self.state_ != State::open || self.held_ == 0)
      return;
    self.deliver(std::exchange(self.held_, 0));
  });
}

// ---- Writing

void AsioTransport::Stream::write(std::string_view bytes) {
  if ((state_ != State::connecting && state_ != State::open) || send_failure_ || bytes.empty())
    return;
  waiting_ += bytes;
  if (state_ == State::open && !send_pending_ && !flush_posted_) {
    flush_posted_ = true;
    later([](Stream& self) { self.flush(); });
  }
}

std::size_t AsioTransport::Stream::queued_bytes() const {
  return sending_.size() - sent_ + waiting_.size();
}

void AsioTransport::Stream::flush() {
  flush_posted_ = false;
  if (send_pending_ || send_failure_ || waiting_.empty())
    return;
  sending_.swap(waiting_);
  sent_ = 0;
  send();
}

void AsioTransport::Stream::send() {
  send_pending_ = true;
  socket_.async_write_some(asio::buffer(sending_) + sent_,
                           [self = shared_from_this()](const error_code& error, std::size_t size) {
                             self->send_pending_ = false;
                             if (self->state_ != State::ended)
                               self->on_sent(error, size);
                           });
}

void AsioTransport::Stream::on_sent(const error_code& error, std::size_t size) {
  if (error) {
    send_failure_ = error;
    // The other side may have said why before it left (Redis: `-ERR max number of clients reached`).
    // What it said is still there to be read, and the end comes after it.
    if (state_ == State::open && (paused_ || !reading_))
      fail(error, "write to ");
    return;
  }
  sent_ += size;
  if (sent_ < sending_.size()) {
    send();
    return;
  }
  sending_.clear();
  sent_ = 0;
  if (sending_.capacity() > kept_write_capacity)
    sending_.shrink_to_fit();
  if (!waiting_.empty()) {
    flush();
  } else if (state_ == State::closing) {
    say_farewell();
  } else {
    handler_->on_drained();
  }
}

// ---- Ending

void AsioTransport::Stream::close() {
  if (state_ == State::closing || state_ == State::ended)
    return;
  if (state_ == State::connecting) {
    state_ = State::closing;
    later([](Stream& self) {
      self.end(CloseReason::end_of_stream, "closed before it was connected");
    });
    return;
  }
  state_ = State::closing;
  paused_ = false;
  held_ = 0;
  farewell_.expires_after(shared_->limits.farewell);
  farewell_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (cancelled || self->state_ == State::ended)
      return;
    self->end(CloseReason::end_of_stream,
              describe(self->endpoint_) + " did not close its side in time");
  });
  if (queued_bytes() == 0)
    say_farewell();
  read();
}

void AsioTransport::Stream::say_farewell() {
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void AsioTransport::Stream::abandon() {
  if (state_ == State::connecting && next_address_ > 0 && next_address_ <= addresses_.size()) {
    shared_->unanswered.insert_or_assign(describe(endpoint_), addresses_[next_address_ - 1]);
  }
  handler_ = nullptr;
  shut();
}

void AsioTransport::Stream::fail(const error_code& error, std::string_view doing) {
  const bool connected = state_ != State::connecting;
  end(close_reason(error.value(), connected),
      std::string(doing) + describe(endpoint_) + ": " + error.message());
}

void AsioTransport::Stream::end(CloseReason reason, const std::string& detail) {
  if (state_ == State::ended)
    return;
  shut();
  if (ConnectionHandler* handler = std::exchange(handler_, nullptr)) {
    handler->on_closed(reason, detail, EventId{});
  }
}

void AsioTransport::Stream::shut() {
  state_ = State::ended;
  error_code ignored;
  socket_.close(ignored);
  resolver_.cancel();
  farewell_.cancel();
  sending_.clear();
  waiting_.clear();
  sent_ = 0;
  leave();
}

void AsioTransport::Stream::leave() {
  if (place_)
    shared_->alive.erase(*std::exchange(place_, std::nullopt));
}

void AsioTransport::Stream::flush_now() {
  if (state_ != State::open && state_ != State::closing)
    return;
  for (const std::string_view part :
       {std::string_view(sending_).substr(sent_), std::string_view(waiting_)}) {
    if (part.empty())
      continue;
    const auto taken =
        ::send(socket_.native_handle(), part.data(), part.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0 || static_cast<std::size_t>(taken) < part.size())
      return;
  }
}

// ---- The transport

/// What the core holds: its destruction is the abort.
class AsioTransport::Handle final : public Connection {
 public:
  explicit Handle(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  ~Handle() override { stream_->abandon(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  void write(std::string_view bytes) override { stream_->write(bytes); }
  [[nodiscard]] std::size_t queued_bytes() const override { return stream_->queued_bytes(); }
  void pause_reading() override { stream_->pause_reading(); }
  void resume_reading() override { stream_->resume_reading(); }
  void close() override { stream_->close(); }

 private:
  std::shared_ptr<Stream> stream_;
};

AsioTransport::AsioTransport(asio::io_context& io, SocketLimits limits)
    : shared_(std::make_shared<Shared>(io, limits)) {}
AsioTransport::~AsioTransport() = default;

std::unique_ptr<Connection> AsioTransport::connect(const Endpoint& endpoint,
                                                   ConnectionHandler& handler) {
  auto stream = std::make_shared<Stream>(shared_, endpoint, handler);
  stream->begin();
  return std::make_unique<Handle>(std::move(stream));
}

void AsioTransport::flush() {
  for (Stream* stream : shared_->alive)
    stream->flush_now();
}

}  // namespace arbees::prod
