#include "core/redis/outbox.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace arbees::redis {
namespace {

std::size_t size_of(const Publication& publication) {
  return publication.channel.size() + publication.payload.size();
}

MonoTime expiry(MonoTime now, Duration max_age) {
  return max_age > MonoTime::max() - now ? MonoTime::max() : now + max_age;
}

}  // namespace

std::vector<Outbox::Entry> Outbox::push(Publication publication, EventId cause, MonoTime now) {
  std::vector<Entry> gone;
  const std::size_t size = size_of(publication);
  const MonoTime expires = expiry(now, publication.max_age);
  Entry entry{std::move(publication), cause, expires};
  if (max_messages_ == 0 || size > max_bytes_) {
    gone.push_back(std::move(entry));
    return gone;
  }
  while (entries_.size() == max_messages_ || bytes_ > max_bytes_ - size) {
    gone.push_back(pop());
  }
  bytes_ += size;
  earliest_ = std::min(earliest_, expires);
  entries_.push_back(std::move(entry));
  return gone;
}

Outbox::Entry Outbox::pop() {
  ensure(!entries_.empty(), "only what waits can be taken");
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  bytes_ -= size_of(entry.publication);
  return entry;
}

std::vector<Outbox::Entry> Outbox::take_expired(MonoTime now) {
  std::vector<Entry> expired;
  if (now < earliest_) {
    return expired;
  }
  earliest_ = MonoTime::max();
  std::deque<Entry> kept;
  for (Entry& entry : entries_) {
    if (entry.expires <= now) {
      bytes_ -= size_of(entry.publication);
      expired.push_back(std::move(entry));
    } else {
      earliest_ = std::min(earliest_, entry.expires);
      kept.push_back(std::move(entry));
    }
  }
  entries_ = std::move(kept);
  return expired;
}

std::vector<Outbox::Entry> Outbox::take_all() {
  std::vector<Entry> all;
  while (!entries_.empty()) {
    all.push_back(pop());
  }
  earliest_ = MonoTime::max();
  return all;
}

std::optional<MonoTime> Outbox::deadline() const {
  if (entries_.empty() || earliest_ == MonoTime::max()) {
    return std::nullopt;
  }
  return earliest_;
}

}  // namespace arbees::redis
