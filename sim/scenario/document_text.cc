#include "sim/scenario/document_text.h"

#include <algorithm>

#include "core/events/json_text.h"

namespace arbees::sim {
namespace {

constexpr std::size_t line_width = 118;

void append_inline(std::string& out, const Value& value);

void append_members(std::string& out, const Value& value) {
  out += '{';
  for (std::size_t i = 0; i < value.members.size(); ++i) {
    out += i == 0 ? "" : ", ";
    append_json_string(out, value.members[i].key);
    out += ": ";
    append_inline(out, value.members[i].value);
  }
  out += '}';
}

void append_inline(std::string& out, const Value& value) {
  switch (value.kind) {
    case Value::Kind::null: out += "null"; break;
    case Value::Kind::flag: out += value.flag ? "true" : "false"; break;
    case Value::Kind::number: out += value.text; break;
    case Value::Kind::text: append_json_string(out, value.text); break;
    case Value::Kind::list:
      out += '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        out += i == 0 ? "" : ", ";
        append_inline(out, value.items[i]);
      }
      out += ']';
      break;
    case Value::Kind::object: append_members(out, value); break;
  }
}

/// Appends a value that begins at `column` of a line indented by `indent`.
void append_value(std::string& out, const Value& value, std::size_t indent, std::size_t column,
                  bool whole) {
  std::string line;
  append_inline(line, value);
  const bool empty = value.items.empty() && value.members.empty();
  const bool list_of_objects = value.kind == Value::Kind::list && value.items.size() > 1 &&
                               value.items.front().kind == Value::Kind::object;
  if (empty || (!whole && !list_of_objects && column + line.size() < line_width)) {
    out += line;
    return;
  }
  const std::string margin(indent + 2, ' ');
  const auto separator = [&](std::size_t i) { return (i == 0 ? "\n" : ",\n") + margin; };
  if (value.kind == Value::Kind::list) {
    out += '[';
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      out += separator(i);
      append_value(out, value.items[i], indent + 2, indent + 2, false);
    }
    out.append("\n").append(indent, ' ').append("]");
    return;
  }
  out += '{';
  for (std::size_t i = 0; i < value.members.size(); ++i) {
    out += separator(i);
    std::string key;
    append_json_string(key, value.members[i].key);
    out += key + ": ";
    append_value(out, value.members[i].value, indent + 2, indent + 4 + key.size(), false);
  }
  out.append("\n").append(indent, ' ').append("}");
}

Value of_kind(Value::Kind kind) {
  Value value;
  value.kind = kind;
  return value;
}

}  // namespace

Value text_value(std::string text) {
  Value value = of_kind(Value::Kind::text);
  value.text = std::move(text);
  return value;
}

Value count_value(std::uint64_t count) {
  Value value = of_kind(Value::Kind::number);
  value.text = std::to_string(count);
  return value;
}

Value flag_value(bool flag) {
  Value value = of_kind(Value::Kind::flag);
  value.flag = flag;
  return value;
}

Value list_value(std::vector<Value> items) {
  Value value = of_kind(Value::Kind::list);
  value.items = std::move(items);
  return value;
}

Value object_value(std::vector<std::pair<std::string, Value>> members) {
  Value value = of_kind(Value::Kind::object);
  for (auto& [key, member] : members) {
    value.members.push_back({std::move(key), {}, std::move(member)});
  }
  return value;
}

Value* find_member(Value& object, std::string_view key) {
  const auto found = std::ranges::find(object.members, key, &Value::Member::key);
  return found == object.members.end() ? nullptr : &found->value;
}

void set_member(Value& object, std::string_view key, Value value) {
  if (Value* member = find_member(object, key)) {
    *member = std::move(value);
  } else {
    object.members.push_back({std::string(key), {}, std::move(value)});
  }
}

bool erase_member(Value& object, std::string_view key) {
  return std::erase_if(object.members,
                       [&](const Value::Member& member) { return member.key == key; }) > 0;
}

std::string line_text(const Value& value) {
  std::string text;
  append_inline(text, value);
  return text;
}

std::string document_text(const Value& document) {
  std::string text;
  append_value(text, document, 0, 0, true);
  return text + "\n";
}

}  // namespace arbees::sim
