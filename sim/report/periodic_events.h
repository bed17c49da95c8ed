#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace arbees::sim {

/// Events of a fleet's normal life: how many there are depends on how long one looks and on timing, not
/// on what happened. The text grid leaves them out, the timeline hides them until asked, and the
/// comparison of a simulated with a real run does not look at them. Sorted.
inline constexpr std::array<std::string_view, 13> periodic_events{
    "alerting_alive", "canary_heard",        "canary_sent",        "command_ended",
    "command_sent",   "grant_received",      "grant_sent",         "heartbeat_heard",
    "heartbeat_sent", "link_attempt_failed", "ownership_repeated", "signal_accepted",
    "signal_emitted",
};
static_assert(std::ranges::is_sorted(periodic_events));

[[nodiscard]] constexpr bool is_periodic(std::string_view event) {
  return std::ranges::binary_search(periodic_events, event);
}

}  // namespace arbees::sim
