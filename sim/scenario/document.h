#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace arbees::sim {

/// Where something stands in a file; both count from 1, columns in bytes.
struct Place {
  std::size_t line = 1;
  std::size_t column = 1;
};

/// Why a file cannot be used: one sentence that says what is wrong and what would be right.
struct FileProblem {
  Place place;
  std::string pointer;  ///< JSON pointer (RFC 6901) of what is meant; empty for syntax
  std::string text;
};

/// "scenarios/x.json:12:7: /faults/0/at: …"
[[nodiscard]] std::string problem_text(std::string_view file, const FileProblem& problem);

/// A JSON value that knows where it stands.
struct Value {
  enum class Kind : std::uint8_t { null, flag, number, text, list, object };
  struct Member;

  Kind kind = Kind::null;
  Place place;  ///< of its first byte
  bool flag = false;
  std::string text;             ///< a text, or a number as digits
  std::vector<Value> items;     ///< of a list
  std::vector<Member> members;  ///< of an object, in the order of the file; no key twice

  /// The member of that key, or null.
  [[nodiscard]] const Value* find(std::string_view key) const;
};

struct Value::Member {
  std::string key;
  Place place;
  Value value;
};

/// What a value of this kind is called in messages: "a text", "a list".
[[nodiscard]] std::string_view kind_text(Value::Kind kind);

inline constexpr std::size_t longest_document = 1U << 20U;
inline constexpr std::size_t deepest_nesting = 32;

/// Reads JSON with // and /* */ comments. Refuses what a person cannot have meant: a key twice in one
/// object, more than `deepest_nesting` brackets, more than `longest_document` bytes, other than UTF-8.
[[nodiscard]] std::expected<Value, FileProblem> parse_document(std::string_view text);

/// `text` for a message, in quotes: shortened, and nothing in it that a terminal would follow.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace arbees::sim
