#pragma once

#include <algorithm>
#include <optional>

#include "core/base/time.h"

namespace arbees {

/// Whether we could have heard, and for how long in all (ownership.md 1, "seeing time").
///
/// Silence counts against a shard only while it would have been heard. Counter-example: Redis is down
/// for 70 s; without this every shard is declared dead at once, though all of them are well.
class Sight {
 public:
  explicit Sight(MonoTime now) : seeing_since_(now) {}

  [[nodiscard]] bool blind() const { return !seeing_since_; }

  /// Total time seen up to `now`; stands still while blind.
  [[nodiscard]] Duration seen(MonoTime now) const {
    return seeing_since_ ? total_ + (now - *seeing_since_) : total_;
  }

  /// Nothing was heard since `last_proof`, the last moment that is known to have been seen: what
  /// passed after it does not count.
  void lose(MonoTime last_proof) {
    if (seeing_since_) {
      total_ += std::max(last_proof - *seeing_since_, Duration{0});
      seeing_since_.reset();
    }
  }

  void regain(MonoTime now) {
    if (!seeing_since_) {
      seeing_since_ = now;
    }
  }

 private:
  Duration total_{0};
  std::optional<MonoTime> seeing_since_;
};

}  // namespace arbees
