#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/health/breaker.h"
#include "core/health/checks.h"
#include "core/health/conditions.h"
#include "core/health/flap_damping.h"
#include "core/health/shared_faults.h"
#include "core/health/stability.h"
#include "core/health/status.h"
#include "core/orchestrator/command_queue.h"
#include "core/orchestrator/service_types.h"
#include "tests/core/parts.h"

// The values that know how a shard is: each takes the time and says what changed.

namespace arbees {
namespace {

using testing::at;
using testing::until_settled;

using ::testing::ElementsAre;
using ::testing::Pair;

// Status

TEST(StatusMachine, GetsWorseStepByStepAndBetterAtOnce) {
  StatusMachine machine(at(0));
  EXPECT_EQ(machine.heard(Status::unhealthy, at(1))->to, Status::degraded);
  EXPECT_EQ(machine.heard(Status::unhealthy, at(2))->to, Status::unhealthy);
  EXPECT_EQ(machine.heard(Status::unhealthy, at(3)), std::nullopt);
  const auto better = machine.heard(Status::healthy, at(12));
  EXPECT_EQ(better->from, Status::unhealthy);
  EXPECT_EQ(better->lasted, seconds{10});
}

TEST(StatusMachine, DiesOnceAndKnowsHowLongItWasDead) {
  StatusMachine machine(at(0));
  machine.heard(Status::healthy, at(1));
  EXPECT_TRUE(machine.died(at(60)).has_value());
  EXPECT_FALSE(machine.died(at(61)).has_value());
  const auto back = machine.heard(Status::healthy, at(90));
  EXPECT_EQ(back->from, Status::dead) << "M7: no beat makes it healthy before it recovered";
  EXPECT_EQ(back->lasted, seconds{30}) << "M7: not the age of the beat that came";
}

TEST(StatusMachine, KnowsHowLongItWasNotHealthyInAll) {
  StatusMachine machine(at(0));
  machine.heard(Status::healthy, at(1));
  machine.heard(Status::degraded, at(10));
  machine.died(at(70));
  machine.heard(Status::degraded, at(100));
  const auto well = machine.heard(Status::healthy, at(130));
  EXPECT_EQ(well->lasted, seconds{30});
  EXPECT_EQ(well->unwell, seconds{120});
}

TEST(StatusMachine, WhoWasDeadIsHealthyOnlyAfterCleanBeatsInARow) {
  const Probation clean{seconds{15}, true};
  const Probation bad{seconds{15}, false};
  StatusMachine machine(at(0));
  machine.heard(Status::healthy, at(0));
  machine.died(at(60));
  const auto back = machine.heard(Status::healthy, at(100), clean);
  EXPECT_EQ(back->to, Status::degraded);
  EXPECT_TRUE(back->probation);
  EXPECT_EQ(machine.heard(Status::healthy, at(110), clean), std::nullopt);
  EXPECT_EQ(machine.heard(Status::healthy, at(111), bad), std::nullopt) << "it begins anew";
  EXPECT_EQ(machine.heard(Status::healthy, at(120), clean), std::nullopt);
  EXPECT_EQ(machine.heard(Status::healthy, at(130), clean), std::nullopt);
  const auto over = machine.heard(Status::healthy, at(140), clean);
  EXPECT_EQ(over->to, Status::healthy);
  EXPECT_TRUE(over->probation);
  EXPECT_FALSE(machine.on_probation());
}

TEST(StatusMachine, WhoEndedInOrderHasNoProbation) {
  StatusMachine machine(at(0));
  machine.heard(Status::healthy, at(0));
  EXPECT_EQ(machine.ended_in_order(at(60))->to, Status::dead);
  EXPECT_EQ(machine.heard(Status::healthy, at(70), {seconds{15}, true})->to, Status::healthy);
}

TEST(StatusMachine, ADeathOnProbationBeginsANewOne) {
  const Probation clean{seconds{15}, true};
  StatusMachine machine(at(0));
  machine.died(at(60));
  machine.heard(Status::healthy, at(70), clean);
  machine.died(at(130));
  machine.heard(Status::healthy, at(140), clean);
  EXPECT_EQ(machine.heard(Status::healthy, at(150), clean), std::nullopt);
  EXPECT_EQ(machine.heard(Status::healthy, at(160), clean)->to, Status::healthy);
}

// Checks

TEST(Checks, AReportedDegradationIsNotUndoneByGoodChecks) {
  EXPECT_THAT(
      findings_of(traits_of(ServiceType::game_shard).critical, "degraded", {{"redis_ok", true}}),
      ElementsAre(Pair("reports degraded", Status::degraded)));
}

TEST(Checks, AFailingCheckExplainsTheWord) {
  EXPECT_THAT(findings_of(traits_of(ServiceType::game_shard).critical, "degraded",
                          {{"redis_ok", true}, {"espn_api_ok", false}}),
              ElementsAre(Pair("espn_api_ok", Status::degraded)));
}

TEST(Checks, WhatAKindCannotDoWithoutMakesItUnhealthy) {
  const std::map<std::string, bool> no_socket{
      {"redis_ok", true}, {"vpn_ok", true}, {"ws_ok", false}};
  EXPECT_THAT(
      findings_of(traits_of(ServiceType::polymarket_monitor).critical, "healthy", no_socket),
      ElementsAre(Pair("ws_ok", Status::unhealthy)));
  EXPECT_THAT(findings_of(traits_of(ServiceType::kalshi_monitor).critical, "healthy", no_socket),
              ElementsAre(Pair("ws_ok", Status::unhealthy)));
  EXPECT_THAT(findings_of(traits_of(ServiceType::game_shard).critical, "healthy", no_socket),
              ElementsAre(Pair("ws_ok", Status::degraded)));
  EXPECT_THAT(
      findings_of(traits_of(ServiceType::crypto_shard).critical, "healthy", {{"redis_ok", false}}),
      ElementsAre(Pair("redis_ok", Status::unhealthy)));
  EXPECT_THAT(findings_of(traits_of(ServiceType::other).critical, "healthy", {{"redis_ok", false}}),
              ElementsAre(Pair("redis_ok", Status::degraded)));
}

TEST(Checks, ANeededOneThatIsMissingFailsUnlessThereAreNone) {
  EXPECT_THAT(findings_of(traits_of(ServiceType::polymarket_monitor).critical, "",
                          {{"redis_ok", true}, {"ws_ok", true}}),
              ElementsAre(Pair("vpn_ok", Status::unhealthy)));
  EXPECT_TRUE(findings_of(traits_of(ServiceType::game_shard).critical, "", {}).empty())
      << "the oldest wire";
}

// Conditions

const Findings espn_down{{"espn_api_ok", Status::degraded}};
const Findings redis_down{{"redis_ok", Status::unhealthy}};
const Findings well{};

TEST(Conditions, AreEstablishedByASecondBeatAndEndLikewise) {
  Conditions conditions(seconds{5});
  EXPECT_FALSE(conditions.observe(espn_down, at(0)));
  EXPECT_EQ(conditions.worst(), Status::healthy);
  EXPECT_TRUE(conditions.observe(espn_down, at(10)));
  EXPECT_EQ(conditions.worst(), Status::degraded);
  EXPECT_FALSE(conditions.observe(well, at(20)));
  EXPECT_EQ(conditions.worst(), Status::degraded);
  EXPECT_TRUE(conditions.observe(well, at(30)));
  EXPECT_EQ(conditions.worst(), Status::healthy);
}

TEST(Conditions, BeatsInQuickSuccessionAreNoSecondOpinion) {
  Conditions conditions(seconds{5});
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(conditions.observe(espn_down, at(0) + milliseconds{250} * i));
  }
}

TEST(Conditions, WhatFailsEveryOtherTimeIsEstablishedAndStaysSo) {
  Conditions conditions(seconds{5});
  int changes = 0;
  for (int beat = 0; beat < 100; ++beat) {
    changes += conditions.observe(beat % 2 == 0 ? espn_down : well, at(beat * 4)) ? 1 : 0;
  }
  EXPECT_EQ(changes, 1);
  EXPECT_TRUE(conditions.holds("espn_api_ok"));
}

TEST(Conditions, OneBadBeatNowAndThenMeansNothing) {
  Conditions conditions(seconds{5});
  for (int beat = 0; beat < 100; ++beat) {
    EXPECT_FALSE(conditions.observe(beat % 5 == 0 ? redis_down : well, at(beat * 10)));
  }
}

TEST(Conditions, WithoutSettlingEachBeatCounts) {
  Conditions conditions(Duration{0});
  EXPECT_TRUE(conditions.observe(redis_down, at(0)));
  EXPECT_EQ(conditions.worst(), Status::unhealthy);
  EXPECT_TRUE(conditions.observe(well, at(1)));
  EXPECT_EQ(conditions.worst(), Status::healthy);
}

TEST(Conditions, SayForHowLongBeatsHaveShownThem) {
  Conditions conditions(seconds{5});
  conditions.observe(espn_down, at(0));
  EXPECT_EQ(conditions.shown_for("espn_api_ok"), std::nullopt);
  conditions.observe(espn_down, at(60));
  conditions.observe(well, at(62));
  EXPECT_EQ(conditions.shown_for("espn_api_ok"), seconds{60})
      << "silence and good beats prove nothing";
}

// Breaker

const BreakerLimits limits{3, 2, seconds{30}, seconds{120}};

Breaker opened(MonoTime now) {
  Breaker breaker(limits, at(0));
  breaker.failed(now), breaker.failed(now);
  EXPECT_EQ(breaker.failed(now)->to, BreakerState::open);
  return breaker;
}

TEST(Breaker, OpensAfterThreeFailuresInARow) {
  Breaker breaker(limits, at(0));
  EXPECT_EQ(breaker.failed(at(1)), std::nullopt);
  EXPECT_EQ(breaker.failed(at(2)), std::nullopt);
  breaker.served(at(3));
  EXPECT_EQ(breaker.failed(at(4)), std::nullopt);
  EXPECT_EQ(breaker.failed(at(5)), std::nullopt);
  const auto change = breaker.failed(at(6));
  EXPECT_EQ(change->from, BreakerState::closed);
  EXPECT_EQ(change->failures, 3U);
  EXPECT_EQ(change->lasted, seconds{6});
  EXPECT_EQ(breaker.room(10, 0), 0U);
}

TEST(Breaker, GrantsDoNotHideThatGamesAreNotRun) {
  Breaker breaker(limits, at(0));
  for (int second = 1; second <= 2; ++second) {
    EXPECT_EQ(breaker.failed(at(second)), std::nullopt);
    EXPECT_EQ(breaker.answered(at(second), at(second)), std::nullopt);
  }
  EXPECT_TRUE(breaker.failed(at(3)).has_value());
}

TEST(Breaker, ClosesAgainWithoutBeingAsked) {
  Breaker breaker = opened(at(10));
  EXPECT_EQ(breaker.deadline(), at(40));
  EXPECT_EQ(breaker.advance(at(39)), std::nullopt);
  EXPECT_EQ(breaker.advance(at(40))->to, BreakerState::half_open) << "M2: by the clock";
  EXPECT_EQ(breaker.deadline(), std::nullopt);
  EXPECT_EQ(breaker.answered(at(41), at(50)), std::nullopt);
  const auto closed = breaker.answered(at(50), at(60));
  EXPECT_EQ(closed->to, BreakerState::closed);
  EXPECT_EQ(closed->not_closed, seconds{50});
  EXPECT_EQ(breaker.room(10, 0), 10U);
}

TEST(Breaker, IsNotClosedByAnAnswerToWhatWasSaidBeforeItsTrial) {
  Breaker breaker = opened(at(10));
  breaker.advance(at(40));
  EXPECT_EQ(breaker.answered(at(39), at(41)), std::nullopt);
  EXPECT_EQ(breaker.answered(at(39), at(42)), std::nullopt);
  EXPECT_EQ(breaker.answered(at(39), at(43)), std::nullopt);
  EXPECT_EQ(breaker.state(), BreakerState::half_open);
}

TEST(Breaker, OnTrialGetsNoMoreGamesThanItHasToServe) {
  Breaker breaker = opened(at(10));
  breaker.advance(at(40));
  EXPECT_EQ(breaker.room(10, 0), 2U);
  EXPECT_EQ(breaker.room(1, 0), 1U);
  EXPECT_EQ(breaker.room(10, 1), 1U);
  EXPECT_EQ(breaker.room(10, 5), 0U);
  EXPECT_EQ(breaker.served(at(41)), std::nullopt);
  EXPECT_EQ(breaker.served(at(42))->to, BreakerState::closed);
}

TEST(Breaker, OpensForTwiceAsLongWithEachRelapseUpToTheCap) {
  Breaker breaker = opened(at(0));
  std::vector<std::int64_t> open_seconds;
  MonoTime now = at(0);
  for (int i = 0; i < 4; ++i) {
    open_seconds.push_back((*breaker.deadline() - now) / seconds{1});
    now = *breaker.deadline();
    breaker.advance(now);
    const auto relapse = breaker.failed(now);
    EXPECT_EQ(relapse->from, BreakerState::half_open);
    EXPECT_EQ(relapse->failures, static_cast<std::uint64_t>(4 + i));
  }
  EXPECT_THAT(open_seconds, ElementsAre(30, 60, 120, 120));
}

TEST(Breaker, ForgetsItsRelapsesOnlyWhenAGameIsServed) {
  Breaker breaker = opened(at(0));
  breaker.advance(at(30));
  breaker.answered(at(31), at(31)), breaker.answered(at(32), at(32));
  ASSERT_EQ(breaker.state(), BreakerState::closed);
  breaker.failed(at(100)), breaker.failed(at(100)), breaker.failed(at(100));
  EXPECT_EQ(breaker.deadline(), at(160)) << "grants alone closed it";
  breaker.advance(at(160));
  breaker.served(at(161)), breaker.served(at(161)), breaker.served(at(162));
  breaker.failed(at(200)), breaker.failed(at(200)), breaker.failed(at(200));
  EXPECT_EQ(breaker.deadline(), at(230));
}

TEST(Breaker, WhatFailsWhileItIsOpenDoesNotKeepItOpen) {
  Breaker breaker = opened(at(0));
  EXPECT_EQ(breaker.failed(at(20)), std::nullopt);
  EXPECT_EQ(breaker.served(at(21)), std::nullopt);
  EXPECT_EQ(breaker.deadline(), at(30));
}

// Failures are counted once a command.

Order add_order(const char* game) { return wire::AddGame{{GameId(game), "nba", "", ""}, Epoch(1)}; }

TEST(UnansweredCommands, FailOnceWhenTwoBeatsHaveIgnoredThem) {
  CommandQueue queue(until_settled);
  queue.push(add_order("g"), at(0), at(0), {});
  queue.take_due(at(0));
  EXPECT_EQ(queue.unanswered(at(10), seconds{30}, seconds{1}), 0U);
  EXPECT_EQ(queue.unanswered(at(20), seconds{30}, seconds{1}), 0U);
  EXPECT_EQ(queue.unanswered(at(30), seconds{30}, seconds{1}), 1U);
  EXPECT_EQ(queue.unanswered(at(40), seconds{30}, seconds{1}), 0U) << "once";
}

// M4: a beat that was made before the command could arrive says nothing about it.
TEST(UnansweredCommands, AreNotJudgedByBeatsOlderThanThem) {
  CommandQueue queue(until_settled);
  queue.push(add_order("g"), at(0), at(0), {});
  EXPECT_EQ(queue.unanswered(at(50), seconds{30}, seconds{1}), 0U) << "it has not left yet";
  for (int second = 100; second < 200; second += 10) {
    queue.make_all_due(at(second));
    queue.take_due(at(second));
    EXPECT_EQ(queue.unanswered(at(second) + milliseconds{900}, seconds{30}, seconds{1}), 0U);
  }
}

// Flaps

TEST(FlapDamping, AThirdFlapAtOnceIsFlappingUntilHalfIsLeft) {
  FlapDamping flaps(seconds{300}, 3);
  EXPECT_FALSE(flaps.flapped(at(0)));
  EXPECT_FALSE(flaps.flapped(at(0)));
  EXPECT_TRUE(flaps.flapped(at(0)));
  EXPECT_FALSE(flaps.flapped(at(0))) << "it is already";
  EXPECT_EQ(flaps.penalty(at(0)), 4'000U);
  const MonoTime end = *flaps.deadline();
  EXPECT_FALSE(flaps.advance(end - Duration{1}));
  EXPECT_TRUE(flaps.advance(end));
  EXPECT_FALSE(flaps.flapping());
  EXPECT_EQ(flaps.deadline(), std::nullopt);
  EXPECT_GT(end, at(300));
  EXPECT_LT(end, at(600));
}

TEST(FlapDamping, OneFlapAnHourIsForgotten) {
  FlapDamping flaps(seconds{300}, 3);
  for (int hour = 0; hour < 100; ++hour) {
    EXPECT_FALSE(flaps.flapped(at(hour * 3'600)));
  }
}

TEST(FlapDamping, ThePenaltyHalvesAndNeverGrowsByItself) {
  FlapDamping flaps(seconds{300}, 3);
  flaps.flapped(at(0)), flaps.flapped(at(0));
  std::uint64_t last = 2'000;
  for (int second = 0; second <= 3'600; ++second) {
    const std::uint64_t penalty = flaps.penalty(at(second));
    EXPECT_LE(penalty, last);
    last = penalty;
  }
  EXPECT_EQ(flaps.penalty(at(300)), 1'000U);
  EXPECT_EQ(flaps.penalty(at(600)), 500U);
  EXPECT_EQ(flaps.penalty(at(1'000'000)), 0U);
}

TEST(FlapDamping, HoweverOftenItFlappedItIsForgivenInTime) {
  FlapDamping flaps(seconds{300}, 3);
  for (int second = 0; second < 3'600; ++second) {
    flaps.flapped(at(second));
  }
  EXPECT_LE(*flaps.deadline(), at(3'599 + 4 * 300));
}

TEST(FlapDamping, ItsDeadlineIsTheFirstMomentAtWhichItIsOver) {
  for (int flaps_so_far = 4; flaps_so_far < 20; ++flaps_so_far) {
    FlapDamping flaps(Duration{7'777}, 3);
    for (int i = 0; i < flaps_so_far; ++i) {
      flaps.flapped(MonoTime(Duration{i * 100}));
    }
    ASSERT_TRUE(flaps.flapping());
    const MonoTime end = *flaps.deadline();
    EXPECT_LT(flaps.penalty(end), 1'500U);
    EXPECT_GE(flaps.penalty(end - Duration{1}), 1'500U);
  }
}

TEST(FlapDamping, CanBeTurnedOff) {
  FlapDamping flaps(Duration{0}, 3);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(flaps.flapped(at(i)));
  }
  EXPECT_EQ(flaps.penalty(at(10)), 0U);
}

TEST(Stability, ThreeProcessesWithinAMinuteAreUnstableForTheRestOfIt) {
  Stability stability;
  stability.started(at(0)), stability.started(at(4));
  EXPECT_FALSE(stability.unstable(at(4)));
  stability.started(at(8));
  EXPECT_TRUE(stability.unstable(at(8)));
  EXPECT_EQ(stability.unstable_until(at(8)), at(60));
  EXPECT_FALSE(stability.unstable(at(60)));
  stability.started(at(63));
  EXPECT_TRUE(stability.unstable(at(63))) << "4, 8 and 63 are three within a minute";
  EXPECT_EQ(stability.unstable_until(at(63)), at(64));
}

// Who should leave

Conditions with(const Findings& findings, Duration shown = seconds{60}) {
  Conditions conditions(seconds{5});
  conditions.observe(findings, at(0));
  conditions.observe(findings, at(0) + shown);
  return conditions;
}

TEST(SharedFaults, AreThoseOfMoreThanHalfOfTheLiving) {
  const Conditions a = with(espn_down);
  const Conditions b = with(espn_down);
  const Conditions c = with(well);
  const Conditions d = with(redis_down);
  EXPECT_TRUE(shared_faults({&a, &c, &d}).empty());
  EXPECT_TRUE(shared_faults({&a, &b, &c, &d}).empty()) << "half is not most";
  const auto shared = shared_faults({&a, &b, &c});
  ASSERT_EQ(shared.size(), 1U);
  EXPECT_EQ(shared.at("espn_api_ok").sufferers, 2U);
  EXPECT_EQ(shared.at("espn_api_ok").living, 3U);
  EXPECT_TRUE(shared_faults({&a}).empty()) << "one shard shares nothing";
}

TEST(ReasonToLeave, IsASustainedConditionOfItsOwn) {
  const Conditions ill = with(espn_down);
  EXPECT_EQ(reason_to_leave(ill, false, {}, seconds{60}), LeaveReason::degraded);
  EXPECT_EQ(reason_to_leave(ill, false, {}, seconds{61}), std::nullopt);
  EXPECT_EQ(reason_to_leave(ill, false, {}, Duration{0}), std::nullopt) << "turned off";
  EXPECT_EQ(reason_to_leave(with(well), false, {}, seconds{60}), std::nullopt);
  EXPECT_EQ(reason_to_leave(with(well), true, {}, seconds{60}), LeaveReason::unstable);
}

// M11: ESPN is down for everybody; moving games cures nothing.
TEST(ReasonToLeave, IsNotAFaultThatMostShardsShare) {
  const Conditions a = with(espn_down);
  const Conditions b = with(espn_down);
  const auto shared = shared_faults({&a, &b});
  EXPECT_EQ(reason_to_leave(a, false, shared, seconds{60}), std::nullopt);
  const Conditions both = with({{"espn_api_ok", Status::degraded}, {"zmq_ok", Status::degraded}});
  EXPECT_EQ(reason_to_leave(both, false, shared, seconds{60}), LeaveReason::degraded)
      << "its own fault counts as before";
  EXPECT_EQ(reason_to_leave(a, false, {}, seconds{60}, {{"espn_api_ok", at(0) + seconds{1}}}),
            std::nullopt)
      << "it was shared until a moment ago";
  EXPECT_TRUE(share_a_fault(a, both));
  EXPECT_FALSE(share_a_fault(a, with(redis_down)));
}

}  // namespace
}  // namespace arbees
