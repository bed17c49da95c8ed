#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/base/ids.h"
#include "core/ports/clock.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/time.h"
#include "sim/node/local_time.h"

namespace arbees::sim {

/// Told once for each fault of a clock that somebody has acted by the clock it changed.
class ClockWatch {
 public:
  virtual ~ClockWatch() = default;
  virtual void clock_felt(EventId fault) = 0;
};

/// The clocks and timers of one node. Its timers wait in a queue of their own, in local time; the
/// world's queue holds one alarm for all of them, the only thing that drift, jumps and pauses touch.
class NodeClock final : public Clock {
 public:
  /// `wake` is the alarm that lets the node call `fire_next`. `watch` must outlive the clock.
  NodeClock(EventQueue<SimTime>& queue, const SimTime& now, AlarmId wake, LocalTime local,
            WallTime wall_epoch, Duration wall_skew, ClockWatch& watch);

  [[nodiscard]] MonoTime now() const override { return local_.at(now_); }
  [[nodiscard]] WallTime wall_now() const override {
    feel(unfelt_jumps_);
    return wall_epoch_ + now_.time_since_epoch() + wall_skew_;
  }
  [[nodiscard]] std::unique_ptr<Timer> make_timer(std::function<void()> fire) override;

  /// Fires the next timer if it is due, as one step. `wake_for_next` must follow.
  void fire_next();
  /// Arms the alarm for the next timer, for this very instant if that is overdue.
  void wake_for_next();
  /// The program and its timers are gone.
  void sleep();

  void set_drift(std::int64_t ppb);
  void set_wall_skew(Duration skew) { wall_skew_ = skew; }
  /// The wall clock is set forward, or back.
  void jump_wall(EventId fault, Duration by);
  /// What the fault did is undone.
  void undo_jump(EventId fault, Duration by);
  /// The monotonic clock gains so many more parts per billion than before.
  void drift(EventId fault, std::int64_t ppb);
  void undo_drift(EventId fault, std::int64_t ppb);

 private:
  class NodeTimer;

  void armed(MonoTime due);
  void feel(std::vector<EventId>& unfelt) const;

  EventQueue<SimTime>& queue_;
  const SimTime& now_;
  AlarmId wake_;
  LocalTime local_;
  WallTime wall_epoch_;
  Duration wall_skew_;
  ClockWatch& watch_;
  mutable std::vector<EventId> unfelt_jumps_;  ///< faults by which nobody has acted yet
  std::vector<EventId> unfelt_drifts_;
  EventQueue<MonoTime> timers_;
  MonoTime woken_at_ = MonoTime::max();  ///< local time for which `wake_` is armed
};

}  // namespace arbees::sim
