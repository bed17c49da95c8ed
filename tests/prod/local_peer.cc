#include "tests/prod/local_peer.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace arbees::prod {
namespace {

int checked(int result, const char* call) {
  if (result < 0)
    throw std::system_error(errno, std::generic_category(), call);
  return result;
}

}  // namespace

LocalPeer::LocalPeer(Endpoint::Kind kind, Listens listens) {
  endpoint_.kind = kind;
  if (kind == Endpoint::Kind::tcp) {
    listener_ = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    checked(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), "bind");
    checked(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    endpoint_.host = "127.0.0.1";
    endpoint_.port = ntohs(address.sin_port);
  } else {
    std::string pattern = "/tmp/arbees-peer-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("mkdtemp");
    folder_ = pattern;
    endpoint_.host = folder_ + "/socket";
    listener_ = checked(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, endpoint_.host.c_str(), sizeof address.sun_path - 1);
    checked(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  }
  if (listens == Listens::yes)
    checked(::listen(listener_, 8), "listen");
}

LocalPeer::~LocalPeer() {
  close();
  ::close(listener_);
  if (!folder_.empty()) {
    ::unlink(endpoint_.host.c_str());
    ::rmdir(folder_.c_str());
  }
}

void LocalPeer::accept() {
  pollfd waiting{listener_, POLLIN, 0};
  if (checked(::poll(&waiting, 1, 30'000), "poll") == 0)
    throw std::runtime_error("nobody connects");
  socket_ = checked(::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC), "accept");
}

std::size_t LocalPeer::send(std::string_view bytes) {
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

std::string LocalPeer::receive() {
  std::string out;
  std::array<char, 65'536> buffer{};
  for (;;) {
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size == 0)
      ended_ = true;
    if (size <= 0)
      return out;
    out.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

void LocalPeer::close() {
  if (socket_ >= 0)
    ::close(socket_);
  socket_ = -1;
}

void LocalPeer::reset() {
  const linger at_once{1, 0};
  checked(::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), "SO_LINGER");
  close();
}

}  // namespace arbees::prod
