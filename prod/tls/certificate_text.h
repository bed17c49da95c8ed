#pragma once

#include <string>

#include <openssl/x509.h>

namespace arbees::prod {

/// Why the certificate that is being verified is not trusted, for people: "certificate has expired (…)". Contains
/// nothing a server could use to forge a line of the log, and is bounded.
[[nodiscard]] std::string distrust_text(X509_STORE_CTX* context, const std::string& expected);

}  // namespace arbees::prod
