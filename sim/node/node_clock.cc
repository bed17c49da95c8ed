#include "sim/node/node_clock.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace arbees::sim {

class NodeClock::NodeTimer final : public Timer, private Receiver {
 public:
  NodeTimer(NodeClock& clock, std::function<void()> fire)
      : clock_(clock), fire_(std::move(fire)), alarm_(clock.timers_.add(*this, 0)) {}
  NodeTimer(const NodeTimer&) = delete;
  NodeTimer& operator=(const NodeTimer&) = delete;
  ~NodeTimer() override { clock_.timers_.remove(alarm_); }

  void arm(MonoTime due) override {
    clock_.timers_.arm(alarm_, due);
    clock_.armed(due);
  }
  void disarm() override { clock_.timers_.disarm(alarm_); }

 private:
  void on_due(std::uint64_t) override {
    // The call may destroy this timer; what it calls must live on.
    const std::function<void()> fire = fire_;
    fire();
  }

  NodeClock& clock_;
  std::function<void()> fire_;
  AlarmId alarm_;
};

NodeClock::NodeClock(EventQueue<SimTime>& queue, const SimTime& now, AlarmId wake, LocalTime local,
                     WallTime wall_epoch, Duration wall_skew, ClockWatch& watch)
    : queue_(queue),
      now_(now),
      wake_(wake),
      local_(local),
      wall_epoch_(wall_epoch),
      wall_skew_(wall_skew),
      watch_(watch) {}

std::unique_ptr<Timer> NodeClock::make_timer(std::function<void()> fire) {
  return std::make_unique<NodeTimer>(*this, std::move(fire));
}

void NodeClock::fire_next() {
  woken_at_ = MonoTime::max();
  feel(unfelt_drifts_);
  MonoTime reached = now();
  timers_.run_next(reached, reached);
}

void NodeClock::wake_for_next() {
  if (const std::optional<MonoTime> due = timers_.next_due()) {
    woken_at_ = *due;
    queue_.arm(wake_, std::max(now_, local_.when(*due)));
  }
}

void NodeClock::sleep() {
  woken_at_ = MonoTime::max();
  queue_.disarm(wake_);
}

void NodeClock::armed(MonoTime due) {
  if (due < woken_at_) {
    woken_at_ = due;
    queue_.arm(wake_, std::max(now_, local_.when(due)));
  }
}

void NodeClock::feel(std::vector<EventId>& unfelt) const {
  if (!unfelt.empty()) {
    for (const EventId fault : std::exchange(unfelt, {})) {
      watch_.clock_felt(fault);
    }
  }
}

void NodeClock::jump_wall(EventId fault, Duration by) {
  wall_skew_ += by;
  unfelt_jumps_.push_back(fault);
}

void NodeClock::undo_jump(EventId fault, Duration by) {
  wall_skew_ -= by;
  std::erase(unfelt_jumps_, fault);
}

void NodeClock::drift(EventId fault, std::int64_t ppb) {
  set_drift(local_.drift() + ppb);
  unfelt_drifts_.push_back(fault);
}

void NodeClock::undo_drift(EventId fault, std::int64_t ppb) {
  set_drift(local_.drift() - ppb);
  std::erase(unfelt_drifts_, fault);
}

void NodeClock::set_drift(std::int64_t ppb) {
  local_.set_drift(now_, ppb);
  wake_for_next();
}

}  // namespace arbees::sim
