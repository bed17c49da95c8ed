#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace arbees {

/// How a shard stands (design.md 6).
///
///   starting ──> healthy <──> degraded ──> unhealthy ──> dead
///                   ^            ^             │           │
///                   └────────────┴─────────────┴───────────┘   recovered
///
/// Death is possible from everywhere. A shard gets worse one step at a time, and better at once.
enum class Status : std::uint8_t { starting, healthy, degraded, unhealthy, dead };

[[nodiscard]] std::string_view to_string(Status status);

/// What a heartbeat says of the shard's health: what it reports of itself, and what its checks imply,
/// as two inputs of one judgement (M8: they must not overwrite each other in turn).
struct Health {
  Status status;    ///< healthy, degraded or unhealthy
  std::string why;  ///< the failing checks, or the word it reported
};

[[nodiscard]] Health health_of(const std::string& reported,
                               const std::map<std::string, bool>& checks);

struct StatusChange {
  Status from;
  Status to;
  Duration lasted;  ///< how long `from` had lasted
};

/// Owns every transition, so that each has exactly one event and a true duration (M7).
class StatusMachine {
 public:
  explicit StatusMachine(MonoTime now) : since_(now) {}

  [[nodiscard]] Status status() const { return status_; }
  [[nodiscard]] MonoTime since() const { return since_; }

  std::optional<StatusChange> heard(Status reported, MonoTime now);
  std::optional<StatusChange> died(MonoTime now);

 private:
  StatusChange change_to(Status to, MonoTime now);

  Status status_ = Status::starting;
  MonoTime since_;
};

}  // namespace arbees
