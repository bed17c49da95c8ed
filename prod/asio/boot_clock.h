#pragma once

#include <functional>
#include <memory>

#include "core/ports/clock.h"

namespace boost::asio {
class io_context;
}

namespace arbees::prod {

/// Time of this machine. Monotonic time is CLOCK_BOOTTIME, which goes on while the machine sleeps; the
/// loop's own timers stand on CLOCK_MONOTONIC, which does not: a lease of 30 s would outlive a night in
/// suspend. So timers share one timerfd on CLOCK_BOOTTIME, which also fires at once on waking up.
///
/// Timers fire in the order of their deadlines, those of one deadline in the order of arming, one a step.
class BootClock final : public Clock {
 public:
  /// `io` must outlive the clock; timers may outlive it and then never fire.
  explicit BootClock(boost::asio::io_context& io);
  ~BootClock() override;
  BootClock(const BootClock&) = delete;
  BootClock& operator=(const BootClock&) = delete;

  [[nodiscard]] MonoTime now() const override;
  [[nodiscard]] WallTime wall_now() const override;
  [[nodiscard]] std::unique_ptr<Timer> make_timer(std::function<void()> fire) override;

 private:
  class Queue;
  class QueueTimer;
  std::shared_ptr<Queue> queue_;
};

}  // namespace arbees::prod
