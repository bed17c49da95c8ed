#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/ports/transport.h"

namespace arbees::prod {

/// Our side of one TLS connection as a machine without sockets: what the network brought goes in, what it must
/// carry comes out. So the stream alone decides when bytes move, in the clear and over TLS alike, and knows at any
/// instant what has left; that is what lets the last words of a process leave when its loop stands still.
///
/// A failure is for good. Nothing here blocks but reading the files at the start.
class TlsSession {
 public:
  /// Why there is no connection, for people: which certificate, file or protocol.
  struct Failure {
    CloseReason reason;  ///< untrusted: configuration; reset: the stream was damaged
    std::string detail;
  };
  struct Read {
    std::size_t size = 0;
    bool ended = false;  ///< nothing follows: the other side said farewell
  };

  /// Reads the files of `tls` and begins a handshake with the server at `host`.
  [[nodiscard]] static std::expected<TlsSession, Failure> begin(const Tls& tls,
                                                                const std::string& host);
  TlsSession(TlsSession&&) noexcept;
  TlsSession& operator=(TlsSession&&) noexcept;
  ~TlsSession();

  /// Takes bytes from the network, goes on with the handshake until it is `established`.
  [[nodiscard]] std::expected<void, Failure> take(std::string_view sealed);
  [[nodiscard]] bool established() const;
  /// Opens what was taken, as much as fits; once established.
  [[nodiscard]] std::expected<Read, Failure> read(std::span<char> into);
  /// What was taken is not known to be read to its end: ask before waiting for the network.
  [[nodiscard]] bool may_have_more() const;

  /// Seals bytes for the other side; once established.
  void write(std::string_view bytes);
  /// Seals a farewell, once; false: it was said before.
  bool say_farewell();
  /// What waits to be carried by the network, sealed words and those of the protocol itself.
  [[nodiscard]] bool has_output() const;
  [[nodiscard]] std::string take_output();

 private:
  class Impl;
  explicit TlsSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What of `tls` cannot be used on this machine as it is now, for people: a file that cannot be read or is not
/// what it should be, a key of another certificate; empty: nothing.
[[nodiscard]] std::string problem_of_tls(const Tls& tls);

}  // namespace arbees::prod
