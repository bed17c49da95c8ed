#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/time.h"

namespace arbees {

/// `burst` things at once, then one whenever a share of `period` has passed. Time is kept as credit, in
/// integers. A period of 0 limits nothing.
class TokenBucket {
 public:
  TokenBucket(std::uint64_t burst, Duration period)
      : period_(period),
        cost_(period / static_cast<std::int64_t>(std::max<std::uint64_t>(burst, 1))) {}

  /// Takes a token, if there is one.
  [[nodiscard]] bool take(MonoTime now) {
    if (next(now) > now) {
      return false;
    }
    full_at_ = std::max(full_at_, now) + cost_;
    return true;
  }

  /// When there is a token: now, or later.
  [[nodiscard]] MonoTime next(MonoTime now) const {
    return std::max(now, full_at_ + cost_ - period_);
  }

 private:
  Duration period_;
  Duration cost_;
  MonoTime full_at_ = MonoTime::min() + seconds{86'400};  ///< when all tokens are back
};

}  // namespace arbees
