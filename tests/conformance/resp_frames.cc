#include "tests/conformance/resp_frames.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>
#include <optional>

namespace arbees::testing {
namespace {

/// The size of the reply at the front; none if it is not all there.
std::optional<std::size_t> reply_size(std::string_view stream) {
  const std::size_t line_end = stream.find("\r\n");
  if (line_end == std::string_view::npos || line_end == 0) {
    return std::nullopt;
  }
  std::size_t size = line_end + 2;
  const char kind = stream.front();
  if (kind != '$' && kind != '*' && kind != '%') {
    return size;
  }
  long long count = 0;
  const auto read = std::from_chars(stream.data() + 1, stream.data() + line_end, count);
  if (read.ec != std::errc()) {
    return std::nullopt;
  }
  if (kind == '$') {
    size += count < 0 ? 0 : static_cast<std::size_t>(count) + 2;
    return size <= stream.size() ? std::optional(size) : std::nullopt;
  }
  for (long long i = 0; i < (kind == '%' ? 2 * count : count); ++i) {
    const auto element = reply_size(stream.substr(size));
    if (!element) {
      return std::nullopt;
    }
    size += *element;
  }
  return size;
}

/// What the replies of one group share, and what of each is sorted within it.
struct Unordered {
  std::string group;  ///< empty: the reply stays where it is
  std::string sorted;
  std::string stays;
};

constexpr std::string_view pmessage_head = "*4\r\n$8\r\npmessage\r\n";
constexpr std::string_view unsubscribe_head = "*3\r\n$11\r\nunsubscribe\r\n";

Unordered unordered_part(std::string_view reply, bool bare_unsubscribe) {
  const bool pmessage = reply.starts_with(pmessage_head);
  const bool unsubscribe = bare_unsubscribe && reply.starts_with(unsubscribe_head);
  if (!pmessage && !unsubscribe) {
    return {"", "", std::string(reply)};
  }
  const std::string_view head = pmessage ? pmessage_head : unsubscribe_head;
  const std::string_view rest = reply.substr(head.size());
  const std::size_t name = reply_size(rest).value_or(rest.size());
  const std::string tail(rest.substr(name));
  return {std::string(head) + (pmessage ? tail : ""), std::string(rest.substr(0, name)), tail};
}

}  // namespace

std::size_t ReplyStream::whole() {
  while (true) {
    const auto size = reply_size(std::string_view(bytes_).substr(measured_));
    if (!size) {
      return ends_.size();
    }
    measured_ += *size;
    ends_.push_back(measured_);
  }
}

std::vector<std::string> ReplyStream::take(std::size_t count) {
  count = std::min(count, whole());
  std::vector<std::string> replies;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    replies.push_back(bytes_.substr(begin, ends_[i] - begin));
    begin = ends_[i];
  }
  bytes_.erase(0, begin);
  measured_ -= begin;
  ends_.erase(ends_.begin(), ends_.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t& end : ends_) {
    end -= begin;
  }
  return replies;
}

std::string join(const std::vector<std::string>& replies) {
  std::string out;
  for (const std::string& reply : replies) {
    out += reply;
  }
  return out;
}

std::string in_print(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::size_t shown = 600;
  std::string text;
  for (const char c : bytes.substr(0, shown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r' || c == '\n') {
      text += c == '\r' ? "\\r" : "\\n";
    } else if (c < ' ' || c > '~') {
      text += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
    } else {
      text += c;
    }
  }
  return text + (bytes.size() > shown ? "..." : "");
}

std::vector<std::string> elements_of(std::string_view array) {
  if (!array.starts_with('*')) {
    return {};
  }
  array.remove_prefix(std::min(array.find("\r\n"), array.size() - 2) + 2);
  return split_replies(array);
}

std::vector<std::string> split_replies(std::string_view stream) {
  std::vector<std::string> replies;
  while (!stream.empty()) {
    const std::size_t size = reply_size(stream).value_or(stream.size());
    replies.emplace_back(stream.substr(0, size));
    stream.remove_prefix(size);
  }
  return replies;
}

std::string without_hash_order(std::string_view stream, bool bare_unsubscribe) {
  std::vector<Unordered> replies;
  for (const std::string& reply : split_replies(stream)) {
    replies.push_back(unordered_part(reply, bare_unsubscribe));
  }
  std::string out;
  for (auto begin = replies.begin(); begin != replies.end();) {
    if (begin->group.empty()) {
      out += begin->stays;
      ++begin;
      continue;
    }
    const auto end = std::find_if(
        begin, replies.end(), [&](const Unordered& reply) { return reply.group != begin->group; });
    std::vector<std::string> names;
    std::transform(begin, end, std::back_inserter(names), std::mem_fn(&Unordered::sorted));
    std::ranges::sort(names);
    out += begin->group;
    for (const std::string& name : names) {
      out += name;
      out += begin->stays;
      ++begin;
    }
  }
  return out;
}

}  // namespace arbees::testing
