#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "sim/engine/large_pages.h"

namespace arbees::sim {

/// Something that is told when a moment it asked for has come.
class Receiver {
 public:
  /// `tag` is the receiver's own: it says which of its alarms went off.
  virtual void on_due(std::uint64_t tag) = 0;

 protected:
  ~Receiver() = default;
};

/// Names one alarm of a queue until it is removed.
enum class AlarmId : std::uint32_t {};

/// Pending moments in the order (tick, order of arming). The heart of the simulator: nothing is
/// allocated per event, and arming an alarm again is the cheapest thing it does.
///
/// A calendar. Time is cut into days of equal length. What is due before `today_` stands in `near_`,
/// sorted. Each of the days that follow, a year of them, has a bucket: an unordered list through the alarms
/// themselves. What is due later still waits in `far_`, unordered too, and is looked at once a year. When
/// the near part is used up, the next day is sorted and takes its place; its bucket serves the same day of
/// the next year. A near part that is too long to be kept sorted (everything due at once) is a 4-ary heap
/// until it is empty. Small queues have no buckets at all. The length of a day follows what is pending.
/// Where an alarm waits never changes the order, only the cost.
///
/// An alarm that is put off stays where it is and finds its new place when its turn comes. One that is
/// put forward or removed leaves a stale entry if it stood in `near_` or `far_`; stale entries never
/// outnumber the others for long.
class TickQueue {
 public:
  using Tick = std::int64_t;

  /// An alarm that is not armed. `receiver` must outlive it.
  [[nodiscard]] AlarmId add(Receiver& receiver, std::uint64_t tag);
  void remove(AlarmId alarm);
  /// Goes off once at `due`, after everything armed before for the same tick; replaces an earlier
  /// deadline.
  void arm(AlarmId alarm, Tick due);
  void disarm(AlarmId alarm) { slots_[index(alarm)].live = 0; }
  [[nodiscard]] bool armed(AlarmId alarm) const { return slots_[index(alarm)].live != 0; }

  /// The tick of the next alarm.
  [[nodiscard]] std::optional<Tick> next_due() {
    return settle_front() ? std::optional(near_[head_].due) : std::nullopt;
  }
  /// Sets off the alarm that `next_due` has just named.
  void run_next();

  /// Places taken, by stale entries too: for tests of the bound on them.
  [[nodiscard]] std::size_t entries() const { return entries_; }

 private:
  using Day = std::int64_t;  ///< number of a span of 2^shift_ ticks

  static constexpr unsigned slot_bits = 24;
  static constexpr std::uint64_t slot_mask = (std::uint64_t{1} << slot_bits) - 1;
  /// The first slot is nobody's: it ends every list, so that linking asks no questions.
  static constexpr std::uint32_t none = 0;
  /// The day of every tick is -1 or 0.
  static constexpr unsigned without_days = 63;

  struct Entry {
    Tick due;
    std::uint64_t order;  ///< sequence number in the upper 40 bits, slot in the lower 24

    [[nodiscard]] std::uint32_t slot() const {
      return static_cast<std::uint32_t>(order & slot_mask);
    }
    [[nodiscard]] std::uint64_t sequence() const { return order >> slot_bits; }
  };

  /// One line of the cache: where many alarms are pending, fetching it is what an event costs.
  struct alignas(64) Slot {
    Receiver* receiver;
    std::uint64_t tag;
    Tick due;            ///< as last armed
    std::uint64_t live;  ///< sequence number of the last arming; 0: not armed
    std::uint64_t
        entry;  ///< sequence number of the entry that stands for it, or `in_bucket`; 0: none
    std::uint32_t next;  ///< in its bucket; of a free slot: the next free one
    std::uint32_t
        previous;  ///< in its bucket; of the first one: the bucket itself, with `first_mark`
  };
  static constexpr std::uint64_t in_bucket = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint32_t first_mark = std::uint32_t{1} << 31U;

  [[nodiscard]] static std::uint32_t index(AlarmId alarm) {
    return static_cast<std::uint32_t>(alarm) + 1;
  }
  [[nodiscard]] static bool earlier(const Entry& a, const Entry& b);
  [[nodiscard]] Day day_of(Tick due) const { return due >> shift_; }
  [[nodiscard]] std::size_t bucket_of(Day day) const {
    return static_cast<std::size_t>(day) & (buckets_.size() - 1);
  }

  void place(std::uint32_t slot);
  void push_near(Entry entry);
  void push_sorted(Entry entry);
  void push_heap(Entry entry);
  void link(std::size_t bucket, std::uint32_t slot);
  void unlink(std::uint32_t slot);
  void leave(Slot& slot);
  void pop_near();
  void clear_near();
  void sift_up(std::size_t at, Entry entry);
  void sift_down(std::size_t at, Entry entry);
  void order_near();
  void close_hole();
  [[nodiscard]] bool settle_front();
  [[nodiscard]] bool refill();
  [[nodiscard]] bool find_day();
  void load_today();
  void fetch_ahead();
  void begin_year();
  [[nodiscard]] bool outgrown() const;
  [[nodiscard]] bool year_fits() const;
  void collect();
  void spread();
  void lay_out_days();
  void clear_days();

  std::vector<Slot, LargePages<Slot>> slots_{Slot{}};
  std::uint32_t free_slot_ = none;
  std::uint64_t next_sequence_ = 1;
  std::size_t entries_ = 0;
  std::size_t stale_ = 0;

  std::vector<Entry> near_;
  std::size_t head_ = 0;  ///< where `near_` begins, sorted; 0 while it is a heap
  bool heap_ = false;
  bool hole_ = false;  ///< the top of the heap was just set off; the next entry may take its place

  unsigned shift_ = without_days;  ///< a day is 2^shift ticks long
  Day today_ = 1;                  ///< everything before it is in `near_`
  Day new_year_ = 1;               ///< when `far_` is looked at again: nothing in it is due before
  std::vector<std::uint32_t, LargePages<std::uint32_t>>
      buckets_;      ///< first slot of each day, or `none`; a power of two
  Day fetched_ = 0;  ///< group of days at which alarms were fetched last
  std::vector<Entry> far_;
  std::size_t entries_at_spread_ = 0;
  std::uint64_t sequence_at_new_year_ = 0;
};

/// The same in the time of one clock.
template <class TimePoint>
class EventQueue {
 public:
  [[nodiscard]] AlarmId add(Receiver& receiver, std::uint64_t tag) {
    return queue_.add(receiver, tag);
  }
  void remove(AlarmId alarm) { queue_.remove(alarm); }
  void arm(AlarmId alarm, TimePoint due) { queue_.arm(alarm, due.time_since_epoch().count()); }
  void disarm(AlarmId alarm) { queue_.disarm(alarm); }
  [[nodiscard]] bool armed(AlarmId alarm) const { return queue_.armed(alarm); }
  [[nodiscard]] std::optional<TimePoint> next_due() {
    const std::optional<TickQueue::Tick> due = queue_.next_due();
    return due ? std::optional(TimePoint(typename TimePoint::duration(*due))) : std::nullopt;
  }
  /// Sets off the next alarm if it is due by `limit`; `now` moves on to its time first, never back.
  bool run_next(TimePoint limit, TimePoint& now) {
    const std::optional<TickQueue::Tick> due = queue_.next_due();
    if (!due || *due > limit.time_since_epoch().count()) {
      return false;
    }
    now = std::max(now, TimePoint(typename TimePoint::duration(*due)));
    queue_.run_next();
    return true;
  }

 private:
  TickQueue queue_;
};

}  // namespace arbees::sim
