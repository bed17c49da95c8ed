#pragma once

#include <chrono>
#include <cstdint>

#include "core/base/time.h"

namespace arbees::sim {

/// Time as the simulated world sees it: starts at zero, jumps from event to event. No node can read
/// it; nodes see it only through their own drifting clocks.
struct SimClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<SimClock, Duration>;
  static constexpr bool is_steady = true;
};

using SimTime = SimClock::time_point;

/// A span to draw from, both ends included.
struct DurationRange {
  Duration lo{};
  Duration hi{};

  friend bool operator==(const DurationRange&, const DurationRange&) = default;
};

}  // namespace arbees::sim
