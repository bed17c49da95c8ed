#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace arbees::sim::redis {

/// Where a server is reached: the name of its host and its port.
struct Address {
  std::string host;
  std::uint16_t port = 0;

  [[nodiscard]] std::string text(char between) const {
    return host + between + std::to_string(port);
  }
  friend auto operator<=>(const Address&, const Address&) = default;
};

}  // namespace arbees::sim::redis
