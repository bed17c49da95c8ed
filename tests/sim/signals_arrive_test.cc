// I13, by hand-made streams.
#include <gtest/gtest.h>

#include <string>

#include "sim/invariants/signals_arrive.h"
#include "tests/support/stream_builder.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

class I13 : public ::testing::Test, private Observer {
 protected:
  I13() { dispatcher_.add(checker_); }
  [[nodiscard]] std::string first_text() const {
    return checker_.violations().empty() ? "(none)" : checker_.violations().front().text;
  }
  void emits(std::uint64_t seq, std::uint64_t epoch = 7, std::uint64_t boot = 1) {
    stream_.by("A").says(SignalEmitted{.shard = ShardId("A"),
                                       .boot = Boot(boot),
                                       .game = GameId("g1"),
                                       .epoch = Epoch(epoch),
                                       .seq = SignalSeq(seq),
                                       .lease_left = 30s});
  }
  void arrives(std::uint64_t seq, std::uint64_t epoch = 7) {
    stream_.by("consumer")
        .says(SignalAccepted{.game = GameId("g1"),
                             .epoch = Epoch(epoch),
                             .seq = SignalSeq(seq),
                             .shard = ShardId("A"),
                             .boot = Boot(1),
                             .lease_left = 30s,
                             .by_feed = false});
  }
  void is_refused(std::uint64_t seq, std::uint64_t epoch) {
    stream_.by("consumer")
        .says(SignalRefused{.game = GameId("g1"),
                            .epoch = Epoch(epoch),
                            .seq = SignalSeq(seq),
                            .shard = ShardId("A"),
                            .boot = Boot(1),
                            .highest = Epoch(8)});
  }

  Limits limits_ = limits_of_shards({"A", "B"});
  FleetState fleet_{limits_};
  SignalsArrive checker_{limits_, fleet_};
  Dispatcher dispatcher_;
  StreamBuilder stream_{*this};

 private:
  void observe(const SimEnvelope& event) override { dispatcher_.observe(event); }
};

TEST_F(I13, HoldsWhereEachSignalIsTakenOrRefusedOnce) {
  EXPECT_EQ(checker_.status(), InvariantStatus::not_exercised);
  stream_.at(60s);
  emits(1), arrives(1);
  stream_.at(61s);
  emits(2), is_refused(2, 7);
  stream_.at(62s);
  emits(3, 9), arrives(3, 9);  // another epoch: the numbers may go on or begin anew
  dispatcher_.finish(SimTime(70s));
  EXPECT_EQ(checker_.status(), InvariantStatus::holds) << first_text();
  EXPECT_EQ(checker_.checks(), 3U);
}

TEST_F(I13, NamesWhatWasLostInARowAsOneRange) {
  stream_.at(60s);
  emits(4), arrives(4);
  for (std::uint64_t seq = 5; seq <= 7; ++seq) {
    stream_.at(std::chrono::seconds(56 + seq));
    emits(seq);
  }
  stream_.at(64s);
  emits(8), arrives(8);
  EXPECT_EQ(first_text(),
            "signals 5 to 7 of A (boot 1) for g1, epoch 7, emitted from 61.000 s on, were not "
            "delivered by 64.000 s");
  EXPECT_EQ(checker_.violation_count(), 1U);
}

TEST_F(I13, NamesWhatWasLostAtTheEnd) {
  stream_.at(60s);
  emits(5);
  dispatcher_.finish(SimTime(70s));
  EXPECT_EQ(first_text(),
            "signals 5 to 5 of A (boot 1) for g1, epoch 7, emitted from 60.000 s on, were not "
            "delivered by 70.000 s");
}

TEST_F(I13, CatchesASignalThatComesTwice) {
  stream_.at(60s);
  emits(5), arrives(5), arrives(5);
  EXPECT_EQ(first_text(),
            "signal 5 of A (boot 1) for g1, epoch 7 was delivered at 60.000 s, but not emitted in "
            "that instant, or delivered before");
}

TEST_F(I13, CatchesNumbersByWhichNoLossCouldBeTold) {
  stream_.at(60s);
  emits(5), arrives(5);
  stream_.at(61s);
  emits(7), arrives(7);
  EXPECT_EQ(first_text(),
            "signal 7 of A (boot 1) for g1, epoch 7 was emitted at 61.000 s after 5: the numbers "
            "have a gap");
  emits(1, 7, 2);
  EXPECT_EQ(checker_.violation_count(), 1U) << "another process numbers for itself";
}

}  // namespace
}  // namespace arbees::sim
