#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/ports/transport.h"
#include "prod/asio/dial.h"
#include "prod/tls/tls_session.h"

namespace arbees::prod {

class Stream;

/// What the connections of one transport have in common.
struct StreamGroup {
  boost::asio::io_context& io;
  SocketLimits limits;
  std::list<Stream*> alive{};
  SilentAddresses silent{};
};

/// One connection. Every pending operation holds a reference, so that its completion finds it; the
/// handler pointer is what says whether somebody still listens.
///
/// Over TLS the same bytes pass through a TlsSession on both sides: what is read is opened before it is delivered,
/// what is written is sealed when it is flushed. Until the handshake is done the stream is not connected.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(std::shared_ptr<StreamGroup> group, Endpoint endpoint, ConnectionHandler& handler);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void begin();
  void write(std::string_view bytes);
  [[nodiscard]] std::size_t queued_bytes() const;
  void pause_reading() { paused_ = true; }
  void resume_reading();
  void close();
  /// Nobody listens any more.
  void abandon();
  /// Hands to the network what it takes without waiting.
  void flush_now();

 private:
  enum class State { connecting, open, closing, ended };

  void dialled(std::expected<Socket, Dial::Failure> outcome);
  void begin_tls();
  void opened();

  void read();
  void on_read(const boost::system::error_code& error, std::size_t size);
  void received_sealed(std::size_t size);
  void open_sealed();
  void received(std::size_t size);
  void deliver(std::size_t size);

  void post_flush();
  void flush();
  [[nodiscard]] bool load_output();
  [[nodiscard]] boost::system::error_code send_without_waiting();
  void send();
  void sent_all();
  void say_farewell();

  void fail(const boost::system::error_code& error, std::string_view doing);
  void fail_tls(const TlsSession::Failure& failure);
  void end(CloseReason reason, const std::string& detail);
  void shut();
  void leave();
  /// Runs `step` as a step of its own, unless the stream has ended by then.
  template <class Step>
  void later(Step step);

  std::shared_ptr<StreamGroup> group_;
  Endpoint endpoint_;
  ConnectionHandler* handler_;
  State state_ = State::connecting;
  std::shared_ptr<Dial> dial_;
  Socket socket_;
  std::optional<TlsSession> tls_;
  boost::asio::steady_timer farewell_;

  std::vector<char> sealed_buffer_;  ///< over TLS: as it came
  std::vector<char> read_buffer_;
  std::size_t held_ = 0;  ///< read before the pause was known, not delivered yet
  bool reading_ = false;
  bool delivering_ = false;
  bool paused_ = false;
  bool open_posted_ = false;

  std::string waiting_;  ///< as it was written
  std::string sending_;  ///< as the network carries it, from `sent_` on
  std::size_t sent_ = 0;
  std::size_t payload_ = 0;  ///< how many written bytes `sending_` carries
  bool drain_due_ = false;
  bool send_pending_ = false;
  bool flush_posted_ = false;
  boost::system::error_code send_failure_;

  std::optional<std::list<Stream*>::iterator> place_;
};

}  // namespace arbees::prod
