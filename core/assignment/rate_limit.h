#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/time.h"

namespace arbees {

/// So many per second, with a burst of one second's worth. Integer arithmetic: time is kept as credit.
class RateLimit {
 public:
  RateLimit(std::uint64_t per_second, MonoTime now)
      : cost_(per_second == 0 ? Duration{0}
                              : Duration{seconds{1}} / static_cast<std::int64_t>(per_second)),
        full_at_(now) {}

  /// How many may happen now.
  [[nodiscard]] std::uint64_t available(MonoTime now) const {
    if (cost_ == Duration{0}) {
      return 0;
    }
    const Duration missing = std::max(full_at_ - now, Duration{0});
    return static_cast<std::uint64_t>(std::max(seconds{1} - missing, Duration{0}) / cost_);
  }

  void take(std::uint64_t count, MonoTime now) {
    full_at_ = std::max(full_at_, now) + cost_ * static_cast<std::int64_t>(count);
  }

  /// What one of them costs in time: when nothing is available, the wait until something is.
  [[nodiscard]] Duration cost() const { return cost_; }

 private:
  Duration cost_;
  MonoTime full_at_;
};

}  // namespace arbees
