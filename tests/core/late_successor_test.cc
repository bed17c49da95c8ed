#include <string>

#include "tests/support/played_fleet.h"

// A planned move whose successor is not ready in time.

namespace arbees {
namespace {

using testing::PlayedFleet;

class ALateSuccessor : public PlayedFleet {
 protected:
  void SetUp() override {
    PlayedFleet::SetUp();
    beats(a_), beats(b_);
    live(1);
    evening(1, {&a_, &b_});
    obeys(a_);
    evening(3, {&a_, &b_});
    ASSERT_TRUE(world.events.count("game_acknowledged") == 1 && assigned_to(a_).size() == 1);
  }
  void move_to_b() {
    ASSERT_TRUE(obey({.verb = Verb::move,
                      .who = "ann",
                      .why = "closer",
                      .shard = ShardId("b"),
                      .game = GameId("g1")}));
  }
};

// The order waited for an unrelated plan: there is one every ten seconds, and this fleet's next is five seconds later.
TEST_F(ALateSuccessor, IsAskedAgainWhenItsTimeIsOverIfAnOperatorStillWantsThat) {
  pass(seconds{5});
  move_to_b();
  ASSERT_EQ(count("handoff_prepared"), 1U);
  evening(4, {&a_, &b_});
  ASSERT_EQ(world.events.last("handoff_abandoned").field("why"), "late");
  move_to_b();
  evening(1, {&a_, &b_});
  beats(a_), beats(b_);
  pass(seconds{9});
  EXPECT_EQ(count("handoff_prepared"), 1U) << "half a minute ago it could not do it";
  pass(milliseconds{1'500});
  EXPECT_EQ(count("handoff_prepared"), 2U);
}

}  // namespace
}  // namespace arbees
