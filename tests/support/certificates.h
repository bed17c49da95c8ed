#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace arbees::testing {

/// Where a certificate and its key lie, as PEM.
struct CertificateFiles {
  std::string cert;
  std::string key;
};

enum class Validity { now, over, to_come };

/// An authority that lives as long as a test: issues certificates into a folder of the test's own.
class Authority {
 public:
  explicit Authority(std::filesystem::path folder, std::string name = "test-authority");
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  /// Its own certificate, as PEM.
  [[nodiscard]] const std::string& file() const { return files_.cert; }
  /// Writes NAME.pem and NAME.key for `owners`, such as "DNS:redis.example" and "IP:127.0.0.1".
  [[nodiscard]] CertificateFiles issue(const std::string& name,
                                       const std::vector<std::string>& owners,
                                       Validity validity = Validity::now);

 private:
  struct Identity;
  std::filesystem::path folder_;
  std::unique_ptr<Identity> identity_;
  CertificateFiles files_;
  long issued_ = 1;
};

}  // namespace arbees::testing
