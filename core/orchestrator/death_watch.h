#pragma once

#include <optional>

#include "core/orchestrator/desk.h"

namespace arbees {

/// Declares shards dead, and forgets the long dead. Death needs two things: the silence, and the proof
/// that it would have been heard, a canary sent when the silence is long enough (ownership.md 4.10).
class DeathWatch {
 public:
  explicit DeathWatch(const Desk& desk) : desk_(desk) {}

  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline(MonoTime now) const;

 private:
  void judge(Shard& shard, MonoTime now);
  void declare_dead(Shard& shard, MonoTime now);
  void retire_the_forgotten(MonoTime now);

  Desk desk_;
};

}  // namespace arbees
