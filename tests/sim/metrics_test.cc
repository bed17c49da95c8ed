#include <gtest/gtest.h>

#include "sim/metrics/meter.h"
#include "tests/support/stream_builder.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;
using testing::Test;

class Metrics : public Test {
 protected:
  /// A signal a second, taken by the consumer at once, from the present until before `end`.
  void serve(const char* game, const char* shard, std::uint64_t boot, std::uint64_t epoch,
             Duration end) {
    for (Duration time = stream_.now().time_since_epoch(); time < end; time += 1s) {
      stream_.at(time).emits(shard, boot, game, epoch).accepts(shard, boot, game, epoch);
    }
  }
  void beats(const char* shard, std::uint64_t seq, bool heard) {
    stream_.by(shard).says(HeartbeatSent{
        .shard = ShardId(shard), .hb_seq = HeartbeatSeq(seq), .why = "interval", .games = 1});
    if (heard) {
      stream_.by("orchestrator")
          .says(HeartbeatHeard{
              .shard = ShardId(shard), .boot = Boot(1), .hb_seq = HeartbeatSeq(seq), .games = 1});
    }
  }

  Meter meter_{limits_of_shards({"A", "B"})};
  StreamBuilder stream_{meter_};
};

TEST_F(Metrics, OfAQuietRunAreAllZero) {
  stream_.discovers("g1").at(5s);
  serve("g1", "A", 1, 7, 100s);
  const RunMetrics metrics = meter_.finish(SimTime(100s));
  EXPECT_EQ(metrics.dark, 0s);
  EXPECT_EQ(metrics.duplicate_owner, 0s);
  EXPECT_EQ(metrics.signals_emitted, 95U);
  EXPECT_EQ(metrics.signals_delivered, 95U);
  EXPECT_EQ(metrics.signals_lost, 0U);
  EXPECT_EQ(metrics.signals_duplicated, 0U);
  EXPECT_FALSE(metrics.detection);
  EXPECT_FALSE(metrics.recovery);
  EXPECT_FALSE(metrics.takeover);
  EXPECT_EQ(metrics.longest_dark, 0s);
}

TEST_F(Metrics, CountTheTimeAGameIsDarkBetweenTwoOwners) {
  stream_.discovers("g1");
  serve("g1", "A", 1, 7, 31s);  // the last at 30 s
  stream_.at(91'250ms);
  serve("g1", "B", 2, 8, 100s);
  EXPECT_EQ(meter_.finish(SimTime(100s)).dark, 60'250ms);
}

// A planned move: the successor is fenced until the owner before has let go.
TEST_F(Metrics, MeasureHowLongNobodyHasTheRightToEmitInAMove) {
  stream_.at(10s).unfences("A", "g1", 7);
  stream_.at(30'100ms).removes("A", "g1", 8).at(30'400ms).unfences("B", "g1", 8);
  stream_.at(50s).fences("B", "g1", 8).at(50'200ms).unfences("B", "g1", 8);
  EXPECT_EQ(meter_.finish(SimTime(60s)).longest_dark, 300ms);
}

TEST_F(Metrics, MeasureTheDarkOfAGameWhoseShardCrashesToItsFirstGrantAfterwards) {
  stream_.by("A").says(ShardStarted{ShardId("A"), Boot(1), 20, "suppress"});
  stream_.at(10s).unfences("A", "g1", 7).at(20s);
  stream_.by("world").says(NodeCrashed{NodeName("A")});
  stream_.at(27s).unfences("A", "g1", 8);
  EXPECT_EQ(meter_.finish(SimTime(60s)).longest_dark, 7s);
}

TEST_F(Metrics, MeasureTheDarkOfAGameToItsEndIfNobodyTakesIt) {
  stream_.at(10s).unfences("A", "g1", 7).at(20s).fences("A", "g1", 7);
  stream_.at(50s).by("orchestrator").says(GameEnded{.game = GameId("g1")});
  EXPECT_EQ(meter_.finish(SimTime(90s)).longest_dark, 30s);
}

TEST_F(Metrics, CountAGameThatStaysDarkToItsEnd) {
  stream_.discovers("g1").discovers("g2");
  serve("g1", "A", 1, 7, 31s);
  stream_.at(30s).by("A").emits("A", 1, "g2", 8);
  stream_.at(51s).by("orchestrator").says(GameEnded{.game = GameId("g1")});
  EXPECT_EQ(meter_.finish(SimTime(131s)).dark, 20s + 100s);
}

TEST_F(Metrics, CountAGameThatIsNeverServedFromWhenItShouldHaveBeenPlaced) {
  const Limits limits = limits_of_shards({"A"});
  stream_.at(10s).discovers("g1");
  EXPECT_EQ(meter_.finish(SimTime(300s)).dark, 290s - limits.warm_up_max - limits.link_ready);
}

TEST_F(Metrics, CountEachSecondInWhichAnOldOwnerEmitsBesideTheNewOne) {
  for (Duration time = 10s; time < 15s; time += 1s) {
    stream_.at(time).emits("A", 1, "g1", 7).at(time + 500ms).emits("B", 2, "g1", 8);
  }
  const RunMetrics metrics = meter_.finish(SimTime(20s));
  EXPECT_EQ(metrics.duplicate_owner, 4s) << "the first second was still a handover";
  EXPECT_EQ(metrics.signals_lost, 10U) << "nobody took any";
}

TEST_F(Metrics, TakeAHandoverWithinASecondForNoDoubledOwner) {
  stream_.at(10s).emits("A", 1, "g1", 7).at(10'100ms).emits("B", 2, "g1", 8).at(11'100ms);
  stream_.emits("B", 2, "g1", 8).at(11'200ms).emits("A", 1, "g1", 9);
  EXPECT_EQ(meter_.finish(SimTime(20s)).duplicate_owner, 0s);
}

TEST_F(Metrics, CountDoubledOwnersWithoutEpochs) {
  for (Duration time = 10s; time < 15s; time += 1s) {
    stream_.at(time).emits("A", 1, "g1", 0).at(time + 500ms).emits("B", 2, "g1", 0);
  }
  EXPECT_EQ(meter_.finish(SimTime(20s)).duplicate_owner, 4s);
}

TEST_F(Metrics, CountWhatTheConsumerTookTwice) {
  stream_.at(1s).accepts("A", 1, "g1", 7).at(2s).accepts("B", 2, "g1", 8);
  stream_.at(3s).accepts("A", 1, "g1", 7);
  EXPECT_EQ(meter_.finish(SimTime(4s)).signals_duplicated, 1U);
}

TEST_F(Metrics, TakeARefusedSignalNeitherForDeliveredNorForLost) {
  stream_.at(1s)
      .emits("A", 1, "g1", 7)
      .by("consumer")
      .says(SignalRefused{.game = GameId("g1"),
                          .epoch = Epoch(7),
                          .seq = SignalSeq(1),
                          .shard = ShardId("A"),
                          .boot = Boot(1),
                          .highest = Epoch(8)});
  const RunMetrics metrics = meter_.finish(SimTime(2s));
  EXPECT_EQ(metrics.signals_lost, 0U);
  EXPECT_EQ(metrics.signals_delivered, 0U);
}

TEST_F(Metrics, MeasureDetectionFromTheLastHeartbeatHeard) {
  stream_.at(20s);
  beats("A", 1, true);
  stream_.at(30s);
  beats("A", 2, false);
  stream_.at(80s).dies("A");
  const RunMetrics metrics = meter_.finish(SimTime(90s));
  EXPECT_EQ(metrics.detection, Duration(60s));
  EXPECT_EQ(metrics.heartbeats_lost, 1U);
}

TEST_F(Metrics, MeasureHowLongTheGamesOfADeadShardTakeToTheNextOne) {
  stream_.at(20s);
  beats("A", 1, true);
  stream_.at(80s).dies("A", {"g1", "g2"});
  stream_.at(80'050ms).commands("B", "add_game", 1, "g1", 9).commands("B", "add_game", 2, "g2", 10);
  stream_.at(80'090ms).commands("B", "add_game", 2, "g2", 10, 2);
  stream_.at(80'100ms).acknowledges("g1", "B", 2, 9).acknowledges("g3", "B", 2, 8);
  stream_.at(80'200ms).acknowledges("g2", "B", 2, 10);
  stream_.at(95s).acknowledges("g1", "A", 1, 11);
  const RunMetrics metrics = meter_.finish(SimTime(100s));
  EXPECT_EQ(metrics.takeover, Duration(60'200ms));
  EXPECT_EQ(metrics.reassignment, Duration(50ms));
  EXPECT_EQ(metrics.heartbeats_heard, 1U);
}

TEST_F(Metrics, LeaveOutHeartbeatsStillOnTheirWayAtTheEnd) {
  stream_.at(89'500ms);
  beats("A", 1, false);
  EXPECT_EQ(meter_.finish(SimTime(90s)).heartbeats_lost, 0U);
}

TEST_F(Metrics, MeasureRecoveryFromTheFaultThatStoppedTheGame) {
  stream_.discovers("g1").discovers("g2");
  serve("g1", "A", 1, 7, 31s);
  stream_.at(30s).emits("B", 2, "g2", 8).at(30'500ms);
  (void)stream_.fault("crash", "A");
  stream_.at(40s).emits("B", 2, "g2", 8);
  (void)stream_.fault("latency", "B<->redis");
  stream_.at(85s).assigns("g1", "B", 2, 9, "dead").at(86s).acknowledges("g1", "B", 2, 9);
  EXPECT_EQ(meter_.finish(SimTime(90s)).recovery, Duration(55'500ms));
}

TEST_F(Metrics, MeasureRecoveryOfAGameThatWasFencedAndKeptItsOwner) {
  stream_.discovers("g1");
  serve("g1", "A", 1, 7, 31s);
  (void)stream_.fault("crash", "redis");
  serve("g1", "A", 1, 7, 75s);
  stream_.by("A").says(GameFenced{
      .shard = ShardId("A"), .game = GameId("g1"), .epoch = Epoch(7), .why = "lease_over"});
  stream_.at(100s).says(
      GameUnfenced{.shard = ShardId("A"), .game = GameId("g1"), .epoch = Epoch(7)});
  EXPECT_EQ(meter_.finish(SimTime(110s)).recovery, Duration(70s));
}

TEST_F(Metrics, TakeFirstPlacementsForNoRecovery) {
  stream_.discovers("g1");
  (void)stream_.fault("crash", "A");
  stream_.at(1s).assigns("g1", "B", 2, 9).at(2s).acknowledges("g1", "B", 2, 9);
  EXPECT_FALSE(meter_.finish(SimTime(90s)).recovery);
}

TEST_F(Metrics, TellTheFaultsThatFiredFromThoseThatReachedNobody) {
  const EventId felt = stream_.fault("latency", "A<->redis");
  stream_.feels("A", felt).feels("B", felt);
  const EventId silent = stream_.fault("latency", "B<->redis");
  stream_.healed(silent, "latency", "B<->redis").healed(felt, "latency", "A<->redis");
  (void)stream_.fault("crash", "A");
  const RunMetrics metrics = meter_.finish(SimTime(30s));
  ASSERT_EQ(metrics.faults.size(), 2U);
  EXPECT_EQ(metrics.faults[0].kind, "crash");
  EXPECT_EQ(metrics.faults[0].episodes, 1U);
  EXPECT_EQ(metrics.faults[0].fired, 0U);
  EXPECT_EQ(metrics.faults[1].kind, "latency");
  EXPECT_EQ(metrics.faults[1].episodes, 2U);
  EXPECT_EQ(metrics.faults[1].fired, 1U) << "once, though two felt it";
}

TEST_F(Metrics, ListAlertsWithTheirTimes) {
  stream_.at(10s)
      .by("orchestrator")
      .says(AlertRaised{.type = "SHARD_DEAD", .subject = "A", .text = ""});
  stream_.says(AlertRaised{.type = "SHARD_DEAD", .subject = "B", .text = ""});
  stream_.at(20s).says(AlertResolved{.type = "SHARD_DEAD", .subject = "B", .lasted = 10s});
  const RunMetrics metrics = meter_.finish(SimTime(30s));
  ASSERT_EQ(metrics.alerts.size(), 2U);
  EXPECT_EQ(metrics.alerts[0].subject, "A");
  EXPECT_EQ(metrics.alerts[0].raised, 10s);
  EXPECT_FALSE(metrics.alerts[0].resolved);
  EXPECT_EQ(metrics.alerts[1].resolved, Duration(20s));
}

}  // namespace
}  // namespace arbees::sim
