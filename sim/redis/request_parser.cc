#include "sim/redis/request_parser.h"

#include <limits>
#include <utility>

#include "sim/redis/integer.h"

namespace arbees::sim::redis {
namespace {

constexpr std::size_t longest_line = 64 * 1024;
constexpr std::int64_t most_arguments = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t longest_argument = 512LL * 1024 * 1024;  // proto-max-bulk-len's default
constexpr std::size_t line_end_size = 2;

}  // namespace

void RequestParser::feed(std::string_view bytes) {
  if (carried_.empty()) {
    window_ = bytes;
  } else {
    carried_ += bytes;
    window_ = carried_;
  }
}

RequestParser::Step RequestParser::next() {
  if (!error_.empty()) {
    return Step::failed;
  }
  while (at_ < window_.size()) {
    if (form_ == Form::undecided) {
      begin_ = at_;
      form_ = window_[at_] == '*' ? Form::array : Form::line;
    }
    const Step step = form_ == Form::array ? next_array() : next_line();
    if (step == Step::failed) {
      return step;
    }
    if (step == Step::incomplete) {
      break;
    }
    form_ = Form::undecided;
    if (!arguments_.empty()) {
      return step;
    }
  }
  carry_over();
  return Step::incomplete;
}

void RequestParser::carry_over() {
  if (form_ == Form::undecided) {
    begin_ = at_;
  }
  if (carried_.empty()) {
    carried_ = window_.substr(begin_);
  } else {
    carried_.erase(0, begin_);
  }
  at_ -= begin_;
  begin_ = 0;
  window_ = carried_;
}

/// Nothing within the limit means the line is too long, however the stream was cut: the real
/// server, which looks after each read, may see a slightly longer line whole and let it pass.
std::optional<std::size_t> RequestParser::find_line_end(char mark) const {
  const std::string_view head = unread().substr(0, longest_line + 1);
  const std::size_t found = head.find(mark);
  if (found == std::string_view::npos || head.substr(0, found).contains('\0')) {
    return std::nullopt;
  }
  return found;
}

RequestParser::Step RequestParser::next_line() {
  const auto end = find_line_end('\n');
  if (!end) {
    return unread().size() > longest_line ? fail("Protocol error: too big inline request")
                                          : Step::incomplete;
  }
  std::string_view line = unread().substr(0, *end);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  auto request = split_inline_request(line);
  if (!request) {
    return fail("Protocol error: unbalanced quotes in request");
  }
  at_ += *end + 1;
  line_ = std::move(*request);
  finish(line_.text, line_.arguments);
  return Step::request;
}

RequestParser::Step RequestParser::next_array() {
  if (!arguments_left_) {
    const Step step = read_count();
    if (step != Step::request) {
      return step;
    }
  }
  while (*arguments_left_ > 0) {
    if (!argument_size_) {
      const Step step = read_argument_size();
      if (step != Step::request) {
        return step;
      }
    }
    if (unread().size() < *argument_size_ + line_end_size) {
      return Step::incomplete;
    }
    slices_.push_back({at_ - begin_, *argument_size_});
    at_ += *argument_size_ + line_end_size;  // not looked at: the real server takes any two bytes
    argument_size_.reset();
    --*arguments_left_;
  }
  arguments_left_.reset();
  finish(window_.substr(begin_), slices_);
  slices_.clear();
  return Step::request;
}

/// Reads "*3\r\n"; `request` stands for "done".
RequestParser::Step RequestParser::read_count() {
  const auto end = find_line_end('\r');
  if (!end) {
    return unread().size() > longest_line ? fail("Protocol error: too big mbulk count string")
                                          : Step::incomplete;
  }
  if (unread().size() < *end + line_end_size) {
    return Step::incomplete;
  }
  const auto count = parse_integer(unread().substr(1, *end - 1));
  if (!count || *count > most_arguments) {
    return fail("Protocol error: invalid multibulk length");
  }
  arguments_left_ = *count;
  at_ += *end + line_end_size;
  return Step::request;
}

/// Reads "$5\r\n"; `request` stands for "done".
RequestParser::Step RequestParser::read_argument_size() {
  const auto end = find_line_end('\r');
  if (!end) {
    return unread().size() > longest_line ? fail("Protocol error: too big bulk count string")
                                          : Step::incomplete;
  }
  if (unread().size() < *end + line_end_size) {
    return Step::incomplete;
  }
  if (unread().front() != '$') {
    return fail(std::string("Protocol error: expected '$', got '") + unread().front() + "'");
  }
  const auto size = parse_integer(unread().substr(1, *end - 1));
  if (!size || *size < 0 || *size > longest_argument) {
    return fail("Protocol error: invalid bulk length");
  }
  argument_size_ = static_cast<std::size_t>(*size);
  at_ += *end + line_end_size;
  return Step::request;
}

RequestParser::Step RequestParser::fail(std::string error) {
  error_ = std::move(error);
  return Step::failed;
}

void RequestParser::finish(std::string_view text, std::span<const Slice> slices) {
  arguments_.clear();
  for (const Slice& slice : slices) {
    arguments_.push_back(text.substr(slice.begin, slice.size));
  }
}

}  // namespace arbees::sim::redis
