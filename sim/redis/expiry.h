#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "sim/redis/dataset.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {

/// How a command says when a key ends.
struct ExpiryForm {
  bool seconds;   ///< else milliseconds
  bool relative;  ///< from now; else since 1970

  /// The instant meant by `count`; none if it does not fit into 64 bits of milliseconds.
  [[nodiscard]] constexpr std::optional<UnixMs> instant(std::int64_t count, UnixMs now) const {
    using Limits = std::numeric_limits<UnixMs>;
    if (seconds) {
      if (count > Limits::max() / 1'000 || count < Limits::min() / 1'000) {
        return std::nullopt;
      }
      count *= 1'000;
    }
    if (!relative) {
      return count;
    }
    return count > Limits::max() - now ? std::nullopt : std::optional(count + now);
  }
};

/// The form an option of SET and GETEX stands for: EX, PX, EXAT, PXAT.
[[nodiscard]] constexpr std::optional<ExpiryForm> expiry_option(std::string_view word) {
  if (equals_ignoring_case(word, "EX")) {
    return ExpiryForm{.seconds = true, .relative = true};
  }
  if (equals_ignoring_case(word, "PX")) {
    return ExpiryForm{.seconds = false, .relative = true};
  }
  if (equals_ignoring_case(word, "EXAT")) {
    return ExpiryForm{.seconds = true, .relative = false};
  }
  if (equals_ignoring_case(word, "PXAT")) {
    return ExpiryForm{.seconds = false, .relative = false};
  }
  return std::nullopt;
}

}  // namespace arbees::sim::redis
