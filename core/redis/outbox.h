#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "core/redis/bus.h"

namespace arbees::redis {

/// Publications that wait for the link, in order, bounded by count, bytes and age. Nothing leaves
/// it unseen: every call that removes says what.
class Outbox {
 public:
  struct Entry {
    Publication publication;
    EventId cause;
    MonoTime expires;
  };

  Outbox(std::size_t max_messages, std::size_t max_bytes)
      : max_messages_(max_messages), max_bytes_(max_bytes) {}

  /// Appends, and returns what had to go: the oldest until it fits (the newest says best what is
  /// wanted now), or the new one itself if it never fits.
  [[nodiscard]] std::vector<Entry> push(Publication publication, EventId cause, MonoTime now);
  /// The oldest; there must be one.
  [[nodiscard]] Entry pop();
  [[nodiscard]] std::vector<Entry> take_expired(MonoTime now);
  [[nodiscard]] std::vector<Entry> take_all();

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t messages() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// When `take_expired` is worth calling: never later than the first expiry, perhaps earlier.
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  std::size_t max_messages_;
  std::size_t max_bytes_;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
  MonoTime earliest_ = MonoTime::max();  // a lower bound: entries may have left since
};

}  // namespace arbees::redis
