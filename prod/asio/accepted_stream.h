#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/ports/transport.h"

namespace arbees::prod {

class AcceptedStream;

/// Sends what was written to many streams in a turn of the loop: one posted step for all of them, which comes
/// after every step that was ready when the first of them was written to.
class TurnEnd : public std::enable_shared_from_this<TurnEnd> {
 public:
  explicit TurnEnd(boost::asio::io_context& io) : io_(io) {}
  void add(std::shared_ptr<AcceptedStream> stream);

 private:
  void flush();

  boost::asio::io_context& io_;
  std::vector<std::shared_ptr<AcceptedStream>> written_;
  std::vector<std::shared_ptr<AcceptedStream>> flushing_;
};

/// One accepted connection. Pending operations hold a reference; the handler pointer says whether somebody
/// still listens.
class AcceptedStream : public std::enable_shared_from_this<AcceptedStream> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  AcceptedStream(boost::asio::io_context& io, Socket socket, std::shared_ptr<TurnEnd> turn_end,
                 std::chrono::milliseconds farewell);
  AcceptedStream(const AcceptedStream&) = delete;
  AcceptedStream& operator=(const AcceptedStream&) = delete;

  /// What its owner holds: destroying it aborts the stream.
  [[nodiscard]] std::unique_ptr<Connection> make_handle();
  /// Reading begins. A stream that was destroyed already stays silent.
  void begin(ConnectionHandler& handler);
  /// Hands what is queued to the network as far as it takes it.
  void flush();

 private:
  class Handle;
  enum class State { open, closing, ended };

  void write(std::string_view bytes);
  [[nodiscard]] std::size_t queued_bytes() const { return queue_.size() - sent_; }
  void pause_reading() { paused_ = true; }
  void resume_reading();
  void close();
  void abort();

  void read();
  void on_read(const boost::system::error_code& error, std::size_t size);
  void deliver(std::size_t size);
  void send();
  void wait_until_writable();
  void say_farewell();
  void end(CloseReason reason, const std::string& detail);
  void shut();

  boost::asio::io_context& io_;
  Socket socket_;
  std::shared_ptr<TurnEnd> turn_end_;
  std::chrono::milliseconds farewell_patience_;
  std::optional<boost::asio::steady_timer> farewell_;  // only those that are closed have one
  ConnectionHandler* handler_ = nullptr;
  State state_ = State::open;

  std::unique_ptr<char[]> read_buffer_;  // NOLINT(modernize-avoid-c-arrays): left uninitialised
  std::size_t held_ = 0;                 // read before the pause was known, not delivered yet
  bool reading_ = false;
  bool delivering_ = false;
  bool paused_ = false;

  std::string queue_;  // with the network up to `sent_`
  std::size_t sent_ = 0;
  bool in_turn_ = false;  // stands in the list of the turn's end
  bool jammed_ = false;   // waits until the network takes more
  int send_error_ = 0;    // the stream takes nothing more; its end is told as a step of its own
};

}  // namespace arbees::prod
