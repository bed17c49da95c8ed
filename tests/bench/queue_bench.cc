// The event queue beside the limit of what a calendar queue can do on the same machine, measured in one
// run: absolute figures drift with the machine, the ratio does not.
//
// Both hold N pending timers. Each step takes the earliest one and arms it again after an exponential
// delay with a mean of one second. The queue under test calls the receiver and may be cancelled; the
// limit does neither.
#include <benchmark/benchmark.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "core/base/assert.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/stream.h"

namespace arbees::sim {
namespace {

/// Delays drawn beforehand, so that drawing is not what is measured.
class Delays {
 public:
  Delays() : delays_(1U << 16U) {
    Streams streams(1);
    Stream& draws = streams.get("delays");
    for (std::int64_t& delay : delays_) {
      delay = draws.exponential(seconds{1}).count();
    }
  }
  std::int64_t next() { return delays_[at_++ & 0xffffU]; }

 private:
  std::vector<std::int64_t> delays_;
  std::uint64_t at_ = 0;
};

/// Brown, "Calendar Queues" (1988), with all freedom: the width is known beforehand, a day is a short
/// sorted list in nodes of one pool, nothing is called and nothing can be cancelled.
class Calendar {
 public:
  explicit Calendar(std::size_t pending)
      : shift_(static_cast<unsigned>(std::bit_width(1'000'000'000U / pending)) - 1U),
        days_(std::bit_ceil(pending * 4), none),
        nodes_(pending) {}

  void push(std::uint32_t node, std::int64_t due) {
    nodes_[node].due = due;
    std::uint32_t* link = &days_[day(due)];
    while (*link != none && nodes_[*link].due <= due) {
      link = &nodes_[*link].next;
    }
    nodes_[node].next = *link;
    *link = node;
  }

  std::uint32_t pop() {
    for (;;) {
      std::uint32_t& first = days_[day(today_)];
      if (first != none && nodes_[first].due < today_ + (std::int64_t{1} << shift_)) {
        const std::uint32_t node = first;
        first = nodes_[node].next;
        return node;
      }
      today_ += std::int64_t{1} << shift_;
    }
  }

  [[nodiscard]] std::int64_t due(std::uint32_t node) const { return nodes_[node].due; }

 private:
  static constexpr std::uint32_t none = ~0U;
  struct Node {
    std::int64_t due;
    std::uint32_t next;
  };
  [[nodiscard]] std::size_t day(std::int64_t due) const {
    return static_cast<std::size_t>(due >> shift_) & (days_.size() - 1);
  }

  unsigned shift_;
  std::int64_t today_ = 0;
  std::vector<std::uint32_t> days_;
  std::vector<Node> nodes_;
};

void limit(benchmark::State& state) {
  const auto pending = static_cast<std::size_t>(state.range(0));
  Delays delays;
  Calendar calendar(pending);
  for (std::uint32_t node = 0; node < pending; ++node) {
    calendar.push(node, delays.next());
  }
  const auto hold = [&] {
    const std::uint32_t node = calendar.pop();
    calendar.push(node, calendar.due(node) + delays.next());
  };
  for (std::size_t i = 0; i < 4 * pending; ++i) {
    hold();
  }
  for (auto _ : state) {
    hold();
  }
  state.SetItemsProcessed(state.iterations());
}

class Holder final : public Receiver {
 public:
  explicit Holder(std::size_t pending) {
    for (std::uint32_t tag = 0; tag < pending; ++tag) {
      // The tag says which alarm it is: what a receiver needs to look that up is not the queue's cost.
      ensure(queue_.add(*this, tag) == AlarmId{tag}, "alarms are numbered in the order of adding");
      queue_.arm(AlarmId{tag}, SimTime(Duration(delays_.next())));
    }
  }
  void step() { queue_.run_next(SimTime::max(), now_); }

 private:
  void on_due(std::uint64_t tag) override {
    queue_.arm(AlarmId{static_cast<std::uint32_t>(tag)}, now_ + Duration(delays_.next()));
  }

  Delays delays_;
  SimTime now_{};
  EventQueue<SimTime> queue_;
};

void event_queue(benchmark::State& state) {
  const auto pending = static_cast<std::size_t>(state.range(0));
  Holder holder(pending);
  for (std::size_t i = 0; i < 4 * pending; ++i) {
    holder.step();
  }
  for (auto _ : state) {
    holder.step();
  }
  state.SetItemsProcessed(state.iterations());
}

/// A heartbeat's deadline put off again and again, long before it is due.
void put_off(benchmark::State& state) {
  class Nobody final : public Receiver {
    void on_due(std::uint64_t) override {}
  } nobody;
  EventQueue<SimTime> queue;
  std::vector<AlarmId> alarms;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    alarms.push_back(queue.add(nobody, 0));
  }
  SimTime now{};
  std::size_t next = 0;
  for (auto _ : state) {
    queue.arm(alarms[next], now += Duration(10));
    next = next + 1 == alarms.size() ? 0 : next + 1;
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(limit)->Arg(64)->Arg(512)->Arg(4'096)->Arg(65'536)->Arg(1'048'576);
BENCHMARK(event_queue)->Arg(64)->Arg(512)->Arg(4'096)->Arg(65'536)->Arg(1'048'576);
BENCHMARK(put_off)->Arg(64)->Arg(4'096);

}  // namespace
}  // namespace arbees::sim

BENCHMARK_MAIN();
