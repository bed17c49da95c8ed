#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace arbees::testing {

/// One command as a test means it: its words, and how they are put on the wire.
struct TypedCommand {
  std::vector<std::string> words;
  bool as_line = false;  ///< an inline request instead of an array
};

/// A bare UNSUBSCRIBE gives up channels in hash order.
[[nodiscard]] bool is_bare_unsubscribe(const TypedCommand& command);
[[nodiscard]] std::string encode(const TypedCommand& command);
[[nodiscard]] std::string encode(const std::vector<TypedCommand>& commands);

/// The bytes cut at the places `cuts` name (modulo their number), in one piece if there are none.
[[nodiscard]] std::vector<std::string> cut(const std::string& bytes,
                                           const std::vector<unsigned>& cuts);

std::ostream& operator<<(std::ostream& out, const TypedCommand& command);

}  // namespace arbees::testing
