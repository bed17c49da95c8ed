#pragma once

#include <chrono>
#include <cstdint>

namespace arbees {

/// Every span of time in the project: signed 64-bit nanoseconds, so that two compilers and two
/// machines compute the same deadline. About 292 years either way.
using Duration = std::chrono::nanoseconds;

/// Monotonic time of one node. Counts suspend, because a lease must not outlive a sleeping machine;
/// has no meaning on any other node. Never read directly: only through the Clock port.
struct MonoClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonoClock, Duration>;
  static constexpr bool is_steady = true;
};

/// Wall time (UTC, Unix epoch) as one node believes it. May jump; only for people and for the wire.
struct WallClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<WallClock, Duration>;
  static constexpr bool is_steady = false;
};

using MonoTime = MonoClock::time_point;
using WallTime = WallClock::time_point;

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace arbees
