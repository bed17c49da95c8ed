#include <gtest/gtest.h>

#include "core/orchestrator/flapping.h"
#include "core/orchestrator/wall_clock_watch.h"
#include "core/wire/timestamp.h"

namespace arbees {
namespace {

TEST(Flapping, IsMoreThanThreeBeginningsInTenMinutes) {
  Flapping flapping;
  MonoTime now{seconds{1'000}};
  for (int i = 0; i < 3; ++i, now += minutes{1}) {
    EXPECT_FALSE(flapping.began(now));
  }
  EXPECT_EQ(flapping.calm_at(), std::nullopt);
  EXPECT_TRUE(flapping.began(now));
  EXPECT_EQ(flapping.calm_at(), MonoTime{seconds{1'000}} + minutes{10});
  EXPECT_TRUE(flapping.began(now + minutes{1})) << "the first does not count any more";
  EXPECT_EQ(flapping.calm_at(), MonoTime{seconds{1'000}} + minutes{11});
  EXPECT_FALSE(flapping.calmed(*flapping.calm_at() - Duration{1}));
  EXPECT_TRUE(flapping.calmed(*flapping.calm_at()));
  EXPECT_FALSE(flapping.calmed(now + minutes{60})) << "once";
}

TEST(Flapping, BeginningsFarApartAreNone) {
  Flapping flapping;
  MonoTime now{seconds{1'000}};
  for (int i = 0; i < 20; ++i, now += minutes{4}) {
    EXPECT_FALSE(flapping.began(now)) << i;
  }
}

TEST(WallClockWatch, NoticesJumpsBothWaysOnce) {
  WallClockWatch watch;
  MonoTime now{seconds{1'000}};
  WallTime wall{seconds{1'800'000'000}};
  EXPECT_EQ(watch.look(now, wall), std::nullopt);
  const auto pass = [&](Duration span, Duration jump) {
    now += span;
    wall += span + jump;
    return watch.look(now, wall);
  };
  EXPECT_EQ(pass(seconds{2}, {}), std::nullopt);
  EXPECT_EQ(pass(seconds{2}, seconds{86'400}), seconds{86'400});
  EXPECT_EQ(pass(seconds{2}, {}), std::nullopt);
  EXPECT_EQ(pass(seconds{2}, -seconds{1}), -seconds{1});
}

TEST(WallClockWatch, AClockThatIsBeingSetRightOrWasLookedAtLongAgoDoesNotJump) {
  WallClockWatch watch;
  EXPECT_EQ(watch.look(MonoTime{}, WallTime{}), std::nullopt);
  EXPECT_EQ(watch.look(MonoTime{seconds{2}}, WallTime{milliseconds{2'400}}), std::nullopt);
  EXPECT_EQ(watch.look(MonoTime{seconds{3'602}}, WallTime{milliseconds{3'602'400} - seconds{18}}),
            std::nullopt)
      << "half a percent, as far as clocks may run apart";
}

TEST(Timestamp, IsReadInEveryFormThatServicesWrite) {
  const WallTime time{milliseconds{1'769'628'605'120}};
  EXPECT_EQ(wire::parse_timestamp(wire::to_rfc3339(time)), time);
  EXPECT_EQ(wire::parse_timestamp("2026-01-28T19:30:05.12Z"), time);
  EXPECT_EQ(wire::parse_timestamp("2026-01-28T19:30:05.120034"),
            time + std::chrono::microseconds{34})
      << "no zone: UTC is meant";
  EXPECT_EQ(wire::parse_timestamp("2026-01-28T21:30:05.12+02:00"), time);
  EXPECT_EQ(wire::parse_timestamp("2026-01-28T14:00:05.12-05:30"), time);
  EXPECT_EQ(wire::parse_timestamp("2026-01-28T19:30:05.1200000009999999999Z"), time);
  for (const char* bad :
       {"", "now", "2026-01-28", "2026-02-30T00:00:00Z", "2026-01-28T24:00:00Z", "2026-1-28T1:2:3Z",
        "2026-01-28T19:30:05+0200", "2026-01-28T19:30:05Zebra", "9999-01-01T00:00:00Z"}) {
    EXPECT_EQ(wire::parse_timestamp(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace arbees
