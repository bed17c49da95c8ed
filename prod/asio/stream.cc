#include "prod/asio/stream.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "prod/asio/read_size.h"
#include "prod/asio/socket_errors.h"

namespace arbees::prod {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// A write buffer that grew beyond this in a jam is given back.
constexpr std::size_t kept_write_capacity = std::size_t{1024} * 1024;

}  // namespace

Stream::Stream(std::shared_ptr<StreamGroup> group, Endpoint endpoint, ConnectionHandler& handler)
    : group_(std::move(group)),
      endpoint_(std::move(endpoint)),
      handler_(&handler),
      socket_(group_->io),
      farewell_(group_->io),
      place_(group_->alive.insert(group_->alive.end(), this)) {}

Stream::~Stream() { leave(); }

template <class Step>
void Stream::later(Step step) {
  asio::post(group_->io, [self = shared_from_this(), step] {
    if (self->state_ != State::ended)
      step(*self);
  });
}

// ---- Connecting

void Stream::begin() {
  dial_ = std::make_shared<Dial>(group_->io, group_->limits, group_->silent, endpoint_,
                                 [self = shared_from_this()](auto outcome) {
                                   if (self->state_ == State::connecting)
                                     self->dialled(std::move(outcome));
                                 });
  later([](Stream& self) { self.dial_->begin(); });
}

void Stream::dialled(std::expected<Socket, Dial::Failure> outcome) {
  if (!outcome) {
    end(outcome.error().reason, outcome.error().detail);
    return;
  }
  socket_ = *std::move(outcome);
  read_buffer_.resize(read_size);
  if (endpoint_.tls) {
    begin_tls();
  } else {
    opened();
  }
}

void Stream::begin_tls() {
  auto begun = TlsSession::begin(*endpoint_.tls, endpoint_.host);
  if (!begun) {
    fail_tls(begun.error());
    return;
  }
  tls_ = *std::move(begun);
  sealed_buffer_.resize(read_size);
  flush();
  read();
}

void Stream::opened() {
  dial_->praise();
  state_ = State::open;
  if (!waiting_.empty())
    post_flush();
  handler_->on_connected();
  if (state_ == State::open)
    read();
}

// ---- Reading

void Stream::read() {
  if (reading_ || delivering_ || paused_ || held_ > 0 || open_posted_)
    return;
  if (tls_ && tls_->established() && tls_->may_have_more()) {
    open_posted_ = true;
    later([](Stream& self) {
      self.open_posted_ = false;
      if (!self.paused_)
        self.open_sealed();
    });
    return;
  }
  reading_ = true;
  socket_.async_read_some(asio::buffer(tls_ ? sealed_buffer_ : read_buffer_),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->reading_ = false;
                            if (self->state_ != State::ended)
                              self->on_read(error, size);
                          });
}

void Stream::on_read(const error_code& error, std::size_t size) {
  if (!error) {
    if (tls_) {
      received_sealed(size);
    } else {
      received(size);
    }
    return;
  }
  // What broke the writing came first, and says more than the end of the stream that follows it.
  if (send_failure_ && state_ == State::open) {
    fail(send_failure_, "write to ");
  } else if (error == asio::error::eof) {
    end(CloseReason::end_of_stream,
        describe(endpoint_) + " closed the connection" +
            (state_ == State::connecting ? " during the TLS handshake" : ""));
  } else {
    fail(error, "read from ");
  }
}

void Stream::received_sealed(std::size_t size) {
  if (auto taken = tls_->take({sealed_buffer_.data(), size}); !taken) {
    fail_tls(taken.error());
    return;
  }
  if (state_ != State::connecting) {
    open_sealed();
    return;
  }
  flush();
  if (tls_->established()) {
    opened();
  } else {
    read();
  }
}

/// Delivers what the records hold that were taken. It may be called whenever nothing is held.
void Stream::open_sealed() {
  if (!tls_->established())
    return;  // closed during the handshake
  const auto opened = tls_->read(read_buffer_);
  if (!opened) {
    fail_tls(opened.error());
    return;
  }
  // The protocol may have an answer of its own to what came.
  if (tls_->has_output() && !send_pending_ && !flush_posted_)
    post_flush();
  if (opened->size > 0) {
    received(opened->size);
  } else if (opened->ended) {
    end(CloseReason::end_of_stream, describe(endpoint_) + " closed the connection");
  } else {
    read();
  }
}

void Stream::received(std::size_t size) {
  if (state_ == State::closing) {
    read();
  } else if (paused_) {
    held_ = size;
  } else {
    deliver(size);
  }
}

void Stream::deliver(std::size_t size) {
  // The buffer is the callee's until it returns: no read may start in between, whatever it calls.
  delivering_ = true;
  handler_->on_data(std::string_view(read_buffer_.data(), size));
  delivering_ = false;
  if (state_ == State::open || state_ == State::closing)
    read();
}

void Stream::resume_reading() {
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

void Stream::write(std::string_view bytes) {
  if ((state_ != State::connecting && state_ != State::open) || send_failure_ || bytes.empty())
    return;
  waiting_ += bytes;
  if (state_ == State::open && !send_pending_ && !flush_posted_)
    post_flush();
}

std::size_t Stream::queued_bytes() const {
  return std::min(payload_, sending_.size() - sent_) + waiting_.size();
}

void Stream::post_flush() {
  flush_posted_ = true;
  later([](Stream& self) {
    self.flush_posted_ = false;
    self.flush();
  });
}

/// As the last of a step: `on_drained` may come from inside, but not before the stream is open.
void Stream::flush() {
  if (!send_pending_ && !send_failure_ && load_output())
    send();
}

/// Makes `sending_` of what is to leave; false: nothing is.
bool Stream::load_output() {
  const bool connected = state_ != State::connecting && (!tls_ || tls_->established());
  const bool written = connected && !waiting_.empty();
  payload_ = written ? waiting_.size() : 0;
  drain_due_ |= written;
  sent_ = 0;
  if (!tls_) {
    sending_.clear();
    if (written)
      sending_.swap(waiting_);
    return written;
  }
  if (written) {
    tls_->write(waiting_);
    waiting_.clear();
  }
  sending_ = tls_->take_output();
  return !sending_.empty();
}

/// Not by an operation of Asio: those tell only in a later step how much the network took, and a process
/// that ends in between would send the same bytes again.
error_code Stream::send_without_waiting() {
  while (sent_ < sending_.size()) {
    const auto taken = ::send(socket_.native_handle(), sending_.data() + sent_,
                              sending_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken >= 0) {
      sent_ += static_cast<std::size_t>(taken);
    } else if (errno != EINTR) {
      return errno == EAGAIN ? asio::error::would_block
                             : error_code(errno, boost::system::system_category());
    }
  }
  return {};
}

void Stream::send() {
  const error_code error = send_without_waiting();
  if (!error) {
    sent_all();
  } else if (error == asio::error::would_block) {
    send_pending_ = true;
    socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& failed) {
      self->send_pending_ = false;
      // A failed wait shows again as a failed read or write, with its reason.
      if (self->state_ != State::ended && failed != asio::error::operation_aborted)
        self->send();
    });
  } else {
    send_failure_ = error;
    // The other side may have said why before it left (Redis: `-ERR max number of clients reached`).
    // What it said is still there to be read or opened, and the end comes after it.
    if (state_ == State::open && (paused_ || (!reading_ && !open_posted_)))
      fail(error, "write to ");
  }
}

void Stream::sent_all() {
  sending_.clear();
  sent_ = 0;
  payload_ = 0;
  if (sending_.capacity() > kept_write_capacity)
    sending_.shrink_to_fit();
  if (load_output()) {
    send();
  } else if (state_ == State::closing) {
    say_farewell();
  } else if (std::exchange(drain_due_, false)) {
    handler_->on_drained();
  }
}

// ---- Ending

void Stream::close() {
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
  farewell_.expires_after(group_->limits.farewell);
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

void Stream::say_farewell() {
  if (tls_ && tls_->say_farewell()) {
    flush();  // and comes back when that has left
    return;
  }
  if (send_pending_)
    return;
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void Stream::abandon() {
  if (state_ == State::connecting && dial_)
    dial_->blame();
  handler_ = nullptr;
  shut();
}

void Stream::fail(const error_code& error, std::string_view doing) {
  const bool connected = state_ != State::connecting;
  end(close_reason(error.value(), connected),
      std::string(doing) + describe(endpoint_) + ": " + error.message());
}

void Stream::fail_tls(const TlsSession::Failure& failure) {
  // Tells the other side why, as far as that is possible without waiting.
  if (tls_ && !send_pending_ && load_output())
    static_cast<void>(send_without_waiting());
  end(failure.reason, "TLS with " + describe(endpoint_) + ": " + failure.detail);
}

void Stream::end(CloseReason reason, const std::string& detail) {
  if (state_ == State::ended)
    return;
  shut();
  if (ConnectionHandler* handler = std::exchange(handler_, nullptr)) {
    handler->on_closed(reason, detail, EventId{});
  }
}

void Stream::shut() {
  state_ = State::ended;
  if (dial_)
    dial_->abandon();
  error_code ignored;
  socket_.close(ignored);
  farewell_.cancel();
  sending_.clear();
  waiting_.clear();
  sent_ = 0;
  payload_ = 0;
  leave();
}

void Stream::leave() {
  if (place_)
    group_->alive.erase(*std::exchange(place_, std::nullopt));
}

void Stream::flush_now() {
  if ((state_ != State::open && state_ != State::closing) || send_failure_)
    return;
  if (sent_ == sending_.size() && !load_output())
    return;
  while (!send_without_waiting() && load_output()) {
  }
}

}  // namespace arbees::prod
