#include "sim/net/pipe.h"

#include <algorithm>

#include "core/base/assert.h"

namespace arbees::sim {

void PipeBuffer::clear() {
  constexpr std::size_t worth_keeping = 16U << 10U;
  bytes.clear();
  if (bytes.capacity() > worth_keeping) {
    bytes.shrink_to_fit();
  }
  head = 0;
  segments.clear();
  next_segment = 0;
}

void Pipe::write(std::string_view bytes) {
  buffer_->bytes.append(bytes);
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
  return std::string_view(buffer_->bytes).substr(buffer_->head + (begin - read_), end - begin);
}

bool Pipe::acknowledge() {
  const bool news = acked_ < arrived_;
  acked_ = arrived_;
  return news;
}

std::string_view Pipe::readable(std::size_t max) const {
  if (unread() == 0) {
    return {};
  }
  return std::string_view(buffer_->bytes).substr(buffer_->head, std::min(unread(), max));
}

void Pipe::consume(std::size_t count) {
  ensure(count <= unread(), "only bytes that have arrived are read");
  if (count == 0) {
    return;
  }
  read_ += count;
  std::string& bytes = buffer_->bytes;
  std::size_t& head = buffer_->head;
  head += count;
  constexpr std::size_t worth_moving = 4'096;
  if (head == bytes.size()) {
    bytes.clear();
    head = 0;
  } else if (head >= worth_moving && head >= bytes.size() - head) {
    bytes.erase(0, head);
    head = 0;
  }
}

void Pipe::drop_queue() {
  if (queued() > 0) {
    buffer_->bytes.resize(buffer_->bytes.size() - queued());
    written_ = taken_;
  }
}

void Pipe::drop_unarrived() {
  if (buffer_ != nullptr) {
    buffer_->bytes.resize(buffer_->head + unread());
    buffer_->segments.clear();
    buffer_->next_segment = 0;
  }
  acked_ = sent_ = taken_ = written_ = arrived_;
}

Segment Pipe::pop_segment() {
  std::vector<Segment>& segments = buffer_->segments;
  std::size_t& next = buffer_->next_segment;
  const Segment segment = segments[next++];
  constexpr std::size_t worth_moving = 64;
  if (next == segments.size()) {
    segments.clear();
    next = 0;
  } else if (next >= worth_moving && next >= segments.size() - next) {
    segments.erase(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(next));
    next = 0;
  }
  return segment;
}

void Pipe::delay_segments(SimTime time) {
  for (std::size_t i = buffer_->next_segment; i < buffer_->segments.size(); ++i) {
    Segment& segment = buffer_->segments[i];
    segment.arrives = std::max(segment.arrives, time);
  }
}

void Pipe::hurry_segments(SimTime time) {
  for (std::size_t i = buffer_->next_segment; i < buffer_->segments.size(); ++i) {
    Segment& segment = buffer_->segments[i];
    segment.arrives = std::min(segment.arrives, time);
  }
}

}  // namespace arbees::sim
