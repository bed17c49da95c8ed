#include "tests/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace arbees::testing {
namespace {

constexpr long day = 86'400;

/// Called like the function it is made of.
template <auto release>
using Release = std::integral_constant<decltype(release), release>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;

void check(bool done, const std::string& what) {
  if (!done) {
    throw std::runtime_error("making a certificate: " + what);
  }
}

void add_extension(X509& certificate, X509& issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  check(extension != nullptr && X509_add_ext(&certificate, extension, -1) == 1, value);
  X509_EXTENSION_free(extension);
}

/// Version 3, with a name and dates; not signed yet.
Certificate blank(EVP_PKEY& key, const std::string& name, long serial, Validity validity) {
  Certificate certificate(X509_new());
  check(X509_set_version(certificate.get(), X509_VERSION_3) == 1, "version");
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  const long begins = validity == Validity::over      ? -3 * day
                      : validity == Validity::to_come ? 2 * day
                                                      : -day;
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), begins);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), begins + 2 * day);
  X509_set_pubkey(certificate.get(), &key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

template <class Write>
void write_file(const std::string& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  check(file != nullptr, path);
  const bool written = write(file) == 1;
  check(std::fclose(file) == 0 && written, path);
}

CertificateFiles write_both(const std::filesystem::path& folder, const std::string& name,
                            X509& certificate, EVP_PKEY& key) {
  CertificateFiles files{folder / (name + ".pem"), folder / (name + ".key")};
  write_file(files.cert, [&](std::FILE* file) { return PEM_write_X509(file, &certificate); });
  write_file(files.key, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, &key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  return files;
}

}  // namespace

struct Authority::Identity {
  Key key;
  Certificate certificate;
};

Authority::Authority(std::filesystem::path folder, std::string name)
    : folder_(std::move(folder)), identity_(std::make_unique<Identity>()) {
  identity_->key.reset(EVP_EC_gen("P-256"));
  check(identity_->key != nullptr, "a key");
  X509& own = *(identity_->certificate = blank(*identity_->key, name, issued_, Validity::now));
  X509_set_issuer_name(&own, X509_get_subject_name(&own));
  add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  check(X509_sign(&own, identity_->key.get(), EVP_sha256()) > 0, "signature");
  files_ = write_both(folder_, name, own, *identity_->key);
}

Authority::~Authority() = default;

CertificateFiles Authority::issue(const std::string& name, const std::vector<std::string>& owners,
                                  Validity validity) {
  const Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "a key");
  const Certificate certificate = blank(*key, name, ++issued_, validity);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(identity_->certificate.get()));
  std::string all;
  for (const std::string& owner : owners) {
    all += (all.empty() ? "" : ",") + owner;
  }
  if (!all.empty()) {
    add_extension(*certificate, *identity_->certificate, NID_subject_alt_name, all);
  }
  check(X509_sign(certificate.get(), identity_->key.get(), EVP_sha256()) > 0, "signature");
  return write_both(folder_, name, *certificate, *key);
}

}  // namespace arbees::testing
