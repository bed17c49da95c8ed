#include "sim/redis/resp.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>

namespace arbees::sim::redis {
namespace {

constexpr std::string_view line_end = "\r\n";

template <std::integral Integer>
void append_header(std::string& out, char kind, Integer value) {
  std::array<char, 24> text;  // the kind, 20 characters of a 64-bit number, the line end
  text[0] = kind;
  char* end = std::to_chars(text.data() + 1, text.data() + text.size() - 2, value).ptr;
  end = std::copy(line_end.begin(), line_end.end(), end);
  out.append(text.data(), end);
}

}  // namespace

void append_status(std::string& out, std::string_view text) {
  out += '+';
  out += text;
  out += line_end;
}

void append_error(std::string& out, std::string_view text) {
  text = text.substr(0, text.find_last_not_of("\r\n") + 1);
  out += '-';
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  out += text;
  std::replace_if(
      out.begin() + begin, out.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  out += line_end;
}

void append_integer(std::string& out, std::int64_t value) { append_header(out, ':', value); }

void append_bulk(std::string& out, std::string_view bytes) {
  append_header(out, '$', bytes.size());
  out += bytes;
  out += line_end;
}

void append_null_bulk(std::string& out) { out += "$-1\r\n"; }

void append_null_array(std::string& out) { out += "*-1\r\n"; }

void append_array(std::string& out, std::uint64_t count) { append_header(out, '*', count); }

}  // namespace arbees::sim::redis
