#include "tests/conformance/requests.h"

#include <array>
#include <ostream>
#include <set>
#include <string_view>

namespace arbees::testing {
namespace {

/// Everything but letters and digits is escaped: what each escape means is for the fixed cases.
std::string in_quotes(std::string_view word) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
      out += c;
    } else {
      out += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return out + "\"";
}

}  // namespace

bool is_bare_unsubscribe(const TypedCommand& command) {
  if (command.words.size() != 1) {
    return false;
  }
  std::string name = command.words.front();
  for (char& c : name) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return name == "unsubscribe";
}

std::string encode(const TypedCommand& command) {
  std::string out;
  if (command.as_line) {
    for (const std::string& word : command.words) {
      out += in_quotes(word);
      out += ' ';
    }
    return out + "\r\n";
  }
  out = "*" + std::to_string(command.words.size()) + "\r\n";
  for (const std::string& word : command.words) {
    out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return out;
}

std::string encode(const std::vector<TypedCommand>& commands) {
  std::string out;
  for (const TypedCommand& command : commands) {
    out += encode(command);
  }
  return out;
}

std::vector<std::string> cut(const std::string& bytes, const std::vector<unsigned>& cuts) {
  std::set<std::size_t> places{0};
  if (bytes.empty()) {
    return {};
  }
  for (const unsigned place : cuts) {
    places.insert(place % bytes.size());
  }
  std::vector<std::string> pieces;
  for (auto begin = places.begin(); begin != places.end(); ++begin) {
    const auto end = std::next(begin);
    const std::size_t size = (end == places.end() ? bytes.size() : *end) - *begin;
    pieces.push_back(bytes.substr(*begin, size));
  }
  return pieces;
}

std::ostream& operator<<(std::ostream& out, const TypedCommand& command) {
  out << (command.as_line ? "line:" : "array:");
  for (const std::string& word : command.words) {
    out << ' ' << in_quotes(word);
  }
  return out;
}

}  // namespace arbees::testing
