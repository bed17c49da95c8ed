#include "tests/prod/local_peer.h"

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
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

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace arbees::prod {
namespace {

int checked(int result, const char* call) {
  if (result < 0)
    throw std::system_error(errno, std::generic_category(), call);
  return result;
}

}  // namespace

LocalPeer::LocalPeer(Endpoint::Kind kind, Listens listens) : tls_(nullptr, SSL_free) {
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

void LocalPeer::speak_tls(const testing::CertificateFiles& own, const std::string& clients) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  own_ = own;
  clients_ = clients;
}

void LocalPeer::speak_old_tls(const testing::CertificateFiles& own) {
  speak_tls(own);
  old_tls_ = true;
}

bool LocalPeer::heard_farewell() const {
  return tls_ && (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::string LocalPeer::asked_for() const {
  const char* name = tls_ ? SSL_get_servername(tls_.get(), TLSEXT_NAMETYPE_host_name) : nullptr;
  return name == nullptr ? "" : name;
}

void LocalPeer::serve() {
  pollfd waiting{listener_, POLLIN, 0};
  if (socket_ < 0 && ::poll(&waiting, 1, 0) == 1)
    take_next();
  if (tls_ && SSL_is_init_finished(tls_.get()) == 0) {
    const int rc = SSL_do_handshake(tls_.get());
    refused_ |= rc != 1 && SSL_get_error(tls_.get(), rc) == SSL_ERROR_SSL;
    ERR_clear_error();
  }
}

void LocalPeer::accept() {
  if (socket_ >= 0)
    return;
  pollfd waiting{listener_, POLLIN, 0};
  if (checked(::poll(&waiting, 1, 30'000), "poll") == 0)
    throw std::runtime_error("nobody connects");
  take_next();
}

void LocalPeer::take_next() {
  socket_ = checked(::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC), "accept");
  if (own_.cert.empty())
    return;
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate_chain_file(context, own_.cert.c_str());
  SSL_CTX_use_PrivateKey_file(context, own_.key.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (!clients_.empty()) {
    SSL_CTX_load_verify_file(context, clients_.c_str());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  if (old_tls_) {
    SSL_CTX_set_min_proto_version(context, 0);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(context, "DEFAULT@SECLEVEL=0");
  }
  tls_.reset(SSL_new(context));
  SSL_CTX_free(context);
  SSL_set_fd(tls_.get(), socket_);
  SSL_set_accept_state(tls_.get());
}

std::size_t LocalPeer::send(std::string_view bytes) {
  if (tls_) {
    std::size_t all = 0;
    for (std::size_t sent = 0; all < bytes.size(); all += sent) {
      ERR_clear_error();
      if (SSL_write_ex(tls_.get(), bytes.data() + all, bytes.size() - all, &sent) != 1)
        break;
    }
    return all;
  }
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

void LocalPeer::send_in_the_clear(std::string_view bytes) const {
  const auto sent =
      checked(static_cast<int>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL)), "send");
  if (static_cast<std::size_t>(sent) < bytes.size())
    throw std::runtime_error("the system takes less than it was given");
}

std::string LocalPeer::receive() {
  if (socket_ < 0)
    return {};
  std::string out;
  std::array<char, 65'536> buffer{};
  while (tls_) {
    std::size_t size = 0;
    ERR_clear_error();
    const int rc = SSL_read_ex(tls_.get(), buffer.data(), buffer.size(), &size);
    if (rc != 1) {
      ended_ |= SSL_get_error(tls_.get(), rc) != SSL_ERROR_WANT_READ;
      return out;
    }
    out.append(buffer.data(), size);
  }
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
  if (tls_ && socket_ >= 0 && SSL_is_init_finished(tls_.get()) == 1)
    SSL_shutdown(tls_.get());
  ERR_clear_error();
  tls_.reset();
  if (socket_ >= 0)
    ::close(socket_);
  socket_ = -1;
}

void LocalPeer::reset() {
  const linger at_once{1, 0};
  checked(::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), "SO_LINGER");
  tls_.reset();
  close();
}

}  // namespace arbees::prod
