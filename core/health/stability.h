#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "core/base/time.h"

namespace arbees {

/// Whether a shard is a fresh process again and again (ownership.md 4.9, H5): it lives too short to be
/// given its games, and its games wait for it each time.
class Stability {
 public:
  static constexpr std::size_t incarnations = 3;
  static constexpr Duration window = seconds{60};

  /// Another incarnation was heard.
  void started(MonoTime now) {
    starts_.push_back(now);
    if (starts_.size() > incarnations) {
      starts_.pop_front();
    }
  }

  /// So many incarnations began within the window that ends now.
  [[nodiscard]] bool unstable(MonoTime now) const {
    return starts_.size() == incarnations && now - starts_.front() < window;
  }
  /// When it is not unstable any more if it stays up; nothing if it is not.
  [[nodiscard]] std::optional<MonoTime> unstable_until(MonoTime now) const {
    return unstable(now) ? std::optional(starts_.front() + window) : std::nullopt;
  }

 private:
  std::deque<MonoTime> starts_;
};

}  // namespace arbees
