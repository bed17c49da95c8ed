#include "prod/asio/accepted_stream.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "prod/asio/read_size.h"
#include "prod/asio/socket_errors.h"

namespace arbees::prod {
namespace {

using boost::system::error_code;

/// A queue that grew beyond this in a jam is given back.
constexpr std::size_t kept_capacity = std::size_t{1024} * 1024;
/// What was sent is cut off once it is this much and half of the queue: a reader that is slow but never
/// stands still must not let the queue grow for ever.
constexpr std::size_t cut_off_size = std::size_t{256} * 1024;

}  // namespace

// ---- The end of a turn

void TurnEnd::add(std::shared_ptr<AcceptedStream> stream) {
  if (written_.empty())
    boost::asio::post(io_, [self = shared_from_this()] { self->flush(); });
  written_.push_back(std::move(stream));
}

void TurnEnd::flush() {
  flushing_.swap(written_);
  for (const auto& stream : flushing_)
    stream->flush();
  flushing_.clear();
}

// ---- What the owner holds

class AcceptedStream::Handle final : public Connection {
 public:
  explicit Handle(std::shared_ptr<AcceptedStream> stream) : stream_(std::move(stream)) {}
  ~Handle() override { stream_->abort(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  void write(std::string_view bytes) override { stream_->write(bytes); }
  [[nodiscard]] std::size_t queued_bytes() const override { return stream_->queued_bytes(); }
  void pause_reading() override { stream_->pause_reading(); }
  void resume_reading() override { stream_->resume_reading(); }
  void close() override { stream_->close(); }

 private:
  std::shared_ptr<AcceptedStream> stream_;
};

AcceptedStream::AcceptedStream(boost::asio::io_context& io, Socket socket,
                               std::shared_ptr<TurnEnd> turn_end,
                               std::chrono::milliseconds farewell)
    : io_(io),
      socket_(std::move(socket)),
      turn_end_(std::move(turn_end)),
      farewell_patience_(farewell),
      // Of a buffer that is not used whole the system gives only the pages that are.
      read_buffer_(std::make_unique_for_overwrite<char[]>(read_size)) {}

std::unique_ptr<Connection> AcceptedStream::make_handle() {
  return std::make_unique<Handle>(shared_from_this());
}

void AcceptedStream::begin(ConnectionHandler& handler) {
  if (state_ == State::ended)
    return;
  handler_ = &handler;
  read();
}

// ---- Reading

void AcceptedStream::read() {
  if (reading_ || delivering_ || paused_ || held_ > 0)
    return;
  reading_ = true;
  socket_.async_read_some(boost::asio::buffer(read_buffer_.get(), read_size),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->reading_ = false;
                            if (self->state_ != State::ended)
                              self->on_read(error, size);
                          });
}

void AcceptedStream::on_read(const error_code& error, std::size_t size) {
  if (error == boost::asio::error::eof) {
    end(CloseReason::end_of_stream, "the client closed the connection");
  } else if (error) {
    end(close_reason(error.value(), true), "read: " + error.message());
  } else if (state_ == State::closing) {
    read();  // heard no more; the end of it is waited for
  } else if (paused_) {
    held_ = size;
  } else {
    deliver(size);
  }
}

void AcceptedStream::deliver(std::size_t size) {
  // The buffer is the callee's until it returns: no read may start in between, whatever it calls.
  delivering_ = true;
  handler_->on_data(std::string_view(read_buffer_.get(), size));
  delivering_ = false;
  if (state_ != State::ended)
    read();
}

void AcceptedStream::resume_reading() {
  if (!paused_)
    return;
  paused_ = false;
  if (state_ != State::open || delivering_ || handler_ == nullptr)
    return;
  if (held_ == 0) {
    read();
    return;
  }
  boost::asio::post(io_, [self = shared_from_this()] {
    if (!self->paused_ && self->state_ == State::open && self->held_ > 0)
      self->deliver(std::exchange(self->held_, 0));
  });
}

// ---- Writing

void AcceptedStream::write(std::string_view bytes) {
  if (state_ != State::open || send_error_ != 0 || bytes.empty())
    return;
  if (sent_ >= cut_off_size && sent_ * 2 >= queue_.size())
    queue_.erase(0, std::exchange(sent_, 0));
  queue_ += bytes;
  if (!in_turn_ && !jammed_) {
    in_turn_ = true;
    turn_end_->add(shared_from_this());
  }
}

void AcceptedStream::flush() {
  in_turn_ = false;
  if (state_ != State::ended && !jammed_ && queued_bytes() > 0)
    send();
}

void AcceptedStream::send() {
  // Called directly, not through the loop: what the network takes at once needs no step to say so.
  const auto taken = ::send(socket_.native_handle(), queue_.data() + sent_, queued_bytes(),
                            MSG_DONTWAIT | MSG_NOSIGNAL);
  if (taken < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    send_error_ = errno;
    end(close_reason(send_error_, true), std::string("write: ") + std::strerror(send_error_));
    return;
  }
  sent_ += taken < 0 ? 0 : static_cast<std::size_t>(taken);
  if (queued_bytes() > 0) {
    wait_until_writable();
    return;
  }
  queue_.clear();
  sent_ = 0;
  if (queue_.capacity() > kept_capacity)
    queue_.shrink_to_fit();
  if (state_ == State::closing) {
    say_farewell();
  } else {
    handler_->on_drained();
  }
}

void AcceptedStream::wait_until_writable() {
  jammed_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code&) {
    // An error shows in the write that follows.
    self->jammed_ = false;
    if (self->state_ != State::ended)
      self->send();
  });
}

// ---- Ending

void AcceptedStream::close() {
  if (state_ != State::open)
    return;
  state_ = State::closing;
  paused_ = false;
  held_ = 0;
  farewell_.emplace(io_, farewell_patience_);
  farewell_->async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled && self->state_ != State::ended)
      self->end(CloseReason::end_of_stream, "the client did not close its side in time");
  });
  if (queued_bytes() == 0)
    say_farewell();
  if (handler_ != nullptr)
    read();
}

void AcceptedStream::say_farewell() {
  error_code ignored;
  socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
}

void AcceptedStream::abort() {
  handler_ = nullptr;
  shut();
}

void AcceptedStream::end(CloseReason reason, const std::string& detail) {
  shut();
  if (ConnectionHandler* handler = std::exchange(handler_, nullptr))
    handler->on_closed(reason, detail, EventId{});
}

void AcceptedStream::shut() {
  state_ = State::ended;
  error_code ignored;
  socket_.close(ignored);
  farewell_.reset();
  queue_.clear();
  sent_ = 0;
}

}  // namespace arbees::prod
