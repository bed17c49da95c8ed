#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/orchestrator/modes.h"

namespace arbees {

/// Why a game gets an owner, in the order in which games are served: those nobody watches come first.
enum class MoveReason : std::uint8_t {
  dead,       ///< its owner is silent for too long
  left,       ///< its owner ended in order
  deaf,       ///< its owner is heard, but does not hear us
  unstable,   ///< its owner restarts again and again
  first,      ///< it never had one
  refused,    ///< its owner could not take it
  degraded,   ///< its owner has failed checks for long that others pass
  excess,     ///< its owner has more games than it takes (any more)
  drain,      ///< an operator empties its owner
  order,      ///< an operator moves it
  rebalance,  ///< the fleet is uneven
  adopted,    ///< a shard was found with it
  restarted   ///< the same shard, a new incarnation
};

inline constexpr std::size_t move_reason_count = 13;

/// How a move of that reason is made.
struct MoveRules {
  std::string_view name;
  Action action;  ///< what must be allowed
  bool prepared;  ///< the successor watches the game before its owner gives it up
  bool failover;  ///< counts in the rate of failovers
};

inline constexpr std::array<MoveRules, move_reason_count> move_rules{{
    {"dead", Action::replace_dead, false, true},
    {"left", Action::replace_dead, false, true},
    {"deaf", Action::replace_living, false, true},
    {"unstable", Action::replace_living, false, true},
    {"first", Action::first_placement, false, false},
    {"refused", Action::first_placement, false, false},
    {"degraded", Action::replace_living, true, false},
    {"excess", Action::rebalance, true, false},
    {"drain", Action::obey, true, false},
    {"order", Action::obey, true, false},
    {"rebalance", Action::rebalance, true, false},
    {"adopted", Action::resync, false, false},
    {"restarted", Action::resync, false, false},
}};

[[nodiscard]] constexpr const MoveRules& rules_of(MoveReason reason) {
  return move_rules[static_cast<std::size_t>(reason)];
}

[[nodiscard]] constexpr std::string_view to_string(MoveReason reason) {
  return rules_of(reason).name;
}

}  // namespace arbees
