#include "prod/tls/certificate_text.h"

#include <array>
#include <cstddef>
#include <ctime>
#include <string_view>

#include <arpa/inet.h>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace arbees::prod {
namespace {

constexpr std::size_t longest_name = 80;
constexpr int most_names = 6;

/// What a stranger wrote into a certificate, as a log may carry it.
std::string presentable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, longest_name)) {
    out += c >= ' ' && c <= '~' ? c : '?';
  }
  return text.size() > longest_name ? out + "..." : out;
}

std::string text_of(const ASN1_STRING* string) {
  return presentable({reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                      static_cast<std::size_t>(ASN1_STRING_length(string))});
}

std::string address_of(const ASN1_STRING* string) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(string) == 4    ? AF_INET
                     : ASN1_STRING_length(string) == 16 ? AF_INET6
                                                        : AF_UNSPEC;
  if (family == AF_UNSPEC ||
      ::inet_ntop(family, ASN1_STRING_get0_data(string), text.data(), text.size()) == nullptr) {
    return "a malformed address";
  }
  return text.data();
}

std::string common_name(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) {
    return "nobody";
  }
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

/// The names and addresses a certificate is for; its subject if it lists none.
std::string names_of(X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string text;
  int shown = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) {
      continue;
    }
    if (++shown > most_names) {
      text += ", ...";
      break;
    }
    text += shown > 1 ? ", " : "";
    text += name->type == GEN_DNS ? text_of(name->d.dNSName) : address_of(name->d.iPAddress);
  }
  GENERAL_NAMES_free(names);
  return text.empty() ? common_name(certificate) : text;
}

std::string day_of(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 32> text{};
  if (ASN1_TIME_to_tm(time, &parts) != 1 ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
    return "an unknown time";
  }
  return text.data();
}

}  // namespace

std::string distrust_text(X509_STORE_CTX* context, const std::string& expected) {
  const int error = X509_STORE_CTX_get_error(context);
  X509* at_fault = X509_STORE_CTX_get_current_cert(context);
  X509* leaf = X509_STORE_CTX_get0_cert(context);
  if ((error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH) &&
      leaf != nullptr) {
    return "host name mismatch: certificate is for " + names_of(leaf) + ", expected " + expected;
  }
  std::string text = X509_verify_cert_error_string(error);
  if (at_fault == nullptr) {
    return text;
  }
  if (error == X509_V_ERR_CERT_HAS_EXPIRED) {
    text += " on " + day_of(X509_get0_notAfter(at_fault));
  } else if (error == X509_V_ERR_CERT_NOT_YET_VALID) {
    text += " before " + day_of(X509_get0_notBefore(at_fault));
  }
  return text + " (certificate of " + common_name(at_fault) + ")";
}

}  // namespace arbees::prod
