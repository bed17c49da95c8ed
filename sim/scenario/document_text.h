#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/scenario/document.h"

// Documents that programs make: scenarios drawn by a swarm, shrunk failures.

namespace arbees::sim {

[[nodiscard]] Value text_value(std::string text);
[[nodiscard]] Value count_value(std::uint64_t count);
[[nodiscard]] Value flag_value(bool flag);
[[nodiscard]] Value list_value(std::vector<Value> items);
[[nodiscard]] Value object_value(std::vector<std::pair<std::string, Value>> members);

/// The member of that key, or null.
[[nodiscard]] Value* find_member(Value& object, std::string_view key);
/// Sets or adds a member; what is new comes last.
void set_member(Value& object, std::string_view key, Value value);
/// Removes a member; false: there was none.
bool erase_member(Value& object, std::string_view key);

/// The document as a person would write it: what fits on a line stands on one, members of the whole each on
/// their own.
[[nodiscard]] std::string document_text(const Value& document);
/// The value on one line.
[[nodiscard]] std::string line_text(const Value& value);

}  // namespace arbees::sim
