#include "core/redis/frame_gate.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace arbees::redis {
namespace {

// Ten to the 15th is far above every limit and far below what overflows.
constexpr std::size_t max_digits = 15;

std::string show(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  if (code > 0x20 && code < 0x7f) {
    return std::string{'\'', byte, '\''};
  }
  static constexpr std::string_view hex = "0123456789abcdef";
  return std::string{"0x"} + hex[code >> 4U] + hex[code & 0xfU];
}

}  // namespace

FrameGate::FrameGate(const FrameLimits& limits) : limits_(limits) {
  ensure(limits.depth <= deepest, "the parser has room for 7 arrays within arrays");
}

FrameGate::Step FrameGate::measure(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    Verdict verdict = Verdict::more;
    if (expect_ == Expect::body) {
      const std::size_t taken = std::min(body_left_, bytes.size() - at);
      at += taken;
      body_left_ -= taken;
      if (body_left_ == 0) {
        expect_ = Expect::body_return;
        verdict = std::exchange(skipping_, false) ? Verdict::skipped : Verdict::more;
      }
    } else {
      verdict = take(bytes[at]);
      ++at;
    }
    if (verdict != Verdict::more) {
      return {verdict, at, verdict == Verdict::skip ? header_bytes_ : 0};
    }
  }
  return {Verdict::more, at, 0};
}

FrameGate::Verdict FrameGate::take(char byte) {
  if (expect_ == Expect::type && depth_ == 0) {
    frame_bytes_ = 0;
    items_begun_ = 0;
    items_announced_ = 1;
    oversized_.clear();
  }
  ++frame_bytes_;
  ++header_bytes_;
  if (frame_bytes_ > limits_.frame_bytes) {
    return refuse_size("a reply", frame_bytes_, limits_.frame_bytes, "bytes or more");
  }
  switch (expect_) {
    case Expect::type: return take_type(byte);
    case Expect::line: return take_line(byte);
    case Expect::length: return take_length(byte);
    case Expect::line_feed:
      return byte == '\n' ? end_item() : refuse("a line broken by a lone carriage return");
    case Expect::length_feed:
      if (byte != '\n') {
        return refuse_byte("a length followed by a carriage return and ", byte);
      }
      return type_ == '*' ? begin_array() : begin_bulk();
    case Expect::body_return: return expect_byte(byte, '\r', Expect::body_feed);
    case Expect::body_feed:
      if (const Verdict wrong = expect_byte(byte, '\n', Expect::type); wrong != Verdict::more) {
        return wrong;
      }
      return end_item();
    case Expect::body: break;
  }
  ensure(false, "bodies are measured in pieces, not byte by byte");
  return Verdict::fault;
}

FrameGate::Verdict FrameGate::take_type(char byte) {
  type_ = byte;
  header_bytes_ = 1;
  ++items_begun_;
  switch (byte) {
    case '+':
    case '-':
    case ':': expect_ = Expect::line; return Verdict::more;
    case '$':
    case '*':
      negative_ = false;
      digits_ = 0;
      length_ = 0;
      expect_ = Expect::length;
      return Verdict::more;
    default: return refuse_byte("a reply that begins with ", byte, "; expected one of + - : $ *");
  }
}

FrameGate::Verdict FrameGate::take_line(char byte) {
  if (byte == '\r') {
    expect_ = Expect::line_feed;
    return Verdict::more;
  }
  if (byte == '\n') {
    return refuse("a line broken by a lone line feed");
  }
  if (header_bytes_ > limits_.line_bytes) {
    return refuse_size("a line", header_bytes_, limits_.line_bytes, "bytes or more");
  }
  return Verdict::more;
}

FrameGate::Verdict FrameGate::take_length(char byte) {
  if (byte >= '0' && byte <= '9') {
    if (digits_ == max_digits || (digits_ == 1 && length_ == 0)) {
      return refuse("a length that is no plain number");
    }
    ++digits_;
    length_ = length_ * 10 + static_cast<std::size_t>(byte - '0');
    return Verdict::more;
  }
  if (byte == '-' && digits_ == 0 && !negative_) {
    negative_ = true;
    return Verdict::more;
  }
  if (byte != '\r') {
    return refuse_byte("a length with ", byte, " in it");
  }
  if (digits_ == 0 || (negative_ && length_ != 1)) {
    return refuse("a length that is neither a number nor -1");
  }
  expect_ = Expect::length_feed;
  return Verdict::more;
}

FrameGate::Verdict FrameGate::begin_array() {
  if (negative_ || length_ == 0) {
    return end_item();
  }
  if (length_ > limits_.items - items_announced_) {
    return refuse_size("an array", length_, limits_.items - items_announced_, "elements");
  }
  if (depth_ == limits_.depth) {
    return refuse_size("a nest", depth_ + 1, limits_.depth, "arrays");
  }
  items_announced_ += length_;
  left_[depth_] = length_;
  ++depth_;
  expect_ = Expect::type;
  return Verdict::more;
}

FrameGate::Verdict FrameGate::begin_bulk() {
  if (negative_) {
    return end_item();
  }
  if (length_ > limits_.frame_bytes - frame_bytes_) {
    return refuse_size("a bulk string", length_, limits_.frame_bytes, "bytes (with its reply)");
  }
  frame_bytes_ += length_;
  body_left_ = length_;
  expect_ = length_ == 0 ? Expect::body_return : Expect::body;
  if (length_ <= limits_.bulk_bytes) {
    return Verdict::more;
  }
  skipping_ = true;
  oversized_.push_back({items_begun_ - 1, length_});
  return Verdict::skip;
}

FrameGate::Verdict FrameGate::end_item() {
  expect_ = Expect::type;
  while (depth_ > 0) {
    if (--left_[depth_ - 1] > 0) {
      return Verdict::more;
    }
    --depth_;
  }
  return Verdict::complete;
}

FrameGate::Verdict FrameGate::expect_byte(char byte, char wanted, Expect then) {
  if (byte != wanted) {
    return refuse_byte("a bulk string that does not end where its length says, but with ", byte);
  }
  expect_ = then;
  return Verdict::more;
}

FrameGate::Verdict FrameGate::refuse(std::string_view what) {
  fault_ = what;
  return Verdict::fault;
}

FrameGate::Verdict FrameGate::refuse_byte(std::string_view before, char byte,
                                          std::string_view after) {
  fault_ = before;
  fault_.append(show(byte)).append(after);
  return Verdict::fault;
}

FrameGate::Verdict FrameGate::refuse_size(std::string_view thing, std::size_t count,
                                          std::size_t limit, std::string_view unit) {
  fault_ = thing;
  fault_.append(" of ").append(std::to_string(count)).append(" ").append(unit);
  fault_.append("; at most ").append(std::to_string(limit)).append(" are accepted");
  return Verdict::fault;
}

}  // namespace arbees::redis
