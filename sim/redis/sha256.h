#pragma once

#include <string>
#include <string_view>

namespace arbees::sim::redis {

/// SHA-256 (FIPS 180-4) of `bytes`, as 64 lower-case hexadecimal digits: how the server keeps and
/// shows passwords.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace arbees::sim::redis
