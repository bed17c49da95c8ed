#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/time.h"
#include "core/ports/entropy.h"

namespace arbees::redis {

/// How long to wait before the next attempt: full jitter, uniform in [0, min(cap, base * 2^n)] after n
/// failures in a row, so that a fleet does not return in step. Never above `cap`: together with the
/// deadline of an attempt that bounds how long a link stays away from a server that answers again (I15).
class Backoff {
 public:
  /// Neither may be negative. A base of zero means: again at once.
  Backoff(Duration base, Duration cap) : base_(base), cap_(cap), ceiling_(std::min(base, cap)) {}

  /// One draw; the ceiling of the next one doubles.
  [[nodiscard]] Duration next(Entropy& entropy) {
    const auto outcomes = static_cast<std::uint64_t>(ceiling_.count()) + 1;
    const Duration wait{static_cast<std::int64_t>(entropy.below(outcomes))};
    ceiling_ = ceiling_ > cap_ / 2 ? cap_ : ceiling_ * 2;
    return wait;
  }

  /// The link worked for this long before it was lost. A short life proves nothing: a server that
  /// accepts and dies at once would otherwise be asked at the pace of the first attempt for ever.
  void worked_for(Duration life) {
    if (life >= good_life) {
      ceiling_ = std::min(base_, cap_);
    }
  }

 private:
  static constexpr Duration good_life = seconds{10};

  Duration base_;
  Duration cap_;
  Duration ceiling_;
};

}  // namespace arbees::redis
