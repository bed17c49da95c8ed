#pragma once

#include <optional>
#include <set>
#include <vector>

#include "core/orchestrator/desk.h"
#include "core/orchestrator/mass_silence.h"

namespace arbees {

/// Declares shards dead, and forgets the long dead. Death needs two things: the silence, and the proof
/// that it would have been heard, a canary sent when the silence is long enough (ownership.md 4.10).
class DeathWatch {
 public:
  explicit DeathWatch(const Desk& desk)
      : desk_(desk),
        mass_(desk.settings.hold_enter_percent, desk.settings.hold_leave_percent,
              desk.settings.hold_max) {}

  void advance(MonoTime now);
  /// An operator says that the silent will not come back: their deaths wait no longer (HOLD).
  bool release_hold() { return mass_.release(); }
  [[nodiscard]] std::optional<MonoTime> deadline(MonoTime now) const;

 private:
  [[nodiscard]] bool suspect(const Shard& shard, MonoTime now) const;
  [[nodiscard]] Silence silence(MonoTime now) const;
  [[nodiscard]] std::vector<ShardId> look(MonoTime now);
  /// Whether verdicts are held back now, because too many would be due at once.
  bool hold(MonoTime now, bool death_due);
  void judge(Shard& shard, MonoTime now);
  void declare_dead(Shard& shard, MonoTime now);
  void bury_the_proven(MonoTime now);
  /// Forgets who is dead for long and owns nothing.
  void look_at_dead(const Shard& shard, MonoTime now);

  Desk desk_;
  MassSilence mass_;
  std::set<ShardId> probed_;  ///< those whose canary is on its way
};

}  // namespace arbees
