#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ports/transport.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/time.h"

namespace arbees::sim {

struct Channel;

/// How a direction ends, as the receiving side will hear it after the last byte.
struct Farewell {
  CloseReason reason;
  EventId cause;
  bool sent = false;
};

/// What travels on a direction, in order. Only `data` carries bytes.
enum class SegmentKind : std::uint8_t { syn, syn_ack, refusal, data, farewell };

struct Segment {
  SimTime sent;
  SimTime arrives;
  std::uint64_t end;  ///< stream offset behind its last byte
  SegmentKind kind;
};

/// What a pipe needs only while something is in it or on its wire. When it is empty again the next pipe takes
/// it over: of many connections few are busy at one moment, and what those use stays in the cache.
struct PipeBuffer {
  std::string bytes;  ///< [read, written) from `head` on
  std::size_t head = 0;
  std::vector<Segment> segments;  ///< on the wire from `next_segment` on
  std::size_t next_segment = 0;
  /// Since when the oldest unacknowledged byte waits without progress.
  SimTime unacknowledged_since{};

  // Whose it is, for the network.
  AlarmId arrival{};  ///< when the first segment arrives
  Channel* channel = nullptr;
  unsigned side = 0;

  /// Ready for the next pipe. Room for more than most messages need is not kept.
  void clear();
};

/// One direction of a connection: a byte stream with the places its bytes have reached. It knows no
/// clock, no link and no program: only how many bytes may be where. One line of the cache.
///
///   read <= arrived <= sent <= taken <= written,  acked <= arrived
///
/// [read, arrived) fills the receiving kernel, [acked, taken) the sending one; [taken, written) is
/// what the program has queued. All of them are kept in one buffer from writing to reading.
class Pipe {
 public:
  // What is written or put on the wire needs a buffer. It belongs to the network.
  [[nodiscard]] PipeBuffer* buffer() const { return buffer_; }
  void use(PipeBuffer& buffer) { buffer_ = &buffer; }
  /// Whether a buffer has nothing to keep.
  [[nodiscard]] bool idle() const {
    return read_ == written_ && acked_ == written_ && wire_empty();
  }
  void give_back() { buffer_ = nullptr; }

  void write(std::string_view bytes);
  /// The sending kernel takes what it has room for; true if that emptied a queue.
  bool take(std::size_t send_buffer);
  /// Puts everything the windows allow on the wire and returns it; empty if nothing may go.
  std::string_view send(std::size_t receive_buffer, std::optional<std::size_t> unacknowledged_max);
  void arrive(std::uint64_t end) { arrived_ = end; }
  /// The sender learns how far its bytes came; true if that was news.
  bool acknowledge();
  /// What the receiving program may read, at most `max` bytes; `consume` it afterwards.
  [[nodiscard]] std::string_view readable(std::size_t max) const;
  void consume(std::size_t count);
  /// The receiver is gone: what arrives is thrown away.
  void discard_arrived() { consume(unread()); }
  /// The sending program is gone: what its kernel has not taken never leaves.
  void drop_queue();
  /// The sending kernel gives up: what has not arrived never does.
  void drop_unarrived();

  [[nodiscard]] std::size_t queued() const { return written_ - taken_; }
  [[nodiscard]] std::size_t unread() const { return arrived_ - read_; }
  [[nodiscard]] bool unacknowledged() const { return acked_ < taken_; }
  [[nodiscard]] bool all_sent() const { return sent_ == written_; }
  [[nodiscard]] bool waits_to_send() const { return sent_ < taken_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t arrived() const { return arrived_; }

  // The wire itself, first in first out.
  [[nodiscard]] bool wire_empty() const {
    return buffer_ == nullptr || buffer_->next_segment == buffer_->segments.size();
  }
  [[nodiscard]] Segment& first_segment() { return buffer_->segments[buffer_->next_segment]; }
  [[nodiscard]] Segment& last_segment() { return buffer_->segments.back(); }
  void push_segment(const Segment& segment) { buffer_->segments.push_back(segment); }
  Segment pop_segment();
  /// Nothing on the wire arrives before `time`.
  void delay_segments(SimTime time);
  /// Nothing on the wire arrives after `time`.
  void hurry_segments(SimTime time);

  /// What follows the last byte, once the sender has said it.
  std::unique_ptr<Farewell> farewell;
  [[nodiscard]] bool farewell_waits() const { return farewell != nullptr && !farewell->sent; }

 private:
  PipeBuffer* buffer_ = nullptr;
  std::uint64_t read_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace arbees::sim
