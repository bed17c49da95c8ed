#pragma once

#include <cstdint>

#include "core/base/time.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// One node's monotonic clock as a piecewise-linear map from virtual time, in integers: each piece
/// starts where the last one ended and has a rate of its own.
class LocalTime {
 public:
  /// At the start of the world the node reads `start` and gains `drift_ppb` parts per billion.
  LocalTime(MonoTime start, std::int64_t drift_ppb) : local_(start), drift_ppb_(drift_ppb) {}

  [[nodiscard]] MonoTime at(SimTime time) const;
  /// The earliest virtual time at which the node reads `due` or later; the start of the present piece
  /// where that lies behind.
  [[nodiscard]] SimTime when(MonoTime due) const;

  [[nodiscard]] std::int64_t drift() const { return drift_ppb_; }
  /// From `now` on the node gains `drift_ppb`.
  void set_drift(SimTime now, std::int64_t drift_ppb);
  /// The node reads `by` more from `now` on (a suspended machine); never less.
  void jump(SimTime now, Duration by);

 private:
  SimTime since_{};  ///< start of the present piece
  MonoTime local_;   ///< what the node read then
  std::int64_t drift_ppb_;
};

}  // namespace arbees::sim
