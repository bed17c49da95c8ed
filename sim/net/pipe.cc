#include "sim/net/pipe.h"

#include <algorithm>

#include "core/base/assert.h"

namespace arbees::sim {

void Pipe::reset() {
  farewell.reset();
  farewell_sent = false;
  unacknowledged_since = {};
  bytes_.clear();
  head_ = 0;
  read_ = arrived_ = acked_ = sent_ = taken_ = written_ = 0;
  segments_.clear();
  next_segment_ = 0;
}

void Pipe::write(std::string_view bytes) {
  bytes_.append(bytes);
  written_ += bytes.size();
}

bool Pipe::take(std::size_t send_buffer) {
  if (taken_ == written_) {
    return false;
  }
  taken_ = std::min<std::uint64_t>(written_, std::max<std::uint64_t>(taken_, acked_ + send_buffer));
  return taken_ == written_;
}

std::string_view Pipe::send(std::size_t receive_buffer,
                            std::optional<std::size_t> unacknowledged_max) {
  std::uint64_t end = std::min<std::uint64_t>(taken_, read_ + receive_buffer);
  if (unacknowledged_max) {
    end = std::min<std::uint64_t>(end, acked_ + *unacknowledged_max);
  }
  if (end <= sent_) {
    return {};
  }
  const std::uint64_t begin = sent_;
  sent_ = end;
  return std::string_view(bytes_).substr(head_ + (begin - read_), end - begin);
}

bool Pipe::acknowledge() {
  const bool news = acked_ < arrived_;
  acked_ = arrived_;
  return news;
}

std::string_view Pipe::readable(std::size_t max) const {
  return std::string_view(bytes_).substr(head_, std::min<std::size_t>(unread(), max));
}

void Pipe::consume(std::size_t count) {
  ensure(count <= unread(), "only bytes that have arrived are read");
  read_ += count;
  head_ += count;
  constexpr std::size_t worth_moving = 4'096;
  if (head_ == bytes_.size()) {
    bytes_.clear();
    head_ = 0;
  } else if (head_ >= worth_moving && head_ >= bytes_.size() - head_) {
    bytes_.erase(0, head_);
    head_ = 0;
  }
}

void Pipe::drop_queue() {
  bytes_.resize(bytes_.size() - queued());
  written_ = taken_;
}

void Pipe::drop_unarrived() {
  bytes_.resize(head_ + unread());
  acked_ = sent_ = taken_ = written_ = arrived_;
  segments_.clear();
  next_segment_ = 0;
}

Segment Pipe::pop_segment() {
  const Segment segment = segments_[next_segment_++];
  if (next_segment_ == segments_.size()) {
    segments_.clear();
    next_segment_ = 0;
  }
  return segment;
}

void Pipe::delay_segments(SimTime time) {
  for (std::size_t i = next_segment_; i < segments_.size(); ++i) {
    segments_[i].arrives = std::max(segments_[i].arrives, time);
  }
}

void Pipe::hurry_segments(SimTime time) {
  for (std::size_t i = next_segment_; i < segments_.size(); ++i) {
    segments_[i].arrives = std::min(segments_[i].arrives, time);
  }
}

}  // namespace arbees::sim
