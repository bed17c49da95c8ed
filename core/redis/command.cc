#include "core/redis/command.h"

#include <array>
#include <charconv>

#include "core/base/assert.h"

namespace arbees::redis {
namespace {

void append_size(std::string& out, char kind, std::size_t size) {
  std::array<char, 20> digits = {};
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), size).ptr;
  out += kind;
  out += std::string_view(digits.data(), end);
  out += "\r\n";
}

}  // namespace

void append_command(std::string& out, std::span<const std::string_view> words) {
  ensure(!words.empty(), "a command has a name");
  append_size(out, '*', words.size());
  for (const std::string_view word : words) {
    append_size(out, '$', word.size());
    out += word;
    out += "\r\n";
  }
}

void append_command(std::string& out, std::initializer_list<std::string_view> words) {
  append_command(out, std::span<const std::string_view>{words.begin(), words.size()});
}

}  // namespace arbees::redis
