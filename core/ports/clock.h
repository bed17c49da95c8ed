#pragma once

#include <functional>
#include <memory>

#include "core/base/time.h"

namespace arbees {

/// One deadline of one object. Destroying it disarms it.
class Timer {
 public:
  virtual ~Timer() = default;
  /// Fires once at `due` or as soon after as the host can, replacing an earlier deadline. A due time
  /// in the past fires on the next step, never from inside this call.
  virtual void arm(MonoTime due) = 0;
  virtual void disarm() = 0;
};

/// Time as one node sees it.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual MonoTime now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
  /// A disarmed timer that calls `fire` as a step of its own. `fire` may arm it again.
  [[nodiscard]] virtual std::unique_ptr<Timer> make_timer(std::function<void()> fire) = 0;
};

}  // namespace arbees
