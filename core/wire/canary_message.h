#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "core/base/ids.h"

namespace arbees::wire {

/// The orchestrator's probe of its own hearing; also tells another orchestrator that it is not alone.
struct CanaryMessage {
  std::uint64_t nonce = 0;
  Term term;
  friend bool operator==(const CanaryMessage&, const CanaryMessage&) = default;
};

[[nodiscard]] std::expected<CanaryMessage, std::string> decode_canary(std::string_view message);
[[nodiscard]] std::string encode(const CanaryMessage& canary);

}  // namespace arbees::wire
