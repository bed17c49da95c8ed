#include "tests/support/stream_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace arbees::testing {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A socket that is closed unless it is released to an owner.
class NewSocket {
 public:
  explicit NewSocket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) {
      throw_errno("socket");
    }
  }
  ~NewSocket() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  NewSocket(const NewSocket&) = delete;
  NewSocket& operator=(const NewSocket&) = delete;

  template <class Address>
  void connect(const Address& address, const std::string& where) {
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw_errno("connect to " + where);
    }
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace

StreamSocket StreamSocket::connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw std::invalid_argument("a socket's path has at most 107 bytes, not as many as " + path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  NewSocket socket(AF_UNIX);
  socket.connect(address, path);
  return StreamSocket(socket.release());
}

StreamSocket StreamSocket::connect_loopback(std::uint16_t port) {
  NewSocket socket(AF_INET);
  socket.connect(loopback(port), "127.0.0.1:" + std::to_string(port));
  return StreamSocket(socket.release());
}

StreamSocket::~StreamSocket() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

StreamSocket::StreamSocket(StreamSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

StreamSocket& StreamSocket::operator=(StreamSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

bool StreamSocket::wait_for(short events, Duration deadline) const {
  pollfd wanted{.fd = fd_, .events = events, .revents = 0};
  const auto timeout = std::chrono::ceil<milliseconds>(deadline).count();
  while (true) {
    const int ready = ::poll(&wanted, 1, static_cast<int>(timeout));
    if (ready >= 0) {
      return ready > 0;
    }
    if (errno != EINTR) {
      throw_errno("poll");
    }
  }
}

bool StreamSocket::send(std::string_view bytes, Duration deadline) {
  while (!bytes.empty()) {
    if (!wait_for(POLLOUT, deadline)) {
      return false;
    }
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return true;
    } else if (errno != EAGAIN && errno != EINTR) {
      throw_errno("send");
    }
  }
  return true;
}

std::optional<std::string> StreamSocket::receive(Duration deadline) {
  std::array<char, 65536> buffer;
  while (wait_for(POLLIN, deadline)) {
    const ssize_t received = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (received >= 0) {
      return std::string(buffer.data(), static_cast<std::size_t>(received));
    }
    if (errno == ECONNRESET) {
      return "";
    }
    if (errno != EAGAIN && errno != EINTR) {
      throw_errno("recv");
    }
  }
  return std::nullopt;
}

void StreamSocket::finish_sending() {
  if (::shutdown(fd_, SHUT_WR) != 0 && errno != ENOTCONN) {
    throw_errno("shutdown");
  }
}

std::uint16_t free_loopback_port() {
  const NewSocket socket(AF_INET);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), generic, size) != 0 ||
      ::getsockname(socket.get(), generic, &size) != 0) {
    throw_errno("bind to a free loopback port");
  }
  return ntohs(address.sin_port);
}

}  // namespace arbees::testing
