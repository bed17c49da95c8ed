#pragma once

#include <chrono>
#include <cstdint>

namespace arbees::sim {

/// Nanoseconds of the machine's monotonic clock: for figures about the program's own speed, for budgets and for what
/// hangs. No simulated world reads it.
[[nodiscard]] inline std::int64_t machine_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace arbees::sim
