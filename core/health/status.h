#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/time.h"

namespace arbees {

/// How a shard or a service stands (docs/invariants.md, I16), from best to worst.
///
///   starting ──> healthy <──> degraded ──> unhealthy ──> dead
///                   ^            ^             │           │
///                   └────────────┴─────────────┴───────────┘   recovered
///
/// Death is possible from everywhere. Degraded: it does its work, but badly. Unhealthy: it cannot do it.
enum class Status : std::uint8_t { starting, healthy, degraded, unhealthy, dead };

[[nodiscard]] std::string_view to_string(Status status);

struct StatusChange {
  Status from;
  Status to;
  Duration lasted;  ///< how long `from` had lasted
  Duration unwell;  ///< how long it had not been healthy, if it is now; else 0
  bool probation;   ///< it begins by this change, or ends by it
};

/// What a beat counts for on probation.
struct Probation {
  Duration
      length{};  ///< so long every beat must be clean before who was dead is healthy; 0: no wait
  bool clean = true;  ///< nothing is wrong with this one
};

/// Owns every transition, so that each has exactly one event and a true duration (M7).
///
/// It gets worse one step at a time, and better at once: what a single beat is worth was decided before
/// (Conditions). Who comes back from the dead is degraded until its probation is over: one that dies and
/// returns every few minutes would otherwise be the emptiest shard, and the first choice, each time.
/// Who ended in order has none: a rolling deployment is no illness.
class StatusMachine {
 public:
  explicit StatusMachine(MonoTime now) : since_(now) {}

  [[nodiscard]] Status status() const { return status_; }
  [[nodiscard]] MonoTime since() const { return since_; }
  [[nodiscard]] bool on_probation() const { return on_probation_; }

  /// A beat came, and with it `verdict`: healthy, degraded or unhealthy.
  std::optional<StatusChange> heard(Status verdict, MonoTime now, Probation probation = {});
  std::optional<StatusChange> died(MonoTime now);
  std::optional<StatusChange> ended_in_order(MonoTime now);

 private:
  [[nodiscard]] Status step_towards(Status verdict) const;
  void serve_probation(const Probation& probation, MonoTime now);
  StatusChange change_to(Status to, bool probation, MonoTime now);

  Status status_ = Status::starting;
  MonoTime since_;
  std::optional<MonoTime> unwell_since_;
  bool ended_in_order_ = false;
  bool on_probation_ = false;
  std::optional<MonoTime> clean_since_;  ///< on probation: the first of the clean beats in a row
};

}  // namespace arbees
