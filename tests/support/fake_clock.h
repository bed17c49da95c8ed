#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/assert.h"
#include "core/ports/clock.h"

namespace arbees::testing {

/// A clock that stands still until the test moves it. Starts at a time that is neither zero nor round,
/// so that code that takes zero for "never" fails.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return now_; }
  [[nodiscard]] WallTime wall_now() const override { return wall_now_; }
  [[nodiscard]] std::unique_ptr<Timer> make_timer(std::function<void()> fire) override {
    return std::make_unique<FakeTimer>(*this, std::move(fire));
  }

  /// Lets time pass; timers fire on the way, each at its moment, in the order of (due, armed).
  void advance(Duration span) {
    const MonoTime target = now_ + span;
    for (int steps = 0; !armed_.empty() && armed_.begin()->first.first <= target; ++steps) {
      ensure(steps < 1'000'000,
             "a timer that always re-arms itself in the past never lets time pass");
      const auto first = armed_.begin();
      move_to(std::max(now_, first->first.first));
      FakeTimer* timer = first->second;
      timer->disarm();
      // A copy: the timer may be destroyed by what it calls.
      const std::function<void()> fire = timer->fire_;
      fire();
    }
    move_to(target);
  }

  /// Fires what is due now.
  void run_due() { advance(Duration{0}); }

  /// Time passes while the process sleeps: what was due meanwhile fires late, at the next `advance`.
  void sleep_through(Duration span) { move_to(now_ + span); }

  void jump_wall(Duration by) { wall_now_ += by; }

  [[nodiscard]] std::optional<MonoTime> next_due() const {
    return armed_.empty() ? std::nullopt : std::optional{armed_.begin()->first.first};
  }

 private:
  class FakeTimer;
  using Key = std::pair<MonoTime, std::uint64_t>;

  void move_to(MonoTime target) {
    wall_now_ += target - now_;
    now_ = target;
  }

  MonoTime now_{seconds{1'000} + milliseconds{7}};
  WallTime wall_now_{seconds{1'800'000'000}};
  std::uint64_t arms_ = 0;
  std::map<Key, FakeTimer*> armed_;

  class FakeTimer final : public Timer {
   public:
    FakeTimer(FakeClock& clock, std::function<void()> fire)
        : fire_(std::move(fire)), clock_(clock) {}
    ~FakeTimer() override { FakeTimer::disarm(); }
    FakeTimer(const FakeTimer&) = delete;
    FakeTimer& operator=(const FakeTimer&) = delete;

    void arm(MonoTime due) override {
      disarm();
      key_ = Key{due, ++clock_.arms_};
      clock_.armed_.emplace(*key_, this);
    }
    void disarm() override {
      if (key_.has_value()) {
        clock_.armed_.erase(*std::exchange(key_, std::nullopt));
      }
    }

    std::function<void()> fire_;

   private:
    FakeClock& clock_;
    std::optional<Key> key_;
  };
};

}  // namespace arbees::testing
