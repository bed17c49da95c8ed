#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sim/engine/event_queue.h"
#include "sim/engine/stream.h"

namespace arbees::sim {
namespace {

using Tick = TickQueue::Tick;

/// Notes which alarms went off.
class Tags final : public Receiver {
 public:
  void on_due(std::uint64_t tag) override { fired.push_back(tag); }
  std::vector<std::uint64_t> fired;
};

std::vector<std::uint64_t> drain(TickQueue& queue, Tags& tags, Tick limit) {
  tags.fired.clear();
  for (auto due = queue.next_due(); due && *due <= limit; due = queue.next_due()) {
    queue.run_next();
  }
  return tags.fired;
}

TEST(EventQueue, SetsOffAlarmsInTheOrderOfTimeAndThenOfArming) {
  TickQueue queue;
  Tags tags;
  const AlarmId late = queue.add(tags, 3);
  const AlarmId first = queue.add(tags, 1);
  const AlarmId second = queue.add(tags, 2);
  queue.arm(late, 20);
  queue.arm(first, 10);
  queue.arm(second, 10);
  EXPECT_EQ(drain(queue, tags, 100), (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_FALSE(queue.next_due().has_value());
}

TEST(EventQueue, ArmingAgainForTheSameTimeMovesAnAlarmBehindItsEquals) {
  TickQueue queue;
  Tags tags;
  const AlarmId a = queue.add(tags, 1);
  const AlarmId b = queue.add(tags, 2);
  queue.arm(a, 10);
  queue.arm(b, 10);
  queue.arm(a, 10);
  EXPECT_EQ(drain(queue, tags, 100), (std::vector<std::uint64_t>{2, 1}));
}

TEST(EventQueue, AnAlarmFiresOnceAtItsLastDeadline) {
  TickQueue queue;
  Tags tags;
  const AlarmId alarm = queue.add(tags, 1);
  queue.arm(alarm, 10);
  queue.arm(alarm, 50);
  queue.arm(alarm, 30);
  EXPECT_TRUE(drain(queue, tags, 29).empty());
  EXPECT_EQ(queue.next_due(), 30);
  EXPECT_EQ(drain(queue, tags, 100).size(), 1U);
  EXPECT_FALSE(queue.armed(alarm));
}

TEST(EventQueue, DisarmedAndRemovedAlarmsStaySilentAlsoWhenTheirPlaceIsTaken) {
  TickQueue queue;
  Tags tags;
  const AlarmId removed = queue.add(tags, 1);
  const AlarmId disarmed = queue.add(tags, 2);
  queue.arm(removed, 10);
  queue.arm(disarmed, 10);
  queue.remove(removed);
  queue.disarm(disarmed);
  const AlarmId heir = queue.add(tags, 3);
  EXPECT_EQ(heir, removed) << "the test means to reuse the place";
  queue.arm(heir, 20);
  EXPECT_EQ(queue.next_due(), 20);
  EXPECT_EQ(drain(queue, tags, 100), (std::vector<std::uint64_t>{3}));
}

TEST(EventQueue, AnAlarmMayArmItselfAndOthersWhileItGoesOff) {
  class Echo final : public Receiver {
   public:
    explicit Echo(TickQueue& queue)
        : queue_(queue), own_(queue.add(*this, 0)), other_(queue.add(*this, 1)) {
      queue_.arm(own_, 1);
    }
    void on_due(std::uint64_t tag) override {
      fired.push_back(tag);
      if (fired.size() < 6 && tag == 0) {
        queue_.arm(other_, 5);
        queue_.arm(own_, 5);
      }
    }
    std::vector<std::uint64_t> fired;

   private:
    TickQueue& queue_;
    AlarmId own_;
    AlarmId other_;
  };
  TickQueue queue;
  Echo echo(queue);
  while (queue.next_due()) {
    queue.run_next();
  }
  EXPECT_EQ(echo.fired, (std::vector<std::uint64_t>{0, 1, 0, 1, 0, 1, 0}));
}

TEST(EventQueue, PuttingOffAnAlarmAgainAndAgainTakesNoRoom) {
  TickQueue queue;
  Tags tags;
  const AlarmId alarm = queue.add(tags, 1);
  for (Tick due = 1; due <= 100'000; ++due) {
    queue.arm(alarm, due);
  }
  EXPECT_EQ(queue.entries(), 1U);
  EXPECT_EQ(queue.next_due(), 100'000);
}

TEST(EventQueue, PuttingForwardAnAlarmAgainAndAgainTakesBoundedRoom) {
  TickQueue queue;
  Tags tags;
  const AlarmId alarm = queue.add(tags, 1);
  for (Tick due = 100'000; due > 0; --due) {
    queue.arm(alarm, due);
  }
  EXPECT_LE(queue.entries(), 200U);
  EXPECT_EQ(drain(queue, tags, 200'000).size(), 1U);
}

/// A queue so plain that it is right by inspection.
class PlainQueue {
 public:
  void arm(std::uint64_t tag, Tick due) {
    disarm(tag);
    pending_.emplace(std::pair(due, next_++), tag);
  }
  void disarm(std::uint64_t tag) {
    std::erase_if(pending_, [tag](const auto& entry) { return entry.second == tag; });
  }
  std::optional<std::uint64_t> pop(Tick& now) {
    if (pending_.empty()) {
      return std::nullopt;
    }
    const auto first = pending_.begin();
    now = first->first.first;
    const std::uint64_t tag = first->second;
    pending_.erase(first);
    return tag;
  }

 private:
  std::map<std::pair<Tick, std::uint64_t>, std::uint64_t> pending_;
  std::uint64_t next_ = 0;
};

/// Sizes around those at which the queue changes its layout, delays from all equal to far apart.
TEST(EventQueue, AgreesWithAPlainQueueWhateverIsArmedPutOffAndCancelled) {
  Streams streams(99);
  Stream& draws = streams.get("queue test");
  for (const std::size_t alarms : {1U, 3U, 40U, 700U, 3'000U}) {
    for (const Tick spread : {1, 100, 1'000'000'000}) {
      TickQueue queue;
      PlainQueue reference;
      Tags tags;
      std::vector<AlarmId> ids;
      for (std::size_t i = 0; i < alarms; ++i) {
        ids.push_back(queue.add(tags, i));
      }
      Tick now = 0;
      const auto arm_one = [&] {
        const std::uint64_t tag = draws.below(alarms);
        const bool far = draws.chance({1, 50});
        const Tick due = now + draws.between(0, spread) * (far ? 1'000 : 1);
        queue.arm(ids[tag], due);
        reference.arm(tag, due);
      };
      for (std::size_t i = 0; i < 2 * alarms; ++i) {
        arm_one();
      }
      for (int step = 0; step < 4'000; ++step) {
        const std::uint64_t what = draws.below(8);
        if (what < 3) {
          arm_one();
        } else if (what == 3) {
          const std::uint64_t tag = draws.below(alarms);
          queue.disarm(ids[tag]);
          reference.disarm(tag);
        } else if (what == 4) {
          const std::uint64_t tag = draws.below(alarms);
          queue.remove(ids[tag]);
          reference.disarm(tag);
          ids[tag] = queue.add(tags, tag);
        } else {
          Tick reference_now = now;
          const std::optional<std::uint64_t> expected = reference.pop(reference_now);
          const std::optional<Tick> due = queue.next_due();
          ASSERT_EQ(due.has_value(), expected.has_value());
          if (due) {
            ASSERT_EQ(*due, reference_now);
            tags.fired.clear();
            queue.run_next();
            ASSERT_EQ(tags.fired, std::vector<std::uint64_t>{*expected})
                << alarms << " alarms, step " << step;
            now = *due;
          }
        }
      }
    }
  }
}

/// The ends of time are ticks like others, whether they stand in days or not.
TEST(EventQueue, TicksMayLieAnywhereInTheirRange) {
  constexpr Tick first = std::numeric_limits<Tick>::min();
  constexpr Tick last = std::numeric_limits<Tick>::max();
  for (const std::size_t each : {1U, 20U, 300U}) {
    TickQueue queue;
    PlainQueue reference;
    Tags tags;
    std::uint64_t tag = 0;
    for (std::size_t i = 0; i < each; ++i) {
      for (const Tick due : {last, Tick{0}, last - 1, first, Tick{-1}, first + 1, last / 2}) {
        queue.arm(queue.add(tags, tag), due);
        reference.arm(tag++, due);
      }
    }
    Tick now = first;
    for (auto expected = reference.pop(now); expected; expected = reference.pop(now)) {
      ASSERT_EQ(queue.next_due(), now);
      tags.fired.clear();
      queue.run_next();
      ASSERT_EQ(tags.fired, std::vector<std::uint64_t>{*expected});
    }
    EXPECT_FALSE(queue.next_due().has_value());
    EXPECT_EQ(queue.entries(), 0U);
  }
}

/// Years pass, and what is pending becomes more, less, denser and rarer from one to the next.
TEST(EventQueue, AgreesWithAPlainQueueHoweverTheDelaysChange) {
  Streams streams(7);
  Stream& draws = streams.get("queue test");
  TickQueue queue;
  PlainQueue reference;
  Tags tags;
  std::vector<AlarmId> ids;
  constexpr std::size_t alarms = 500;
  for (std::size_t i = 0; i < alarms; ++i) {
    ids.push_back(queue.add(tags, i));
  }
  Tick now = 0;
  const auto arm = [&](std::uint64_t tag, Duration mean) {
    const Tick due = now + draws.exponential(mean).count();
    queue.arm(ids[tag], due);
    reference.arm(tag, due);
  };
  for (const auto& [pending, mean] : {std::pair{500U, 1'000'000},
                                      {60U, 1'000'000},
                                      {60U, 10},
                                      {500U, 1'000},
                                      {500U, 100'000'000},
                                      {3U, 5},
                                      {400U, 50}}) {
    for (std::size_t tag = 0; tag < alarms; ++tag) {
      if (tag < pending) {
        arm(tag, Duration(mean));
      } else {
        queue.disarm(ids[tag]);
        reference.disarm(tag);
      }
    }
    for (int step = 0; step < 4'000; ++step) {
      const std::optional<std::uint64_t> expected = reference.pop(now);
      ASSERT_EQ(queue.next_due(), expected ? std::optional(now) : std::nullopt);
      tags.fired.clear();
      queue.run_next();
      ASSERT_EQ(tags.fired, std::vector<std::uint64_t>{*expected}) << pending << ", step " << step;
      arm(*expected, Duration(mean));
      // Bounded by what is pending: nothing that was passed by is left behind.
      ASSERT_LE(queue.entries(), 2 * alarms + 200);
    }
  }
}

TEST(EventQueue, KeepsItsOrderWithALotPending) {
  constexpr std::size_t alarms = 50'000;
  class Hold final : public Receiver {
   public:
    Hold(TickQueue& queue, Stream& draws) : queue_(queue), draws_(draws) {
      for (std::size_t i = 0; i < alarms; ++i) {
        ids_.push_back(queue.add(*this, i));
        queue.arm(ids_.back(), draws_.exponential(seconds{1}).count());
      }
    }
    void on_due(std::uint64_t tag) override {
      queue_.arm(ids_[tag], now + draws_.exponential(seconds{1}).count());
    }
    Tick now = 0;

   private:
    TickQueue& queue_;
    Stream& draws_;
    std::vector<AlarmId> ids_;
  };
  Streams streams(5);
  TickQueue queue;
  Hold hold(queue, streams.get("hold"));
  for (int step = 0; step < 300'000; ++step) {
    const Tick due = *queue.next_due();
    ASSERT_GE(due, hold.now);
    hold.now = due;
    queue.run_next();
  }
  EXPECT_EQ(queue.entries(), alarms);
}

}  // namespace
}  // namespace arbees::sim
