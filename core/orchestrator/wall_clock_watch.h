#pragma once

#include <optional>

#include "core/base/time.h"

namespace arbees {

/// Notices jumps of the wall clock: it went another way than the monotonic clock between two looks. For
/// people only; nothing is decided by wall clocks (ownership.md 4.14).
class WallClockWatch {
 public:
  /// By how much it jumped since the last look, forward or back; nothing if both clocks agree.
  std::optional<Duration> look(MonoTime now, WallTime wall) {
    const std::optional<Look> before = last_;
    last_ = {now, wall};
    if (!before) {
      return std::nullopt;
    }
    const Duration passed = now - before->now;
    const Duration by = (wall - before->wall) - passed;
    // A clock that is being set right runs a little faster or slower, which is no jump.
    const Duration tolerated = milliseconds{500} + passed / 100;
    return by > tolerated || by < -tolerated ? std::optional(by) : std::nullopt;
  }

 private:
  struct Look {
    MonoTime now;
    WallTime wall;
  };
  std::optional<Look> last_;
};

}  // namespace arbees
