#include "prod/asio/boot_clock.h"

#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "tests/prod/loop_fixture.h"

namespace arbees::prod {
namespace {

Duration system_clock_now(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return seconds{now.tv_sec} + Duration{now.tv_nsec};
}

class BootClockTest : public LoopFixture {
 protected:
  std::unique_ptr<Timer> timer(const std::string& name) {
    return clock_.make_timer([this, name] { fired_.push_back(name); });
  }

  BootClock clock_{loop_.io()};
  std::vector<std::string> fired_;
};

TEST_F(BootClockTest, TellsTheTimeThatCountsSuspend) {
  const Duration before = system_clock_now(CLOCK_BOOTTIME);
  const MonoTime now = clock_.now();
  const Duration after = system_clock_now(CLOCK_BOOTTIME);
  EXPECT_LE(before, now.time_since_epoch());
  EXPECT_LE(now.time_since_epoch(), after);
}

TEST_F(BootClockTest, TellsWallTimeSinceTheUnixEpoch) {
  const Duration before = system_clock_now(CLOCK_REALTIME);
  const WallTime now = clock_.wall_now();
  EXPECT_LE(before, now.time_since_epoch());
  EXPECT_LE(now.time_since_epoch(), system_clock_now(CLOCK_REALTIME));
}

TEST_F(BootClockTest, FiresInTheOrderOfDeadlines) {
  const MonoTime now = clock_.now();
  auto late = timer("late");
  auto early = timer("early");
  auto middle = timer("middle");
  late->arm(now + milliseconds{6});
  early->arm(now + milliseconds{2});
  middle->arm(now + milliseconds{4});
  ASSERT_TRUE(run_until([&] { return fired_.size() == 3; }));
  EXPECT_EQ(fired_, (std::vector<std::string>{"early", "middle", "late"}));
  EXPECT_GE(clock_.now(), now + milliseconds{6});
}

TEST_F(BootClockTest, FiresOneDeadlineInTheOrderOfArming) {
  const MonoTime due = clock_.now() + milliseconds{3};
  auto first = timer("first");
  auto second = timer("second");
  auto third = timer("third");
  third->arm(due);
  first->arm(due);
  second->arm(due);
  third->arm(due);  // armed again: now it is the last one
  ASSERT_TRUE(run_until([&] { return fired_.size() == 3; }));
  EXPECT_EQ(fired_, (std::vector<std::string>{"first", "second", "third"}));
}

TEST_F(BootClockTest, FiresAPastDeadlineOnTheNextStep) {
  auto past = timer("past");
  past->arm(clock_.now() - seconds{5});
  EXPECT_TRUE(fired_.empty());
  ASSERT_TRUE(run_until([&] { return !fired_.empty(); }));
}

TEST_F(BootClockTest, NeverFiresBeforeTheDeadline) {
  const MonoTime due = clock_.now() + milliseconds{5};
  MonoTime seen{};
  auto timer = clock_.make_timer([&] { seen = clock_.now(); });
  timer->arm(due);
  ASSERT_TRUE(run_until([&] { return seen != MonoTime{}; }));
  EXPECT_GE(seen, due);
}

TEST_F(BootClockTest, PutsOffAndBringsForward) {
  MonoTime seen{};
  auto timer = clock_.make_timer([&] { seen = clock_.now(); });
  timer->arm(clock_.now() + seconds{3'600});
  const MonoTime due = clock_.now() + milliseconds{4};
  timer->arm(clock_.now() + milliseconds{1});
  timer->arm(due);
  ASSERT_TRUE(run_until([&] { return seen != MonoTime{}; }));
  EXPECT_GE(seen, due);
}

TEST_F(BootClockTest, FiresAgainWhenArmedFromItsOwnCallback) {
  int times = 0;
  std::unique_ptr<Timer> timer;
  timer = clock_.make_timer([&] {
    if (++times < 3)
      timer->arm(clock_.now() + milliseconds{1});
  });
  timer->arm(clock_.now());
  ASSERT_TRUE(run_until([&] { return times == 3; }));
}

TEST_F(BootClockTest, ForgetsWhatWasDisarmedOrDestroyed) {
  const MonoTime now = clock_.now();
  auto disarmed = timer("disarmed");
  auto destroyed = timer("destroyed");
  auto kept = timer("kept");
  disarmed->arm(now + milliseconds{1});
  destroyed->arm(now - milliseconds{1});
  kept->arm(now + milliseconds{3});
  disarmed->disarm();
  destroyed.reset();
  ASSERT_TRUE(run_until([&] { return !fired_.empty(); }));
  EXPECT_EQ(fired_, std::vector<std::string>{"kept"});
}

TEST_F(BootClockTest, MayBeDestroyedByItsOwnCallback) {
  bool fired = false;
  std::unique_ptr<Timer> timer;
  // What the callback holds lives until it returns.
  timer = clock_.make_timer([&, text = std::string(100, 'x')] {
    timer.reset();
    fired = text.size() == 100;
  });
  timer->arm(clock_.now());
  ASSERT_TRUE(run_until([&] { return timer == nullptr; }));
  EXPECT_TRUE(fired);
}

TEST_F(BootClockTest, FiresNoOtherTimerThatTheCallbackDestroyed) {
  const MonoTime due = clock_.now() - milliseconds{1};
  auto second = timer("second");
  auto first = clock_.make_timer([&] {
    fired_.emplace_back("first");
    second.reset();
  });
  auto third = timer("third");
  first->arm(due);
  second->arm(due);
  third->arm(due);
  ASSERT_TRUE(run_until([&] { return fired_.size() == 2; }));
  EXPECT_EQ(fired_, (std::vector<std::string>{"first", "third"}));
}

TEST_F(BootClockTest, FiresEachTimerAsAStepOfItsOwn) {
  const MonoTime due = clock_.now() - milliseconds{1};
  auto first = clock_.make_timer([&] {
    fired_.emplace_back("first");
    loop_.exit(ExitCode::ok, "enough");
  });
  auto second = timer("second");
  first->arm(due);
  second->arm(due);
  loop_.run();
  EXPECT_EQ(fired_, std::vector<std::string>{"first"});
}

TEST_F(BootClockTest, LetsOtherStepsInBetweenTimersThatAreAlwaysDue) {
  std::unique_ptr<Timer> busy;
  busy = clock_.make_timer([&] { busy->arm(clock_.now()); });
  busy->arm(clock_.now());
  bool reached = false;
  loop_.post([&] { reached = true; });
  EXPECT_TRUE(run_until([&] { return reached; }));
}

TEST_F(BootClockTest, TimersMayOutliveTheirClock) {
  std::unique_ptr<Timer> left;
  {
    BootClock clock(loop_.io());
    left = clock.make_timer([&] { fired_.emplace_back("left"); });
    left->arm(clock.now() + milliseconds{1});
  }
  left->arm(MonoTime{});
  auto last = timer("last");
  last->arm(clock_.now() + milliseconds{3});
  ASSERT_TRUE(run_until([&] { return !fired_.empty(); }));
  EXPECT_EQ(fired_, std::vector<std::string>{"last"});
}

}  // namespace
}  // namespace arbees::prod
