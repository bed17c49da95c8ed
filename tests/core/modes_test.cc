#include <gtest/gtest.h>

#include <array>
#include <string>

#include "core/orchestrator/modes.h"

namespace arbees {
namespace {

struct ExpectedRow {
  Mode mode;
  std::array<bool, action_count> allowed;  ///< in the order of Action
};

/// ownership.md 5, written down a second time and by hand.
constexpr std::array<ExpectedRow, mode_count> allowed_by_mode{{
    {Mode::warm_up, {true, true, false, false, false, false, false}},
    {Mode::blind, {false, false, false, false, false, false, false}},
    {Mode::hold, {true, true, true, false, false, true, true}},
    {Mode::paused, {false, false, false, false, false, false, false}},
    {Mode::store_out, {true, true, true, false, false, false, true}},
}};

TEST(Modes, AllowEverythingWhenNoneIsOn) {
  const Modes modes;
  for (std::size_t action = 0; action < action_count; ++action) {
    EXPECT_TRUE(modes.allows(static_cast<Action>(action)));
  }
}

TEST(Modes, AloneAndInEveryPairAllowWhatEachOfThemAllows) {
  for (const ExpectedRow& a : allowed_by_mode) {
    for (const ExpectedRow& b : allowed_by_mode) {
      Modes modes;
      modes.set(a.mode, true);
      modes.set(b.mode, true);
      for (std::size_t action = 0; action < action_count; ++action) {
        EXPECT_EQ(modes.allows(static_cast<Action>(action)), a.allowed[action] && b.allowed[action])
            << to_string(a.mode) << " and " << to_string(b.mode) << ", action " << action;
      }
      modes.set(a.mode, false);
      modes.set(b.mode, false);
      EXPECT_TRUE(modes.allows(Action::rebalance));
    }
  }
}

}  // namespace
}  // namespace arbees
