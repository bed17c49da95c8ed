#include "sim/engine/event_queue.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/assert.h"

namespace arbees::sim {
namespace {

/// Up to here keeping the entries sorted is faster than anything else.
constexpr std::size_t sorted_max = 40;
/// A day is so many average gaps long, or down to half of it, when the delays are exponential.
constexpr std::uint64_t gaps_per_day = 2;
/// A year holds so many average delays, or up to twice as many.
constexpr std::uint64_t delays_per_year = 2;
/// The shortest year: a group of days is fetched while another one is due.
constexpr std::uint64_t days_min = 64;
/// So many days have their alarms fetched into the cache together: their buckets share a line.
constexpr std::int64_t days_fetched = 16;
/// With fewer alarms everything is in the cache anyway.
constexpr std::size_t slots_worth_fetching = 8'192;
/// Stale entries allowed beside as many live ones.
constexpr std::size_t stale_min = 64;

}  // namespace

AlarmId TickQueue::add(Receiver& receiver, std::uint64_t tag) {
  std::uint32_t slot = free_slot_;
  if (slot != none) {
    free_slot_ = slots_[slot].next;
  } else {
    ensure(slots_.size() < slot_mask, "a queue holds fewer than 2^24 alarms");
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  }
  slots_[slot] = {.receiver = &receiver,
                  .tag = tag,
                  .due = 0,
                  .live = 0,
                  .entry = 0,
                  .next = none,
                  .previous = none};
  return AlarmId{slot - 1};
}

void TickQueue::remove(AlarmId alarm) {
  Slot& slot = slots_[index(alarm)];
  ensure(slot.receiver != nullptr, "an alarm is removed once");
  leave(slot);
  slot = {.receiver = nullptr,
          .tag = 0,
          .due = 0,
          .live = 0,
          .entry = 0,
          .next = free_slot_,
          .previous = none};
  free_slot_ = index(alarm);
}

void TickQueue::arm(AlarmId alarm, Tick due) {
  Slot& slot = slots_[index(alarm)];
  const std::uint64_t sequence = next_sequence_++;
  // Nothing waits behind the last deadline of its alarm, so what stands for it already comes to the
  // front in time to be moved.
  const bool in_time = slot.entry != 0 && due >= slot.due;
  if (!in_time) {
    leave(slot);
  }
  slot.due = due;
  slot.live = sequence;
  if (in_time) {
    return;
  }
  place(index(alarm));
  if (stale_ > stale_min && stale_ > entries_ / 2) [[unlikely]] {
    close_hole();
    collect();
    spread();
  }
}

/// What stands for the alarm does so no longer.
void TickQueue::leave(Slot& slot) {
  if (slot.entry == in_bucket) {
    unlink(static_cast<std::uint32_t>(&slot - slots_.data()));
    --entries_;
  } else if (slot.entry != 0) {
    ++stale_;
  }
  slot.entry = 0;
}

void TickQueue::run_next() {
  Slot& slot = slots_[near_[head_].slot()];
  Receiver& receiver = *slot.receiver;
  const std::uint64_t tag = slot.tag;
  slot.live = 0;
  slot.entry = 0;
  --entries_;
  if (heap_) {
    hole_ = true;
  } else {
    pop_near();
  }
  receiver.on_due(tag);
  close_hole();
}

/// Brings a live entry to the front; false if there is none.
bool TickQueue::settle_front() {
  close_hole();
  for (;;) {
    if (near_.empty() && !refill()) {
      return false;
    }
    const Entry front = near_[head_];
    Slot& slot = slots_[front.slot()];
    if (slot.live == front.sequence()) [[likely]] {
      return true;
    }
    --entries_;
    pop_near();
    if (slot.entry != front.sequence()) {
      --stale_;
    } else if (slot.live == 0) {
      slot.entry = 0;
    } else {
      place(front.slot());
    }
  }
}

bool TickQueue::earlier(const Entry& a, const Entry& b) {
  return (a.due < b.due) | ((a.due == b.due) & (a.order < b.order));
}

/// Finds a place for an armed alarm that has none.
void TickQueue::place(std::uint32_t index) {
  Slot& slot = slots_[index];
  ++entries_;
  const Day day = day_of(slot.due);
  if (day >= today_ && static_cast<std::uint64_t>(day - today_) < buckets_.size()) {
    link(bucket_of(day), index);
    return;
  }
  slot.entry = slot.live;
  const Entry entry{.due = slot.due, .order = slot.live << slot_bits | index};
  if (day < today_) {
    push_near(entry);
  } else {
    far_.push_back(entry);
  }
}

void TickQueue::push_near(Entry entry) {
  if (heap_) {
    push_heap(entry);
    return;
  }
  push_sorted(entry);
  if (near_.size() - head_ <= sorted_max) [[likely]] {
    return;
  }
  if (outgrown()) {
    collect();
    spread();
  } else {
    near_.erase(near_.begin(), near_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
    heap_ = true;  // what is sorted is a heap, too
  }
}

void TickQueue::push_sorted(Entry entry) {
  constexpr std::size_t worth_moving = 256;
  if (head_ == worth_moving) {
    near_.erase(near_.begin(), near_.begin() + worth_moving);
    head_ = 0;
  }
  near_.push_back(entry);
  Entry* const entries = near_.data();
  std::size_t at = near_.size() - 1;
  for (; at > head_ && earlier(entry, entries[at - 1]); --at) {
    entries[at] = entries[at - 1];
  }
  entries[at] = entry;
}

void TickQueue::push_heap(Entry entry) {
  if (hole_) {
    hole_ = false;
    sift_down(0, entry);
    return;
  }
  near_.push_back(entry);
  sift_up(near_.size() - 1, entry);
  if (outgrown()) [[unlikely]] {
    collect();
    spread();
  }
}

void TickQueue::link(std::size_t bucket, std::uint32_t index) {
  Slot& slot = slots_[index];
  const std::uint32_t second = buckets_[bucket];
  slot.entry = in_bucket;
  slot.next = second;
  slot.previous = first_mark | static_cast<std::uint32_t>(bucket);
  __builtin_prefetch(&slots_[second], 1);  // else the next writes wait for this one
  slots_[second].previous = index;
  buckets_[bucket] = index;
}

void TickQueue::unlink(std::uint32_t index) {
  const Slot& slot = slots_[index];
  slots_[slot.next].previous = slot.previous;
  if ((slot.previous & first_mark) != 0) {
    buckets_[slot.previous & ~first_mark] = slot.next;
  } else {
    slots_[slot.previous].next = slot.next;
  }
}

void TickQueue::pop_near() {
  if (near_.size() - head_ == 1) {
    clear_near();
  } else if (heap_) {
    const Entry last = near_.back();
    near_.pop_back();
    sift_down(0, last);
  } else {
    ++head_;
  }
}

void TickQueue::clear_near() {
  near_.clear();
  head_ = 0;
  heap_ = false;
}

void TickQueue::sift_up(std::size_t at, Entry entry) {
  Entry* const heap = near_.data();
  while (at > 0) {
    const std::size_t parent = (at - 1) / 4;
    if (!earlier(entry, heap[parent])) {
      break;
    }
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = entry;
}

void TickQueue::sift_down(std::size_t at, Entry entry) {
  Entry* const heap = near_.data();
  const std::size_t size = near_.size();
  for (;;) {
    const std::size_t child = 4 * at + 1;
    std::size_t best = child;
    if (child + 4 <= size) [[likely]] {
      // A tournament without branches: which child wins is a coin toss no processor can foresee.
      const std::size_t a = child + (earlier(heap[child + 1], heap[child]) ? 1 : 0);
      const std::size_t b = child + 2 + (earlier(heap[child + 3], heap[child + 2]) ? 1 : 0);
      best = earlier(heap[b], heap[a]) ? b : a;
    } else if (child < size) {
      for (std::size_t other = child + 1; other < size; ++other) {
        best = earlier(heap[other], heap[best]) ? other : best;
      }
    } else {
      break;
    }
    if (!earlier(heap[best], entry)) {
      break;
    }
    heap[at] = heap[best];
    at = best;
  }
  heap[at] = entry;
}

/// Puts a near part just filled in order.
void TickQueue::order_near() {
  if (near_.size() <= sorted_max) {
    for (std::size_t next = 1; next < near_.size(); ++next) {
      const Entry entry = near_[next];
      std::size_t at = next;
      for (; at > 0 && earlier(entry, near_[at - 1]); --at) {
        near_[at] = near_[at - 1];
      }
      near_[at] = entry;
    }
    return;
  }
  heap_ = true;
  for (std::size_t at = (near_.size() + 2) / 4; at-- > 0;) {
    sift_down(at, near_[at]);
  }
}

void TickQueue::close_hole() {
  if (hole_) {
    hole_ = false;
    pop_near();
  }
}

/// Fills the empty near part from the days to come; false if there is nothing in them.
bool TickQueue::refill() {
  while (near_.empty()) {
    if (find_day()) {
      load_today();
      if (near_.size() > sorted_max && outgrown()) [[unlikely]] {
        collect();
        spread();
      }
    } else if (entries_ == 0) {
      spread();
      return false;
    } else if (year_fits()) {
      begin_year();
    } else {
      collect();
      spread();
    }
  }
  return true;
}

/// Makes the next day on which something may be due today's; false if there is none in this year.
bool TickQueue::find_day() {
  for (; today_ < new_year_; ++today_) {
    if (buckets_[bucket_of(today_)] != none) {
      return true;
    }
  }
  return false;
}

/// Takes what is due today to the near part, and goes on to tomorrow.
void TickQueue::load_today() {
  fetch_ahead();
  const Day today = today_++;
  const std::size_t bucket = bucket_of(today);
  for (std::uint32_t index = std::exchange(buckets_[bucket], none); index != none;) {
    Slot& slot = slots_[index];
    const std::uint32_t next = slot.next;
    if (slot.live != 0 && day_of(slot.due) == today) [[likely]] {
      slot.entry = slot.live;
      near_.push_back({.due = slot.due, .order = slot.live << slot_bits | index});
    } else {
      --entries_;
      slot.entry = 0;
      if (slot.live != 0) {
        place(index);
      }
    }
    index = next;
  }
  order_near();
}

/// Fetches the alarms of the days to come into the cache, once for each group of days: the first alarm of
/// each two groups ahead, the second one, which only the first one knows, a group later.
void TickQueue::fetch_ahead() {
  const Day group = today_ / days_fetched;
  if (group == fetched_ || slots_.size() < slots_worth_fetching) {
    return;
  }
  fetched_ = group;
  const std::uint32_t* const next = &buckets_[bucket_of((group + 1) * days_fetched)];
  const std::uint32_t* const after = &buckets_[bucket_of((group + 2) * days_fetched)];
  for (Day day = 0; day < days_fetched; ++day) {
    __builtin_prefetch(&slots_[slots_[next[day]].next]);
    __builtin_prefetch(&slots_[after[day]]);
  }
}

/// Looks at what was too far off a year ago.
void TickQueue::begin_year() {
  new_year_ = today_ + static_cast<Day>(buckets_.size());
  sequence_at_new_year_ = next_sequence_;
  const std::vector<Entry> all = std::exchange(far_, {});
  far_.reserve(all.capacity());
  entries_ -= all.size();
  for (const Entry& entry : all) {
    Slot& slot = slots_[entry.slot()];
    if (slot.entry != entry.sequence()) {
      --stale_;
      continue;
    }
    slot.entry = 0;
    if (slot.live != 0) {
      place(entry.slot());
    }
  }
}

/// Whether more is due on a day than was meant.
bool TickQueue::outgrown() const {
  return entries_ >= 2 * entries_at_spread_ ||
         next_sequence_ - sequence_at_new_year_ > 4 * (buckets_.size() + entries_at_spread_);
}

bool TickQueue::year_fits() const {
  return !outgrown() && entries_ >= entries_at_spread_ / 2 && far_.size() <= entries_ / 2;
}

/// Takes everything that is not stale to `far_`.
void TickQueue::collect() {
  far_.insert(far_.end(), near_.begin() + static_cast<std::ptrdiff_t>(head_), near_.end());
  clear_near();
  std::erase_if(far_, [this](const Entry& e) { return slots_[e.slot()].entry != e.sequence(); });
  for (std::uint32_t index : buckets_) {
    for (; index != none; index = slots_[index].next) {
      Slot& slot = slots_[index];
      slot.entry = slot.live;
      if (slot.live != 0) {
        far_.push_back({.due = slot.due, .order = slot.live << slot_bits | index});
      }
    }
  }
  clear_days();
  entries_ = far_.size();
  stale_ = 0;
}

void TickQueue::clear_days() {
  buckets_.clear();
  shift_ = without_days;
  today_ = 1;
  new_year_ = 1;
}

/// Lays out `far_` anew, where everything is: as a near part if it is small, else in days.
void TickQueue::spread() {
  clear_days();
  entries_at_spread_ = far_.size();
  if (far_.size() > sorted_max) {
    lay_out_days();
  } else {
    std::swap(near_, far_);
    order_near();
  }
}

void TickQueue::lay_out_days() {
  __extension__ using Wide = unsigned __int128;
  const Tick first = std::ranges::min(far_, {}, &Entry::due).due;
  Wide sum = 0;
  for (const Entry& entry : far_) {
    sum += static_cast<std::uint64_t>(entry.due) - static_cast<std::uint64_t>(first);
  }
  const Wide mean = sum / far_.size();
  const auto length = static_cast<std::uint64_t>(mean * gaps_per_day / far_.size());
  // Two ticks at least: then there is a day after that of the last tick.
  shift_ = static_cast<unsigned>(std::bit_width(length | 2U)) - 1U;
  const auto days = static_cast<std::uint64_t>((mean * delays_per_year) >> shift_);
  const std::uint64_t year = std::bit_ceil(std::max(days, days_min));
  ensure(year < first_mark, "a queue has fewer than 2^31 buckets");
  buckets_.assign(year, none);
  today_ = day_of(first);
  begin_year();
}

}  // namespace arbees::sim
