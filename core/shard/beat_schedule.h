#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/base/time.h"

namespace arbees {

/// When the next heartbeat leaves, and why: every interval; soon after a command was applied; again
/// while no grant answers the newest one (ownership.md 2).
class BeatSchedule {
 public:
  BeatSchedule(Duration interval, Duration unanswered_repeat, Duration applied_gap)
      : interval_(interval), unanswered_repeat_(unanswered_repeat), applied_gap_(applied_gap) {}

  struct Due {
    MonoTime at;
    std::string_view why;
  };

  /// The earliest reason to beat.
  [[nodiscard]] std::optional<Due> next() const {
    std::optional<Due> due = wanted_;
    if (regular_ && (!due || *regular_ < due->at)) {
      due = Due{*regular_, "interval"};
    }
    if (repeat_ && (!due || *repeat_ < due->at)) {
      due = Due{*repeat_, "unanswered"};
    }
    return due;
  }

  void sent(MonoTime now, bool answer_expected) {
    last_ = now;
    regular_ = now + interval_;
    wanted_.reset();
    repeat_ = answer_expected && unanswered_repeat_ > Duration{0}
                  ? std::optional(now + unanswered_repeat_)
                  : std::nullopt;
  }
  void answered() { repeat_.reset(); }

  /// A beat at once.
  void want(MonoTime now, std::string_view why) { wanted_ = Due{now, why}; }
  /// A beat because of a command: at once too, but several commands in a row share beats.
  void want_after_command(MonoTime now) {
    const MonoTime at = last_ ? std::max(now, *last_ + applied_gap_) : now;
    if (!wanted_ || at < wanted_->at) {
      wanted_ = Due{at, "applied"};
    }
  }
  /// There is nobody to hear it: the next one leaves when there is.
  void suspend() {
    wanted_.reset();
    regular_.reset();
    repeat_.reset();
  }

 private:
  Duration interval_;
  Duration unanswered_repeat_;
  Duration applied_gap_;
  std::optional<MonoTime> last_;
  std::optional<MonoTime> regular_;
  std::optional<MonoTime> repeat_;
  std::optional<Due> wanted_;
};

}  // namespace arbees
