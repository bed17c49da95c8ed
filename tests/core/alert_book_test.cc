#include "core/alerts/alert_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/support/fake_events.h"

namespace arbees {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Writes what happens as words: "alert_raised SHARD_DEAD A".
class AlertBookTest : public ::testing::Test {
 protected:
  std::vector<std::string> words(const AlertChanges& changes) {
    std::vector<std::string> all;
    for (const AlertChange& change : changes) {
      const auto& event = events_.at(record(events_, change));
      all.push_back(event.name + " " + event.field("type") + " " + event.field("subject"));
    }
    return all;
  }
  std::vector<std::string> raise(const char* type, const char* subject, const char* text = "so") {
    return words(book_.raise(type, subject, text, cause_, now_));
  }
  std::vector<std::string> resolve(const char* type, const char* subject) {
    return words(book_.resolve(type, subject, EventId{}, now_));
  }
  std::vector<std::string> pass(Duration span) {
    now_ += span;
    return words(book_.advance(now_));
  }
  StoreBatch saved() {
    StoreBatch batch;
    book_.write(book_.take_unsaved(), now_, batch);
    return batch;
  }
  static AlertRow row(const char* type, const char* subject) {
    return {type, subject, "so", "firing", "", minutes{5}};
  }

  testing::FakeEvents events_;
  AlertBook book_;
  EventId cause_ = events_.mark("something");
  MonoTime now_{seconds{1'000}};
};

// --- the catalogue ----------------------------------------------------------------------------

TEST(AlertCatalogue, IsSortedAndHasAWordForEverything) {
  std::set<std::string_view> types;
  std::string_view before;
  for (const AlertSpec& spec : alert_catalogue()) {
    EXPECT_LT(before, spec.type);
    before = spec.type;
    types.insert(spec.type);
    EXPECT_EQ(find_alert(spec.type), &spec);
    EXPECT_FALSE(spec.lost.empty() || spec.doing.empty() || spec.todo.empty()) << spec.type;
    EXPECT_TRUE(spec.by == "orchestrator" || spec.by == "shard" || spec.by == "both") << spec.type;
    if (spec.level == AlertLevel::critical) {
      EXPECT_LE(spec.wait, seconds{1}) << spec.type << ": I7 allows a second";
    }
  }
  EXPECT_EQ(find_alert("NO_SUCH_ALERT"), nullptr);
  for (const Inhibition& row : inhibitions()) {
    EXPECT_TRUE(types.contains(row.cause)) << row.cause;
    EXPECT_TRUE(types.contains(row.hidden)) << row.hidden;
    EXPECT_NE(row.hidden, "FLEET_DARK") << "it is never a consequence of our blindness";
    EXPECT_NE(row.cause, row.hidden);
  }
}

TEST(AlertCatalogue, HasTheNamesThatOperatorsWerePromised) {
  for (const char* type : {"NO_HEALTHY_SHARDS",
                           "ALL_SHARDS_DEAD",
                           "ALL_SHARDS_DEGRADED",
                           "MASS_FAILURE_HOLD",
                           "ORCHESTRATOR_BLIND",
                           "REDIS_DOWN",
                           "STORE_DOWN",
                           "DISCOVERY_FAILING",
                           "GAMES_UNOWNED",
                           "DUPLICATE_OWNER",
                           "SHARD_FLAPPING",
                           "BREAKER_OPEN_LONG",
                           "EXTERNAL_DEPENDENCY_DOWN",
                           "CAPACITY_EXHAUSTED",
                           "RESYNC_SLOW",
                           "STALE_EPOCH_SEEN",
                           "CLOCK_JUMP",
                           "AUTH_ERROR",
                           "LEADER_LOST",
                           "SINK_FAILING",
                           "WATCHDOG",
                           "SHARD_DEAF",
                           "SHARD_FENCED",
                           "FLEET_DARK",
                           "STORE_ROLLBACK",
                           "DUPLICATE_SHARD_ID",
                           "BLIND_FLAPPING",
                           "DRAIN_STUCK",
                           "PAUSED_TOO_LONG",
                           "COMMAND_UNACKED",
                           "CONFIG_MISMATCH",
                           "CLOCK_SKEW"}) {
    EXPECT_NE(find_alert(type), nullptr) << type;
  }
}

TEST(AlertCatalogueDeathTest, WhatItDoesNotHaveIsNotRaised) {
  AlertBook book;
  EXPECT_EXIT(book.raise("SHARD_SLEEPY", "A", "so", EventId{}, MonoTime{}),
              ::testing::ExitedWithCode(70), "");
}

// --- the life of an alert ---------------------------------------------------------------------

TEST_F(AlertBookTest, OneAlertIsOpenForEachTypeAndSubject) {
  EXPECT_THAT(raise("SHARD_DEAD", "A"), ElementsAre("alert_raised SHARD_DEAD A"));
  EXPECT_THAT(raise("SHARD_DEAD", "A"), IsEmpty());
  EXPECT_THAT(raise("SHARD_DEAD", "B"), ElementsAre("alert_raised SHARD_DEAD B"));
  EXPECT_THAT(raise("SHARD_DEAF", "A"), ElementsAre("alert_raised SHARD_DEAF A"));
  EXPECT_THAT(resolve("SHARD_DEAD", "A"), ElementsAre("alert_resolved SHARD_DEAD A"));
  EXPECT_THAT(resolve("SHARD_DEAD", "A"), IsEmpty());
  EXPECT_THAT(raise("SHARD_DEAD", "A"), ElementsAre("alert_raised SHARD_DEAD A"));
}

TEST_F(AlertBookTest, IsPendingWhileItsTypeWaits) {
  EXPECT_THAT(raise("REDIS_DOWN", "redis"), ElementsAre("alert_pending REDIS_DOWN redis"));
  EXPECT_EQ(book_.deadline(), now_ + seconds{1});
  EXPECT_THAT(pass(milliseconds{999}), IsEmpty());
  EXPECT_THAT(raise("REDIS_DOWN", "redis"), IsEmpty()) << "saying it again starts nothing anew";
  EXPECT_THAT(pass(milliseconds{1}), ElementsAre("alert_raised REDIS_DOWN redis"));
  EXPECT_EQ(events_.last("alert_raised").cause, cause_) << "of what began it, not of the time";
  EXPECT_EQ(book_.deadline(), std::nullopt);
}

TEST_F(AlertBookTest, ABlipIsNoAlert) {
  raise("REDIS_DOWN", "redis");
  pass(milliseconds{999});
  EXPECT_THAT(resolve("REDIS_DOWN", "redis"), ElementsAre("alert_passed REDIS_DOWN redis"));
  EXPECT_THAT(pass(seconds{60}), IsEmpty());
  EXPECT_THAT(saved().drop_alerts, IsEmpty());
}

TEST_F(AlertBookTest, OneThatComesAndGoesIsOneAlert) {
  raise("ORCHESTRATOR_BLIND", "o");
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(pass(seconds{5}), IsEmpty());
    EXPECT_THAT(resolve("ORCHESTRATOR_BLIND", "o"), IsEmpty()) << "it subsides";
    EXPECT_THAT(pass(seconds{9}), IsEmpty());
    EXPECT_THAT(raise("ORCHESTRATOR_BLIND", "o"), IsEmpty());
  }
  resolve("ORCHESTRATOR_BLIND", "o");
  EXPECT_THAT(pass(seconds{10}), ElementsAre("alert_resolved ORCHESTRATOR_BLIND o"));
  EXPECT_EQ(events_.last("alert_resolved").duration("lasted"), seconds{80});
}

TEST_F(AlertBookTest, ATextThatChangesIsAnUpdateAndATextThatIsTooLongIsCut) {
  raise("GAMES_UNOWNED", "fleet", "1 game");
  EXPECT_THAT(raise("GAMES_UNOWNED", "fleet", "12 games"),
              ElementsAre("alert_updated GAMES_UNOWNED fleet"));
  EXPECT_THAT(raise("GAMES_UNOWNED", "fleet", "12 games"), IsEmpty());

  std::string games;
  while (games.size() < 100'000) {
    games += "é401810523, ";
  }
  raise("GAMES_UNOWNED", "fleet", games.c_str());
  const std::string& said = events_.last("alert_updated").field("text");
  EXPECT_LE(said.size(), AlertBook::text_max);
  EXPECT_TRUE(said.ends_with(" …"));
  EXPECT_EQ(shortened("aé", 3), "aé");
  EXPECT_EQ(shortened("aéééé", 6), "a …") << "not within a character";
}

TEST_F(AlertBookTest, WhatIsNoticedInOneMomentIsOverSomeTimeAfterTheLastTime) {
  const auto notice = [&] {
    return words(book_.notice("DUPLICATE_SHARD_ID", "A", "two", cause_, now_));
  };
  EXPECT_THAT(notice(), ElementsAre("alert_raised DUPLICATE_SHARD_ID A"));
  pass(seconds{20});
  EXPECT_THAT(notice(), IsEmpty());
  EXPECT_THAT(pass(seconds{29}), IsEmpty());
  EXPECT_THAT(pass(seconds{1}), ElementsAre("alert_resolved DUPLICATE_SHARD_ID A"));
}

TEST_F(AlertBookTest, SomebodyTakesItInHandOnce) {
  EXPECT_THAT(words(book_.acknowledge("SHARD_DEAD", "A", "ann", cause_)), IsEmpty());
  raise("SHARD_DEAD", "A");
  EXPECT_THAT(words(book_.acknowledge("SHARD_DEAD", "A", "ann", cause_)),
              ElementsAre("alert_acknowledged SHARD_DEAD A"));
  EXPECT_THAT(words(book_.acknowledge("SHARD_DEAD", "A", "bob", cause_)), IsEmpty());
  EXPECT_EQ(book_.find({"SHARD_DEAD", "A"})->acknowledged_by, "ann");
  const StoreBatch batch = saved();
  ASSERT_EQ(batch.put_alerts.size(), 1U);
  EXPECT_EQ(batch.put_alerts[0].state, "acknowledged");
  EXPECT_EQ(batch.put_alerts[0].acknowledged_by, "ann");
  EXPECT_THAT(resolve("SHARD_DEAD", "A"), ElementsAre("alert_resolved SHARD_DEAD A"));
}

// --- across restarts --------------------------------------------------------------------------

TEST_F(AlertBookTest, WhatPeopleWereToldIsKept) {
  raise("SHARD_DEAD", "A");
  EXPECT_THAT(saved().put_alerts, IsEmpty())
      << "nobody was told: it is raised again after a restart";
  book_.mark_told({"SHARD_DEAD", "A"});
  now_ += seconds{7};
  EXPECT_THAT(saved().put_alerts,
              ElementsAre(AlertRow{"SHARD_DEAD", "A", "so", "firing", "", seconds{7}}));
  EXPECT_THAT(saved().put_alerts, IsEmpty()) << "only what changed";
  resolve("SHARD_DEAD", "A");
  EXPECT_THAT(saved().drop_alerts,
              ElementsAre(std::pair<std::string, std::string>("SHARD_DEAD", "A")));
}

TEST_F(AlertBookTest, ARestoredAlertIsNotRaisedAgainAndKeepsItsAge) {
  EXPECT_THAT(words(book_.restore({row("SHARD_DEAD", "A")}, cause_, now_)),
              ElementsAre("alert_restored SHARD_DEAD A"));
  EXPECT_TRUE(book_.any_restored());
  EXPECT_THAT(raise("SHARD_DEAD", "A"), IsEmpty());
  EXPECT_FALSE(book_.any_restored());
  book_.learned(now_);
  EXPECT_THAT(words(book_.give_up_restored(cause_, now_)), IsEmpty());
  EXPECT_THAT(resolve("SHARD_DEAD", "A"), ElementsAre("alert_resolved SHARD_DEAD A"));
  EXPECT_EQ(events_.last("alert_resolved").duration("lasted"), minutes{5});
}

TEST_F(AlertBookTest, ARestoredAlertThatNobodyNoticesAgainIsGivenUp) {
  book_.restore({row("SHARD_DEAD", "A"), row("SHARD_DEAD", "B")}, cause_, now_);
  raise("SHARD_DEAD", "B");
  EXPECT_THAT(words(book_.give_up_restored(cause_, now_)),
              ElementsAre("alert_resolved SHARD_DEAD A"));
  EXPECT_EQ(events_.last("alert_resolved").field("confirmed"), "false");
  EXPECT_THAT(saved().drop_alerts,
              ElementsAre(std::pair<std::string, std::string>("SHARD_DEAD", "A")));
}

// The plan of an orchestrator that still learns has no needs, so no game is without a shard: resolved
// there and then, the alert would end and begin again for people, though nothing has changed.
TEST_F(AlertBookTest, NothingRestoredEndsBeforeTheFleetIsLearned) {
  book_.restore({row("GAMES_UNOWNED", "fleet")}, cause_, now_);
  EXPECT_THAT(resolve("GAMES_UNOWNED", "fleet"), IsEmpty());
  EXPECT_THAT(pass(seconds{60}), IsEmpty());
  book_.learned(now_);
  EXPECT_THAT(raise("GAMES_UNOWNED", "fleet"), IsEmpty()) << "the first plan says it again";
  EXPECT_THAT(pass(seconds{60}), IsEmpty());
}

TEST_F(AlertBookTest, WhatWasResolvedWhileLearningEndsSoonAfter) {
  book_.restore({row("SHARD_DEAD", "A")}, cause_, now_);
  resolve("SHARD_DEAD", "A");
  book_.learned(now_);
  EXPECT_FALSE(book_.any_restored());
  EXPECT_THAT(pass(seconds{1}), ElementsAre("alert_resolved SHARD_DEAD A"));
}

TEST_F(AlertBookTest, ARowOfATypeThatIsNoMoreIsDropped) {
  EXPECT_THAT(words(book_.restore({row("SHARD_SLEEPY", "A")}, cause_, now_)), IsEmpty());
  EXPECT_THAT(saved().drop_alerts,
              ElementsAre(std::pair<std::string, std::string>("SHARD_SLEEPY", "A")));
}

}  // namespace
}  // namespace arbees
