#include "sim/scenario/shape.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/settings/decimal.h"
#include "core/settings/nearest_word.h"
#include "sim/scenario/span.h"

namespace arbees::sim {

namespace shapes {
namespace {

ShapePtr make(Shape shape) { return std::make_shared<const Shape>(std::move(shape)); }

}  // namespace

ShapePtr text(std::string what) { return make({Shape::Kind::text, std::move(what)}); }
ShapePtr name(std::string what) { return make({Shape::Kind::name, std::move(what)}); }
ShapePtr number(std::string what) { return make({Shape::Kind::number, std::move(what)}); }
ShapePtr flag() { return make({Shape::Kind::flag, "true or false"}); }
ShapePtr scalar(std::string what) { return make({Shape::Kind::scalar, std::move(what)}); }
ShapePtr span() { return make({Shape::Kind::span, "a span of time"}); }
ShapePtr drawn() { return make({Shape::Kind::drawn, "a span of time"}); }

ShapePtr word(std::string what, std::vector<std::string> words) {
  const std::size_t all = words.size();
  return word(std::move(what), std::move(words), all);
}

ShapePtr word(std::string what, std::vector<std::string> words, std::size_t drawn) {
  ensure(drawn > 0 && drawn <= words.size(), "a word can be drawn");
  Shape shape{Shape::Kind::word, std::move(what), std::move(words)};
  shape.drawn_words = drawn;
  return make(std::move(shape));
}
ShapePtr count(std::string what, std::uint64_t least, std::uint64_t most) {
  return make({Shape::Kind::count, std::move(what), {}, least, most});
}
ShapePtr list(ShapePtr item, std::uint64_t least, std::uint64_t most) {
  return make({Shape::Kind::list, "a list", {}, least, most, std::move(item)});
}
ShapePtr object(std::string what, std::vector<Field> fields) {
  return make({Shape::Kind::object, std::move(what), {}, 0, 0, {}, std::move(fields)});
}
ShapePtr map(std::string what, ShapePtr item) {
  return make({Shape::Kind::map, std::move(what), {}, 0, 0, std::move(item)});
}
ShapePtr choice(std::string what, std::vector<ShapePtr> options) {
  return make({Shape::Kind::choice, std::move(what), {}, 0, 0, {}, {}, std::move(options)});
}
ShapePtr tagged(std::string what, std::vector<ShapePtr> options) {
  return make({Shape::Kind::tagged, std::move(what), {}, 0, 0, {}, {}, std::move(options)});
}
Field required(std::string key, ShapePtr shape, std::string doc) {
  return {std::move(key), std::move(shape), Field::Need::required, std::move(doc)};
}
Field optional(std::string key, ShapePtr shape, std::string doc) {
  return {std::move(key), std::move(shape), Field::Need::optional, std::move(doc)};
}
Field by_hand(std::string key, ShapePtr shape, std::string doc) {
  Field field = optional(std::move(key), std::move(shape), std::move(doc));
  field.drawn = false;
  return field;
}

}  // namespace shapes

namespace {

using Found = std::optional<FileProblem>;

Found problem(const Value& value, const std::string& pointer, std::string text) {
  return FileProblem{value.place, pointer.empty() ? "/" : pointer, std::move(text)};
}

std::string shown(const Value& value) {
  if (value.kind == Value::Kind::text) {
    return in_quotes(value.text);
  }
  if (value.kind == Value::Kind::number) {
    return value.text;
  }
  return std::string(kind_text(value.kind));
}

Found expected(const Value& value, const std::string& pointer, std::string_view what) {
  return problem(value, pointer,
                 shown(value) + " is not what is expected here: " + std::string(what));
}

bool is_name(std::string_view text) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto allowed = [&](char c) { return alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= 64 && alphanumeric(text.front()) &&
         std::ranges::all_of(text, allowed);
}

Found check_text(const Value& value, const Shape& shape, const std::string& pointer) {
  if (value.kind != Value::Kind::text) {
    return expected(value, pointer, shape.what + ", as a text");
  }
  if (shape.kind == Shape::Kind::name && !is_name(value.text)) {
    return expected(
        value, pointer,
        shape.what + ": 1 to 64 letters, digits, - _ and ., with a letter or digit first");
  }
  if (value.text.empty() || value.text.size() > 300) {
    return expected(value, pointer, shape.what + ", 1 to 300 bytes of text");
  }
  return std::nullopt;
}

Found check_word(const Value& value, const Shape& shape, const std::string& pointer) {
  if (value.kind != Value::Kind::text) {
    return expected(value, pointer, shape.what + ", as a text");
  }
  return std::ranges::find(shape.words, value.text) != shape.words.end()
             ? std::nullopt
             : problem(value, pointer, unknown_word(shape.what, value.text, shape.words));
}

Found check_count(const Value& value, const Shape& shape, const std::string& pointer) {
  const auto number =
      value.kind == Value::Kind::number ? parse_count(value.text) : std::optional<std::uint64_t>{};
  if (!number || *number < shape.least || *number > shape.most) {
    return expected(value, pointer,
                    shape.what + ", a whole number from " + std::to_string(shape.least) + " to " +
                        std::to_string(shape.most));
  }
  return std::nullopt;
}

Found check_number(const Value& value, const Shape& shape, const std::string& pointer) {
  const bool good = value.kind == Value::Kind::number && parse_decimal(value.text, seconds{1});
  return good ? std::nullopt
              : expected(value, pointer, shape.what + ", a number such as 0, 12 or 1.5");
}

Found check_span(const Value& value, const Shape& shape, const std::string& pointer) {
  if (value.kind == Value::Kind::text && parse_span(value.text)) {
    return std::nullopt;
  }
  return expected(value, pointer, shape.what + ": " + std::string(span_form));
}

Found check_drawn(const Value& value, const Shape& shape, const std::string& pointer) {
  if (value.kind != Value::Kind::object) {
    const bool parameter = value.kind == Value::Kind::text && value.text.starts_with('$');
    return parameter ? std::nullopt : check_span(value, shape, pointer);
  }
  static const ShapePtr range = shapes::object(
      "a span to be drawn", {shapes::required("between", shapes::list(shapes::span(), 2, 2),
                                              "the shortest and the longest span")});
  if (Found found = check_shape(value, *range, pointer)) {
    return found;
  }
  const Value& ends = *value.find("between");
  if (*parse_span(ends.items[0].text) > *parse_span(ends.items[1].text)) {
    return problem(ends.items[1], pointer_to(pointer_to(pointer, "between"), 1),
                   ends.items[1].text + " is shorter than " + ends.items[0].text +
                       "; the shorter span comes first");
  }
  return std::nullopt;
}

Found check_list(const Value& value, const Shape& shape, const std::string& pointer) {
  if (value.kind != Value::Kind::list) {
    return expected(value, pointer, "a list of " + shape.item->what);
  }
  if (value.items.size() < shape.least || value.items.size() > shape.most) {
    const std::string bounds = shape.least == shape.most ? std::to_string(shape.least)
                                                         : std::to_string(shape.least) + " to " +
                                                               std::to_string(shape.most);
    return problem(value, pointer,
                   "a list of " + std::to_string(value.items.size()) + "; expected " + bounds +
                       " of: " + shape.item->what);
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (Found found = check_shape(value.items[i], *shape.item, pointer_to(pointer, i))) {
      return found;
    }
  }
  return std::nullopt;
}

std::vector<std::string> keys_of(const Shape& shape) {
  std::vector<std::string> keys;
  for (const Field& field : shape.fields) {
    keys.push_back(field.key);
  }
  return keys;
}

Found check_object(const Value& value, const Shape& shape, const std::string& pointer) {
  if (value.kind != Value::Kind::object) {
    return expected(value, pointer, shape.what + ", as an object");
  }
  for (const Value::Member& member : value.members) {
    const auto field = std::ranges::find(shape.fields, member.key, &Field::key);
    if (field == shape.fields.end()) {
      return FileProblem{member.place, pointer_to(pointer, member.key),
                         unknown_word("key", member.key, keys_of(shape))};
    }
    if (Found found = check_shape(member.value, *field->shape, pointer_to(pointer, member.key))) {
      return found;
    }
  }
  for (const Field& field : shape.fields) {
    if (field.need == Field::Need::required && value.find(field.key) == nullptr) {
      return problem(
          value, pointer,
          "the key \"" + field.key + "\" is missing from " + shape.what + ": " + field.doc);
    }
  }
  return std::nullopt;
}

Found check_map(const Value& value, const Shape& shape, const std::string& pointer) {
  if (value.kind != Value::Kind::object) {
    return expected(value, pointer, shape.what + ", as an object");
  }
  for (const Value::Member& member : value.members) {
    if (Found found = check_shape(member.value, *shape.item, pointer_to(pointer, member.key))) {
      return found;
    }
  }
  return std::nullopt;
}

/// Which JSON kind an option is for; none: it takes several.
std::optional<Value::Kind> json_kind(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::text:
    case Shape::Kind::name:
    case Shape::Kind::word:
    case Shape::Kind::span: return Value::Kind::text;
    case Shape::Kind::count:
    case Shape::Kind::number: return Value::Kind::number;
    case Shape::Kind::flag: return Value::Kind::flag;
    case Shape::Kind::list: return Value::Kind::list;
    case Shape::Kind::object:
    case Shape::Kind::map:
    case Shape::Kind::tagged: return Value::Kind::object;
    case Shape::Kind::scalar:
    case Shape::Kind::drawn:
    case Shape::Kind::choice: return std::nullopt;
  }
  return std::nullopt;
}

bool takes(const Shape& option, const Value& value) {
  if (option.kind == Shape::Kind::scalar) {
    return value.kind == Value::Kind::text || value.kind == Value::Kind::number ||
           value.kind == Value::Kind::flag;
  }
  return json_kind(option) == value.kind &&
         (option.kind != Shape::Kind::object || value.find(option.fields.front().key) != nullptr);
}

Found check_choice(const Value& value, const Shape& shape, const std::string& pointer) {
  std::string first_keys;
  for (const ShapePtr& option : shape.options) {
    if (takes(*option, value)) {
      return check_shape(value, *option, pointer);
    }
    if (option->kind == Shape::Kind::object) {
      first_keys += (first_keys.empty() ? "" : ", ") + option->fields.front().key;
    }
  }
  if (value.kind == Value::Kind::object && !first_keys.empty()) {
    return problem(value, pointer, shape.what + " needs one of the keys " + first_keys);
  }
  return expected(value, pointer, shape.what);
}

Found check_tagged(const Value& value, const Shape& shape, const std::string& pointer) {
  const std::string& key = shape.options.front()->fields.front().key;
  if (value.kind != Value::Kind::object) {
    return expected(value, pointer, shape.what + ", as an object");
  }
  const Value* tag = value.find(key);
  if (tag == nullptr) {
    return problem(value, pointer, "the key \"" + key + "\" is missing from " + shape.what);
  }
  std::vector<std::string> words;
  for (const ShapePtr& option : shape.options) {
    words.push_back(option->fields.front().shape->words.front());
    if (tag->kind == Value::Kind::text && tag->text == words.back()) {
      return check_shape(value, *option, pointer);
    }
  }
  if (tag->kind != Value::Kind::text) {
    return expected(*tag, pointer_to(pointer, key), key + ", as a text");
  }
  return problem(*tag, pointer_to(pointer, key), unknown_word(key, tag->text, words));
}

}  // namespace

std::optional<FileProblem> check_shape(const Value& value, const Shape& shape,
                                       const std::string& pointer) {
  switch (shape.kind) {
    case Shape::Kind::text:
    case Shape::Kind::name: return check_text(value, shape, pointer);
    case Shape::Kind::word: return check_word(value, shape, pointer);
    case Shape::Kind::count: return check_count(value, shape, pointer);
    case Shape::Kind::number: return check_number(value, shape, pointer);
    case Shape::Kind::flag:
      return value.kind == Value::Kind::flag ? std::nullopt : expected(value, pointer, shape.what);
    case Shape::Kind::scalar:
      return takes(shape, value) ? std::nullopt
                                 : expected(value, pointer, shape.what + ", as a text or a number");
    case Shape::Kind::span: return check_span(value, shape, pointer);
    case Shape::Kind::drawn: return check_drawn(value, shape, pointer);
    case Shape::Kind::list: return check_list(value, shape, pointer);
    case Shape::Kind::object: return check_object(value, shape, pointer);
    case Shape::Kind::map: return check_map(value, shape, pointer);
    case Shape::Kind::choice: return check_choice(value, shape, pointer);
    case Shape::Kind::tagged: return check_tagged(value, shape, pointer);
  }
  return std::nullopt;
}

std::string unknown_word(std::string_view what, std::string_view given,
                         const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  return "unknown " + std::string(what) + " " + in_quotes(given) + suggestion(given, views);
}

std::string pointer_to(const std::string& parent, std::string_view key) {
  std::string pointer = parent + "/";
  for (const char c : key.substr(0, 80)) {
    if (c == '~' || c == '/') {
      pointer += c == '~' ? "~0" : "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

std::string pointer_to(const std::string& parent, std::size_t index) {
  return parent + "/" + std::to_string(index);
}

}  // namespace arbees::sim
