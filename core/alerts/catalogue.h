#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace arbees {

/// Critical: users lose games or may be given them twice; somebody is woken. Warning: a protection is
/// gone or something needs a hand before the next fault. Info: never told as an alert.
enum class AlertLevel : std::uint8_t { info, warning, critical };

[[nodiscard]] std::string_view to_string(AlertLevel level);

/// Everything that is known of a type of alert without an occasion. The table in docs/operations.md says
/// the same, and a test compares them.
struct AlertSpec {
  std::string_view type;
  AlertLevel level;
  Duration wait;           ///< the condition must hold for so long before the alert fires
  Duration keep;           ///< it stays open for so long after the condition ended (flapping)
  Duration gather;         ///< so long others of its type are waited for, to be told together
  std::string_view by;     ///< orchestrator, shard, both
  std::string_view lost;   ///< what is so, and what users lose by it
  std::string_view doing;  ///< what the system does about it by itself
  std::string_view todo;   ///< the one next action of a person
};

/// All of them, by type.
[[nodiscard]] std::span<const AlertSpec> alert_catalogue();

/// Null if there is no such type.
[[nodiscard]] const AlertSpec* find_alert(std::string_view type);

/// The spec of a type that must be there: raising anything else is a defect of the program.
[[nodiscard]] const AlertSpec& alert_spec(std::string_view type);

/// What the existing system calls it: there, no shard that could be given a game is one thing, whatever
/// the reason (NO_HEALTHY_SHARDS).
[[nodiscard]] std::string_view existing_name(std::string_view type);

/// Where the documentation speaks of it: "docs/operations.md#shard_dead".
[[nodiscard]] std::string runbook(std::string_view type);

/// While an alert of type `cause` is open, those of type `hidden` follow from it: they stay open and are
/// recorded, and nobody is told of them.
struct Inhibition {
  std::string_view cause;
  std::string_view hidden;
  bool same_subject;  ///< only that of the same shard ("shard-1" hides "shard-1/g7"), not all
};

/// What hides what. FLEET_DARK is hidden by nothing: that most of a fleet fell silent is never a mere
/// consequence of our own blindness, because it is judged only while we see.
[[nodiscard]] std::span<const Inhibition> inhibitions();

}  // namespace arbees
