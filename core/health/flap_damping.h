#pragma once

#include <cstdint>
#include <optional>

#include "core/base/time.h"

namespace arbees {

/// Each time a shard gets worse costs a penalty, which halves with every half-life. At the limit the
/// shard is called flapping until half of the limit is left. That excludes nobody: it is only chosen
/// after those that are steady.
class FlapDamping {
 public:
  /// What one flap costs, so that halving stays exact enough in integers.
  static constexpr std::uint64_t one_flap = 1'000;

  /// `limit` in flaps; a half-life of 0 turns it off.
  FlapDamping(Duration half_life, std::uint64_t limit)
      : half_life_(half_life), limit_(limit * one_flap) {}

  /// True if it is flapping from now on.
  bool flapped(MonoTime now);
  /// True if it is not flapping any more.
  bool advance(MonoTime now);
  [[nodiscard]] bool flapping() const { return flapping_since_.has_value(); }
  [[nodiscard]] std::optional<MonoTime> flapping_since() const { return flapping_since_; }
  [[nodiscard]] std::uint64_t penalty(MonoTime now) const;
  /// When `advance` has something to say.
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  Duration half_life_;
  std::uint64_t limit_;
  std::uint64_t penalty_ = 0;  ///< at `counted_`
  MonoTime counted_{};
  std::optional<MonoTime> flapping_since_;
};

}  // namespace arbees
