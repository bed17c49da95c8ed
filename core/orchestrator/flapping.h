#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "core/base/time.h"

namespace arbees {

/// Whether something begins too often: more than `allowed` times within `window` (ownership.md 5).
class Flapping {
 public:
  explicit Flapping(std::size_t allowed = 3, Duration window = minutes{10})
      : allowed_(allowed), window_(window) {}

  /// It began; true if that is too often now.
  bool began(MonoTime now) {
    begun_.push_back(now);
    if (begun_.size() > allowed_ + 1) {
      begun_.pop_front();  // Only the beginnings that decide are kept.
    }
    return too_often() && now < *calm_at();
  }

  /// True once: it was too often, and is not any more.
  bool calmed(MonoTime now) {
    if (!too_often() || now < *calm_at()) {
      return false;
    }
    begun_.pop_front();
    return true;
  }

  /// When `calmed` will be true, if it does not begin again.
  [[nodiscard]] std::optional<MonoTime> calm_at() const {
    return too_often() ? std::optional(begun_.front() + window_) : std::nullopt;
  }

 private:
  [[nodiscard]] bool too_often() const { return begun_.size() > allowed_; }

  std::size_t allowed_;
  Duration window_;
  std::deque<MonoTime> begun_;
};

}  // namespace arbees
