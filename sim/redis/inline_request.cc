#include "sim/redis/inline_request.h"

#include <algorithm>

namespace arbees::sim::redis {
namespace {

constexpr std::string_view blanks = " \t\n\v\f\r";
constexpr std::string_view word_ends = " \n\r\t";  // \v and \f part words only where a quote ended

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<unsigned>(c - '0');
  }
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') {
    return static_cast<unsigned>(lower - 'a') + 10;
  }
  return std::nullopt;
}

char unescaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

/// Each takes from the front of `rest` the inside of a quote, with its closing mark; false: none
/// came.
bool take_double_quoted(std::string_view& rest, std::string& out) {
  while (!rest.empty()) {
    const char c = rest[0];
    if (c == '"') {
      rest.remove_prefix(1);
      return true;
    }
    if (c == '\\' && rest.size() >= 4 && rest[1] == 'x') {
      const auto high = hex_digit(rest[2]);
      const auto low = hex_digit(rest[3]);
      if (high && low) {
        out += static_cast<char>(*high * 16 + *low);
        rest.remove_prefix(4);
        continue;
      }
    }
    const bool escape = c == '\\' && rest.size() >= 2;
    out += escape ? unescaped(rest[1]) : c;
    rest.remove_prefix(escape ? 2 : 1);
  }
  return false;
}

bool take_single_quoted(std::string_view& rest, std::string& out) {
  while (!rest.empty()) {
    if (rest[0] == '\'') {
      rest.remove_prefix(1);
      return true;
    }
    const bool escape = rest.starts_with("\\'");
    out += escape ? '\'' : rest[0];
    rest.remove_prefix(escape ? 2 : 1);
  }
  return false;
}

/// One argument; `rest` does not begin with a blank. False: unbalanced quotes.
bool take_argument(std::string_view& rest, std::string& out) {
  while (!rest.empty() && !word_ends.contains(rest[0])) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c != '"' && c != '\'') {
      out += c;
      continue;
    }
    const bool closed = c == '"' ? take_double_quoted(rest, out) : take_single_quoted(rest, out);
    return closed && (rest.empty() || blanks.contains(rest[0]));
  }
  return true;
}

}  // namespace

std::optional<InlineRequest> split_inline_request(std::string_view line) {
  InlineRequest request;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    if (line.empty()) {
      return request;
    }
    const std::size_t begin = request.text.size();
    if (!take_argument(line, request.text)) {
      return std::nullopt;
    }
    request.arguments.push_back({begin, request.text.size() - begin});
  }
}

}  // namespace arbees::sim::redis
