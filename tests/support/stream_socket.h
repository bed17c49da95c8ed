#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace arbees::testing {

/// A blocking client's end of a byte stream, with a deadline on every wait. Throws
/// std::system_error if the system refuses; a peer that is gone is no error.
class StreamSocket {
 public:
  [[nodiscard]] static StreamSocket connect_unix(const std::string& path);
  [[nodiscard]] static StreamSocket connect_loopback(std::uint16_t port);
  ~StreamSocket();
  StreamSocket(StreamSocket&& other) noexcept;
  StreamSocket& operator=(StreamSocket&& other) noexcept;

  /// Sends all of it, or as much as a peer takes before it hangs up; false if a peer that reads
  /// nothing let the deadline pass.
  bool send(std::string_view bytes, Duration deadline = seconds{10});
  /// What came next: at least one byte, or nothing at the end of the stream (a reset counts as
  /// one). None: the deadline passed.
  [[nodiscard]] std::optional<std::string> receive(Duration deadline = seconds{10});
  /// Tells the peer that nothing more will come.
  void finish_sending();

 private:
  explicit StreamSocket(int fd) : fd_(fd) {}
  [[nodiscard]] bool wait_for(short events, Duration deadline) const;

  int fd_ = -1;
};

/// A loopback port nobody listens on at this moment.
[[nodiscard]] std::uint16_t free_loopback_port();

}  // namespace arbees::testing
