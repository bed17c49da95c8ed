#include "core/alerts/pager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/fake_events.h"

namespace arbees {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A book and a pager that follows it. What people are told is written as "SHARD_DEAD A,B", ends with a
/// "~" before it, what is hidden as "(SHARD_DEAD A < ORCHESTRATOR_BLIND)", what is held back as "[2]".
class PagerTest : public ::testing::Test {
 protected:
  std::vector<std::string> follow(const AlertChanges& changes) {
    for (const AlertChange& change : changes) {
      pager_.follow(change, record(events_, change), now_);
    }
    return told();
  }
  std::vector<std::string> told() {
    std::vector<std::string> all;
    const Pages pages = pager_.take_due(book_, now_);
    for (const AlertInhibited& hidden : pages.inhibited) {
      all.push_back("(" + hidden.type + " " + hidden.subject + " < " + hidden.by + ")");
    }
    for (const AlertHeldBack& held : pages.held_back) {
      all.push_back("[" + std::to_string(held.count) + "]");
    }
    for (const Page& page : pages.pages) {
      std::string text = (page.resolved ? "~" : "") + std::string(page.spec->type) + " ";
      for (const std::string& subject : page.subjects) {
        text += (text.ends_with(' ') ? "" : ",") + subject;
      }
      all.push_back(text + (page.held_back > 0 ? " +" + std::to_string(page.held_back) : ""));
    }
    return all;
  }
  std::vector<std::string> raise(const std::string& type, const std::string& subject) {
    return follow(book_.raise(type, subject, subject + " is so", EventId{}, now_));
  }
  std::vector<std::string> resolve(const std::string& type, const std::string& subject) {
    return follow(book_.resolve(type, subject, EventId{}, now_));
  }
  std::vector<std::string> pass(Duration span) {
    now_ += span;
    return follow(book_.advance(now_));
  }

  testing::FakeEvents events_;
  AlertBook book_;
  Pager pager_{"redis", AlertSettings{}};
  MonoTime now_{seconds{1'000}};
};

TEST_F(PagerTest, TellsAtOnceOfWhatComesAlone) {
  EXPECT_THAT(raise("LEADER_LOST", "o"), ElementsAre("LEADER_LOST o"))
      << "the process ends in this step";
}

TEST_F(PagerTest, AFewShardsThatDieTogetherAreOneMessage) {
  EXPECT_THAT(raise("SHARD_DEAD", "B"), IsEmpty());
  EXPECT_THAT(pass(milliseconds{200}), IsEmpty());
  EXPECT_THAT(raise("SHARD_DEAD", "A"), IsEmpty());
  EXPECT_EQ(pager_.deadline(), now_ + milliseconds{300});
  EXPECT_THAT(pass(milliseconds{300}), ElementsAre("SHARD_DEAD A,B"));
  EXPECT_EQ(pager_.deadline(), std::nullopt);
  EXPECT_THAT(raise("SHARD_DEAD", "A"), IsEmpty());
}

TEST_F(PagerTest, AllShardsDeadIsOneMessageAtTheMomentOfTheLastDeath) {
  for (const char* shard : {"A", "B", "C"}) {
    EXPECT_THAT(raise("SHARD_DEAD", shard), IsEmpty());
  }
  EXPECT_THAT(raise("ALL_SHARDS_DEAD", "fleet"), ElementsAre("ALL_SHARDS_DEAD fleet"));
  EXPECT_THAT(pass(milliseconds{500}),
              ElementsAre("(SHARD_DEAD A < ALL_SHARDS_DEAD)", "(SHARD_DEAD B < ALL_SHARDS_DEAD)",
                          "(SHARD_DEAD C < ALL_SHARDS_DEAD)"));
  EXPECT_THAT(pass(minutes{5}), IsEmpty());

  EXPECT_THAT(resolve("SHARD_DEAD", "B"), IsEmpty()) << "nobody was told that it began";
  EXPECT_THAT(resolve("ALL_SHARDS_DEAD", "fleet"), ElementsAre("~ALL_SHARDS_DEAD fleet"));
  EXPECT_THAT(pass(milliseconds{500}), ElementsAre("SHARD_DEAD A,C")) << "these are dead still";
}

TEST_F(PagerTest, BlindnessHidesWhatFollowsFromItButNotADarkFleet) {
  raise("ORCHESTRATOR_BLIND", "o");
  EXPECT_THAT(pass(seconds{1}), ElementsAre("ORCHESTRATOR_BLIND o"));
  raise("SHARD_DEAD", "A");
  EXPECT_THAT(raise("FLEET_DARK", "fleet"), ElementsAre("FLEET_DARK fleet"));
  raise("GAMES_UNOWNED", "fleet");
  EXPECT_THAT(pass(seconds{1}), ElementsAre("(GAMES_UNOWNED fleet < ORCHESTRATOR_BLIND)",
                                            "(SHARD_DEAD A < ORCHESTRATOR_BLIND)"));
}

TEST_F(PagerTest, AnOutageOfRedisIsOneMessage) {
  raise("REDIS_DOWN", "redis");
  raise("ORCHESTRATOR_BLIND", "o");
  EXPECT_THAT(pass(seconds{1}),
              ElementsAre("(ORCHESTRATOR_BLIND o < REDIS_DOWN)", "REDIS_DOWN redis"));
}

TEST_F(PagerTest, OneShardsTroubleDoesNotHideAnothers) {
  raise("SHARD_DEAF", "shard-1");
  raise("COMMAND_UNACKED", "shard-1/g7");
  raise("COMMAND_UNACKED", "shard-10/g8");
  EXPECT_THAT(pass(milliseconds{500}),
              ElementsAre("(COMMAND_UNACKED shard-1/g7 < SHARD_DEAF)",
                          "COMMAND_UNACKED shard-10/g8", "SHARD_DEAF shard-1"));
}

TEST_F(PagerTest, WhatIsOverBeforeAnybodyWasToldIsNeverTold) {
  raise("SHARD_DEAD", "A");
  EXPECT_THAT(resolve("SHARD_DEAD", "A"), IsEmpty());
  EXPECT_THAT(pass(minutes{1}), IsEmpty());

  raise("ORCHESTRATOR_BLIND", "o");
  pass(milliseconds{900});
  resolve("ORCHESTRATOR_BLIND", "o");  // it subsides for 10 s
  EXPECT_THAT(pass(milliseconds{100}), IsEmpty());
  EXPECT_THAT(pass(minutes{1}), IsEmpty());
}

TEST_F(PagerTest, WhatComesBackBeforeItIsOverIsTold) {
  raise("ORCHESTRATOR_BLIND", "o");
  pass(milliseconds{900});
  resolve("ORCHESTRATOR_BLIND", "o");
  EXPECT_THAT(pass(seconds{2}), IsEmpty());
  raise("ORCHESTRATOR_BLIND", "o");
  EXPECT_THAT(pass(seconds{10}), ElementsAre("ORCHESTRATOR_BLIND o"));
}

TEST_F(PagerTest, AStormIsHeldBackCountedAndToldLater) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(raise("FLEET_DARK", std::to_string(i)).size(), 1U);
  }
  EXPECT_THAT(raise("FLEET_DARK", "x"), ElementsAre("[1]"));
  EXPECT_THAT(raise("FLEET_DARK", "y"), ElementsAre("[1]"));
  EXPECT_THAT(raise("LEADER_LOST", "o"), ElementsAre("[1]")) << "the limit is the sink's";
  EXPECT_THAT(resolve("FLEET_DARK", "y"), IsEmpty()) << "its beginning was not told";
  EXPECT_THAT(resolve("FLEET_DARK", "3"), ElementsAre("~FLEET_DARK 3"))
      << "an end is never held back";
  EXPECT_THAT(pass(seconds{29}), IsEmpty());
  // y was lost for people; o is still to come.
  EXPECT_THAT(pass(seconds{1}), ElementsAre("FLEET_DARK x +2"));
  EXPECT_THAT(pass(seconds{30}), ElementsAre("LEADER_LOST o"));
}

TEST_F(PagerTest, EachEndIsToldIfItsBeginningWas) {
  raise("SHARD_DEAD", "A");
  raise("SHARD_DEAD", "B");
  pass(milliseconds{500});
  raise("SHARD_DEAD", "C");
  resolve("SHARD_DEAD", "A");
  resolve("SHARD_DEAD", "B");
  resolve("SHARD_DEAD", "C");
  EXPECT_THAT(pass(milliseconds{500}), ElementsAre("~SHARD_DEAD A,B"));
}

TEST_F(PagerTest, AnEndIsToldBeforeTheNextBeginning) {
  raise("SHARD_DEAD", "A");
  pass(milliseconds{500});
  resolve("SHARD_DEAD", "A");
  raise("SHARD_DEAD", "A");
  EXPECT_THAT(pass(milliseconds{500}), ElementsAre("~SHARD_DEAD A", "SHARD_DEAD A"));
}

TEST_F(PagerTest, WhoHasItInHandIsNotToldButOfItsEnd) {
  raise("SHARD_DEAD", "A");
  follow(book_.acknowledge("SHARD_DEAD", "A", "ann", EventId{}));
  EXPECT_THAT(pass(minutes{1}), IsEmpty());
  raise("SHARD_DEAD", "B");
  pass(milliseconds{500});
  follow(book_.acknowledge("SHARD_DEAD", "B", "ann", EventId{}));
  resolve("SHARD_DEAD", "B");
  EXPECT_THAT(pass(milliseconds{500}), ElementsAre("~SHARD_DEAD B"));
}

TEST_F(PagerTest, AfterARestartNothingIsToldAgainAndNoEndIsForgotten) {
  EXPECT_THAT(
      follow(book_.restore({{"SHARD_DEAD", "A", "so", "firing", "", minutes{5}}}, EventId{}, now_)),
      IsEmpty());
  EXPECT_THAT(raise("SHARD_DEAD", "A"), IsEmpty());
  EXPECT_THAT(pass(minutes{1}), IsEmpty());
  resolve("SHARD_DEAD", "A");
  EXPECT_THAT(pass(milliseconds{500}), ElementsAre("~SHARD_DEAD A"));
}

TEST(TokenBucket, GivesABurstAndThenAShareAtATime) {
  TokenBucket bucket(10, seconds{300});
  const MonoTime start{seconds{5}};
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(bucket.take(start));
  }
  EXPECT_FALSE(bucket.take(start));
  EXPECT_EQ(bucket.next(start), start + seconds{30});
  EXPECT_FALSE(bucket.take(start + seconds{29}));
  EXPECT_TRUE(bucket.take(start + seconds{30}));
  EXPECT_FALSE(bucket.take(start + seconds{30}));
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(bucket.take(start + minutes{60})) << "no more is saved than a burst";
  }
  EXPECT_FALSE(bucket.take(start + minutes{60}));

  TokenBucket unlimited(10, Duration{0});
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_TRUE(unlimited.take(start));
  }
}

}  // namespace
}  // namespace arbees
