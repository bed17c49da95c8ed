#include "prod/tls/tls_session.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>
#include <type_traits>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/base/assert.h"
#include "prod/tls/certificate_text.h"

namespace arbees::prod {
namespace {

using Failure = TlsSession::Failure;

/// Called like the function it is made of.
template <auto release>
using Release = std::integral_constant<decltype(release), release>;
using Context = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Release<SSL_free>>;

/// What OpenSSL noted down for this thread, oldest first: the first says what was wrong.
struct LibraryError {
  unsigned long code = 0;
  [[nodiscard]] std::string text() const {
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "unknown failure of the TLS library" : reason;
  }
};

LibraryError take_error() {
  const LibraryError first{ERR_get_error()};
  ERR_clear_error();
  return first;
}

/// Why a file is of no use. What the system says of opening it is worth more than the library's words.
std::string file_problem(const std::string& what, const std::string& path) {
  const LibraryError error = take_error();
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return what + " " + path + ": " + std::strerror(errno);
  }
  std::fclose(file);
  return what + " " + path + ": expected PEM (" + error.text() + ")";
}

/// Without this the library would ask for it on the terminal.
int refuse_passphrase(char*, int, int, void*) { return -1; }

std::expected<Context, std::string> load(const Tls& tls) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return std::unexpected("TLS cannot be set up: " + take_error().text());
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_default_passwd_cb(context.get(), refuse_passphrase);
  if (tls.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
      return std::unexpected("the system's authorities cannot be used: " + take_error().text());
    }
  } else if (SSL_CTX_load_verify_file(context.get(), tls.ca_file.c_str()) != 1) {
    return std::unexpected(file_problem("the file of authorities", tls.ca_file));
  }
  if (tls.cert_file.empty()) {
    return context;
  }
  if (SSL_CTX_use_certificate_chain_file(context.get(), tls.cert_file.c_str()) != 1) {
    return std::unexpected(file_problem("the certificate", tls.cert_file));
  }
  const bool read =
      SSL_CTX_use_PrivateKey_file(context.get(), tls.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  if (!read && ERR_GET_REASON(ERR_peek_error()) != X509_R_KEY_VALUES_MISMATCH) {
    return std::unexpected(file_problem("the key", tls.key_file));
  }
  if (!read || SSL_CTX_check_private_key(context.get()) != 1) {
    take_error();
    return std::unexpected("the key " + tls.key_file + " is not that of the certificate " +
                           tls.cert_file);
  }
  return context;
}

bool is_address(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

/// Alerts that speak of our certificate, or of its absence. In TLS 1.3 they come after our side of the
/// handshake is done.
bool refuses_our_certificate(unsigned long code) {
  switch (ERR_GET_REASON(code)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR: return true;
    default: return false;
  }
}

/// What is not TLS at all shows as a wrong version or a record of nonsense.
bool speaks_something_else(unsigned long code) {
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG: return true;
    default: return false;
  }
}

}  // namespace

class TlsSession::Impl {
 public:
  Impl(Ssl ssl, std::string expected) : ssl_(std::move(ssl)), expected_(std::move(expected)) {
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    ensure(in_ != nullptr && out_ != nullptr, "there is memory for a connection");
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, &Impl::verified);
    SSL_set_connect_state(ssl_.get());
  }

  /// Whom the certificate must name. False: the library cannot take that name.
  bool expect_server() {
    if (is_address(expected_)) {
      return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), expected_.c_str()) == 1;
    }
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl_.get(), expected_.c_str()) == 1 &&
           SSL_set_tlsext_host_name(ssl_.get(), expected_.c_str()) == 1;
  }

  std::expected<void, Failure> shake_hands() {
    ERR_clear_error();
    const int rc = SSL_do_handshake(ssl_.get());
    established_ = rc == 1;
    if (established_ || SSL_get_error(ssl_.get(), rc) == SSL_ERROR_WANT_READ) {
      return {};
    }
    return std::unexpected(failure());
  }

  std::expected<void, Failure> take(std::string_view sealed) {
    put(sealed);
    return established_ ? std::expected<void, Failure>{} : shake_hands();
  }

  [[nodiscard]] bool established() const { return established_; }

  std::expected<Read, Failure> read(std::span<char> into) {
    Read result;
    ERR_clear_error();
    while (result.size < into.size()) {
      std::size_t size = 0;
      const int rc =
          SSL_read_ex(ssl_.get(), into.data() + result.size, into.size() - result.size, &size);
      result.size += size;
      if (rc == 1) {
        continue;
      }
      more_ = false;
      const int why = SSL_get_error(ssl_.get(), rc);
      if (why == SSL_ERROR_WANT_READ) {
        return result;
      }
      if (why == SSL_ERROR_ZERO_RETURN) {
        result.ended = true;
        return result;
      }
      return std::unexpected(failure());
    }
    more_ = true;
    return result;
  }

  [[nodiscard]] bool may_have_more() const { return more_; }

  void write(std::string_view bytes) {
    ERR_clear_error();
    std::size_t written = 0;
    const int rc = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
    // Memory takes everything; after a failure of reading nobody reads the answer either.
    ensure(rc != 1 || written == bytes.size(), "a record is sealed as a whole");
  }

  bool say_farewell() {
    if (!established_ || (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) {
      return false;
    }
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    return has_output();
  }

  [[nodiscard]] bool has_output() const { return BIO_ctrl_pending(out_) > 0; }

  std::string take_output() {
    std::string sealed(BIO_ctrl_pending(out_), '\0');
    std::size_t size = 0;
    if (!sealed.empty()) {
      BIO_read_ex(out_, sealed.data(), sealed.size(), &size);
    }
    sealed.resize(size);
    return sealed;
  }

 private:
  /// Called by the library for each certificate of the chain and each thing wrong with it.
  static int verified(int good, X509_STORE_CTX* context) {
    if (good == 1) {
      return 1;
    }
    auto* ssl = static_cast<SSL*>(
        X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* self = static_cast<Impl*>(SSL_get_app_data(ssl));
    if (self->distrust_.empty()) {
      self->distrust_ = distrust_text(context, self->expected_);
    }
    return 0;
  }

  void put(std::string_view sealed) {
    std::size_t size = 0;
    const int rc = sealed.empty() ? 1 : BIO_write_ex(in_, sealed.data(), sealed.size(), &size);
    ensure(rc == 1, "there is memory for what was read");
  }

  Failure failure() {
    const LibraryError error = take_error();
    if (!distrust_.empty()) {
      return {CloseReason::untrusted, distrust_};
    }
    if (refuses_our_certificate(error.code)) {
      return {CloseReason::untrusted,
              "the server does not accept our certificate, or wants one (" + error.text() + ")"};
    }
    if (established_) {
      return {CloseReason::reset, error.text()};
    }
    if (speaks_something_else(error.code)) {
      return {CloseReason::untrusted, "the server does not speak TLS (" + error.text() + ")"};
    }
    return {CloseReason::untrusted, "no agreement with the server (" + error.text() + ")"};
  }

  Ssl ssl_;
  BIO* in_;   // owned by ssl_
  BIO* out_;  // owned by ssl_
  std::string expected_;
  std::string distrust_;
  bool established_ = false;
  bool more_ = true;  // behind the last of the handshake bytes may have come that nobody has read
};

TlsSession::TlsSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&&) noexcept = default;
TlsSession::~TlsSession() = default;

std::expected<TlsSession, TlsSession::Failure> TlsSession::begin(const Tls& tls,
                                                                 const std::string& host) {
  auto context = load(tls);
  if (!context) {
    return std::unexpected(Failure{CloseReason::untrusted, context.error()});
  }
  const std::string& expected = tls.server_name.empty() ? host : tls.server_name;
  Ssl ssl(SSL_new(context->get()));
  ensure(ssl != nullptr, "there is memory for a connection");
  auto impl = std::make_unique<Impl>(std::move(ssl), expected);
  if (!impl->expect_server()) {
    take_error();
    return std::unexpected(Failure{CloseReason::untrusted,
                                   "no certificate can be made for the name \"" + expected + "\""});
  }
  if (auto begun = impl->shake_hands(); !begun) {
    return std::unexpected(begun.error());
  }
  return TlsSession(std::move(impl));
}

std::expected<void, TlsSession::Failure> TlsSession::take(std::string_view sealed) {
  return impl_->take(sealed);
}
bool TlsSession::established() const { return impl_->established(); }
std::expected<TlsSession::Read, TlsSession::Failure> TlsSession::read(std::span<char> into) {
  return impl_->read(into);
}
bool TlsSession::may_have_more() const { return impl_->may_have_more(); }
void TlsSession::write(std::string_view bytes) { impl_->write(bytes); }
bool TlsSession::say_farewell() { return impl_->say_farewell(); }
bool TlsSession::has_output() const { return impl_->has_output(); }
std::string TlsSession::take_output() { return impl_->take_output(); }

std::string problem_of_tls(const Tls& tls) {
  const auto context = load(tls);
  return context ? std::string() : context.error();
}

}  // namespace arbees::prod
