#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/time.h"

namespace arbees {

/// How many of the shards we look after are silent for longer than a lost heartbeat explains.
struct Silence {
  std::size_t silent = 0;
  std::size_t watched = 0;  ///< heard in this term or owning games, and not declared dead
  bool unfenced = false;    ///< one of the silent has no lease: it may go on emitting
};

/// Notices that so many shards fall silent at once that the cause is hardly theirs, and holds back the
/// verdict over them for a bounded time (HOLD, ownership.md 5).
///
/// Counter-example C7: a switch takes 6 of 10 shards away for 90 s. Without HOLD all their games move to
/// the 4 that are left, and back again later.
class MassSilence {
 public:
  enum class Change : std::uint8_t {
    none,
    began,      ///< a death is due, and it would be one of many
    recovered,  ///< enough of them are heard again
    confirmed   ///< they stayed silent: their deaths may be declared
  };

  /// `enter_percent` 0: never. The verdict is held back for at most `longest` of seeing time, five
  /// times as long if one of the silent is unfenced.
  MassSilence(std::uint64_t enter_percent, std::uint64_t leave_percent, Duration longest)
      : enter_percent_(enter_percent), leave_percent_(leave_percent), longest_(longest) {}

  /// What `silence` means after `seen` of seeing time; `death_due`: one of the silent would be declared
  /// dead now.
  Change look(const Silence& silence, bool death_due, Duration seen) {
    const bool over =
        silence.silent * 100 < silence.watched * leave_percent_ || silence.silent == 0;
    if (phase_ != Phase::watching && over) {
      const bool held = holding();
      phase_ = Phase::watching;
      return held ? Change::recovered : Change::none;
    }
    if (phase_ == Phase::watching && death_due && is_mass(silence)) {
      phase_ = Phase::holding;
      ends_at_seen_ = seen + longest_ * (silence.unfenced ? unfenced_factor : 1);
      return Change::began;
    }
    if (holding() && seen >= ends_at_seen_) {
      // Not held back again before they are heard or buried, or it would never end.
      phase_ = Phase::confirmed;
      return Change::confirmed;
    }
    return Change::none;
  }

  /// Whoever knows says that they will not come back; false if nothing is held back.
  bool release() {
    if (!holding()) {
      return false;
    }
    ends_at_seen_ = Duration{};
    return true;
  }

  [[nodiscard]] bool holding() const { return phase_ == Phase::holding; }
  /// Whether it began and is not over: held back, or confirmed and not buried yet.
  [[nodiscard]] bool dark() const { return phase_ != Phase::watching; }
  /// The seeing time at which the deaths are confirmed, while holding.
  [[nodiscard]] std::optional<Duration> ends_at_seen() const {
    return holding() ? std::optional(ends_at_seen_) : std::nullopt;
  }

 private:
  enum class Phase : std::uint8_t { watching, holding, confirmed };
  static constexpr std::size_t few = 2;  ///< so many may die of causes of their own
  static constexpr int unfenced_factor = 5;

  [[nodiscard]] bool is_mass(const Silence& silence) const {
    return enter_percent_ > 0 && silence.silent > few &&
           silence.silent * 100 >= silence.watched * enter_percent_;
  }

  std::uint64_t enter_percent_;
  std::uint64_t leave_percent_;
  Duration longest_;
  Phase phase_ = Phase::watching;
  Duration ends_at_seen_{};
};

}  // namespace arbees
