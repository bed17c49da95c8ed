#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace arbees {

/// Conditions under which the orchestrator does less (ownership.md 5). Several hold at once; what is
/// allowed is what all of them allow. Hearing and granting go on in every mode.
enum class Mode : std::uint8_t {
  warm_up,   ///< a new term: who owns what is still being learned
  blind,     ///< what shards say would not be heard
  hold,      ///< so many are silent at once that their deaths are not believed yet
  paused,    ///< an operator said so, or our own process stood still
  store_out  ///< decisions cannot be made durable
};

inline constexpr std::size_t mode_count = 5;

enum class Action : std::uint8_t {
  resync,
  first_placement,
  replace_dead,    ///< an owner that is declared dead, or has ended in order
  replace_living,  ///< an owner that is heard: deaf, degraded, restarting without end
  rebalance,       ///< a move that only makes the fleet more even
  obey,            ///< a drain or a move that an operator asked for; queued while not allowed
  remove_zombie
};

inline constexpr std::size_t action_count = 7;

[[nodiscard]] constexpr std::string_view to_string(Mode mode) {
  constexpr std::array<std::string_view, mode_count> names{"WARM_UP", "BLIND", "HOLD", "PAUSED",
                                                           "STORE_OUT"};
  return names[static_cast<std::size_t>(mode)];
}

class Modes {
 public:
  [[nodiscard]] bool in(Mode mode) const { return active_[index(mode)]; }
  [[nodiscard]] bool none() const { return active_ == std::array<bool, mode_count>{}; }
  void set(Mode mode, bool active) { active_[index(mode)] = active; }

  [[nodiscard]] bool allows(Action action) const {
    for (std::size_t i = 0; i < mode_count; ++i) {
      const Mode mode = static_cast<Mode>(i);
      if (in(mode) && !allowed_in(mode, action)) {
        return false;
      }
    }
    return true;
  }

  /// The table of ownership.md 5. A first placement in WARM_UP also waits for L_out, which the planner
  /// sees to.
  [[nodiscard]] static constexpr bool allowed_in(Mode mode, Action action) {
    constexpr std::array<std::array<bool, action_count>, mode_count> table{{
        // resync, first_placement, replace_dead, replace_living, rebalance, obey, remove_zombie
        {true, true, false, false, false, false, false},    // WARM_UP
        {false, false, false, false, false, false, false},  // BLIND
        {true, true, true, false, false, true, true},       // HOLD
        {false, false, false, false, false, false, false},  // PAUSED
        {true, true, true, false, false, false, true},      // STORE_OUT
    }};
    return table[index(mode)][static_cast<std::size_t>(action)];
  }

 private:
  static constexpr std::size_t index(Mode mode) { return static_cast<std::size_t>(mode); }

  std::array<bool, mode_count> active_{};
};

}  // namespace arbees
