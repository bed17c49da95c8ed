#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ports/transport.h"

namespace arbees::prod {

/// The other side of a connection, made of plain system calls so that it shares nothing with what is
/// tested. Listens on a free loopback port or on a Unix socket; serves one connection.
class LocalPeer {
 public:
  enum class Listens { yes, no };

  explicit LocalPeer(Endpoint::Kind kind, Listens listens = Listens::yes);
  ~LocalPeer();
  LocalPeer(const LocalPeer&) = delete;
  LocalPeer& operator=(const LocalPeer&) = delete;

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

  /// Waits for the connection and makes it non-blocking.
  void accept();
  /// Sends what the system takes at once; returns how much.
  std::size_t send(std::string_view bytes);
  /// Reads what has arrived; empty if nothing has.
  std::string receive();
  /// True once the other side ended its stream and everything was received.
  [[nodiscard]] bool ended() const { return ended_; }
  void close();
  /// Ends the connection with a reset.
  void reset();

 private:
  Endpoint endpoint_;
  std::string folder_;
  int listener_ = -1;
  int socket_ = -1;
  bool ended_ = false;
};

}  // namespace arbees::prod
