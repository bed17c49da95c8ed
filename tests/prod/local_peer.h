#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/ports/transport.h"
#include "tests/support/certificates.h"

struct ssl_st;

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
  /// Speaks TLS from the next connection on. With `clients`, a file of authorities, it wants a certificate of theirs.
  void speak_tls(const testing::CertificateFiles& own, const std::string& clients = {});

  /// Accepts a connection if one waits and none is served, and goes on with its handshake.
  void serve();

  /// Waits for the connection, unless it is served already.
  void accept();
  /// Sends what the system takes at once; returns how much.
  std::size_t send(std::string_view bytes);
  /// Over TLS: puts bytes between its records.
  void send_in_the_clear(std::string_view bytes) const;
  /// Reads what has arrived; empty if nothing has.
  std::string receive();
  /// Speaks nothing newer than TLS 1.1 from the next connection on.
  void speak_old_tls(const testing::CertificateFiles& own);
  /// Over TLS: the handshake failed on this side.
  [[nodiscard]] bool refused() const { return refused_; }
  /// Over TLS: the other side ended its stream in order.
  [[nodiscard]] bool heard_farewell() const;
  /// The name it was asked for by SNI; empty: none.
  [[nodiscard]] std::string asked_for() const;
  /// True once the other side ended its stream and everything was received.
  [[nodiscard]] bool ended() const { return ended_; }
  void close();
  /// Ends the connection with a reset.
  void reset();

 private:
  void take_next();

  Endpoint endpoint_;
  testing::CertificateFiles own_;
  std::string clients_;
  bool old_tls_ = false;
  bool refused_ = false;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_;
  std::string folder_;
  int listener_ = -1;
  int socket_ = -1;
  bool ended_ = false;
};

}  // namespace arbees::prod
