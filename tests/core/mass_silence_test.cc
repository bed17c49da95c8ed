#include "core/orchestrator/mass_silence.h"

#include <gtest/gtest.h>

namespace arbees {
namespace {

using MassChange = MassSilence::Change;

class MassSilenceTest : public ::testing::Test {
 protected:
  MassChange look(std::size_t silent, std::size_t watched, bool due, Duration seen) {
    return mass_.look({.silent = silent, .watched = watched, .unfenced = unfenced_}, due, seen);
  }

  MassSilence mass_{55, 40, seconds{60}};
  bool unfenced_ = false;
};

TEST_F(MassSilenceTest, AFewDeathsAreJudgedEachByItself) {
  EXPECT_EQ(look(2, 2, true, seconds{60}), MassChange::none)
      << "two may die of causes of their own";
  EXPECT_EQ(look(5, 10, true, seconds{60}), MassChange::none) << "half is no majority";
  EXPECT_FALSE(mass_.dark());
}

TEST_F(MassSilenceTest, NothingIsHeldBackBeforeADeathIsDue) {
  EXPECT_EQ(look(10, 10, false, seconds{59}), MassChange::none);
  EXPECT_EQ(look(10, 10, true, seconds{60}), MassChange::began);
  EXPECT_TRUE(mass_.holding());
}

TEST_F(MassSilenceTest, EndsWhenEnoughAreHeardAgain) {
  ASSERT_EQ(look(6, 10, true, seconds{60}), MassChange::began);
  EXPECT_EQ(look(4, 10, false, seconds{70}), MassChange::none) << "40 % is not below 40 %";
  EXPECT_EQ(look(3, 10, false, seconds{71}), MassChange::recovered);
  EXPECT_FALSE(mass_.dark());
}

TEST_F(MassSilenceTest, ConfirmsTheDeathsOfThoseWhoStaySilentAndDoesNotHoldThemBackAgain) {
  ASSERT_EQ(look(6, 10, true, seconds{60}), MassChange::began);
  EXPECT_EQ(mass_.ends_at_seen(), seconds{120});
  EXPECT_EQ(look(6, 10, true, seconds{120} - Duration{1}), MassChange::none);
  EXPECT_EQ(look(6, 10, true, seconds{120}), MassChange::confirmed);
  EXPECT_EQ(look(6, 10, true, seconds{120}), MassChange::none);
  EXPECT_TRUE(mass_.dark());
  EXPECT_FALSE(mass_.holding());
  EXPECT_EQ(look(0, 4, false, seconds{121}), MassChange::none) << "buried: no recovery of theirs";
  EXPECT_FALSE(mass_.dark());
  EXPECT_EQ(look(4, 4, true, seconds{300}), MassChange::began) << "the next silence is a new one";
}

TEST_F(MassSilenceTest, TheUnfencedAreWaitedForFiveTimesAsLong) {
  unfenced_ = true;
  ASSERT_EQ(look(6, 10, true, seconds{60}), MassChange::began);
  EXPECT_EQ(mass_.ends_at_seen(), seconds{360});
}

TEST(MassSilence, CanBeTurnedOff) {
  MassSilence never(0, 40, seconds{60});
  EXPECT_EQ(never.look({.silent = 9, .watched = 9}, true, seconds{60}), MassChange::none);
}

}  // namespace
}  // namespace arbees
