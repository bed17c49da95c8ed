#include "sim/scenario/document.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/events/event_text.h"
#include "core/events/json_text.h"

namespace arbees::sim {
namespace {

using Json = nlohmann::json;

Place place_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_start = before.rfind('\n');
  const auto lines = static_cast<std::size_t>(std::ranges::count(before, '\n'));
  return {lines + 1,
          line_start == std::string_view::npos ? before.size() + 1 : before.size() - line_start};
}

/// Reads bytes and says how far reading has come: the parser itself does not tell where a value stands.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *furthest_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }

 private:
  const char* at_;
  const char** furthest_;
};

/// Builds the tree from the parser's calls. A call that returns false ends the parsing.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, const char* const& furthest)
      : text_(text), furthest_(furthest) {}

  bool null() { return add({}, end() - std::string_view("null").size()); }
  bool boolean(bool flag) {
    Value value;
    value.kind = Value::Kind::flag;
    value.flag = flag;
    return add(std::move(value), end() - std::string_view(flag ? "true" : "false").size());
  }
  bool number_integer(Json::number_integer_t number) { return add_number(std::to_string(number)); }
  bool number_unsigned(Json::number_unsigned_t number) {
    return add_number(std::to_string(number));
  }
  bool number_float(Json::number_float_t, const std::string& digits) { return add_number(digits); }
  bool string(std::string& text) {
    Value value;
    value.kind = Value::Kind::text;
    value.text = std::move(text);
    return add(std::move(value), opening_quote());
  }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Value::Kind::object); }
  bool start_array(std::size_t) { return open(Value::Kind::list); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& key) {
    Value& object = *open_.back();
    const Place place = place_of(text_, opening_quote());
    const auto same = std::ranges::find(object.members, key, &Value::Member::key);
    if (same != object.members.end()) {
      problem_ = {place,
                  {},
                  "the key " + in_quotes(key) + " stands twice in one object, first in line " +
                      std::to_string(same->place.line) + "; keep one of them"};
      return false;
    }
    object.members.push_back({std::move(key), place, {}});
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) {
    // What the parser says begins with its own name and place: "[…] parse error at line 1, column 2: ".
    std::string_view what = error.what();
    if (const std::size_t column = what.find("column "); column != std::string_view::npos) {
      const std::size_t colon = what.find(": ", column);
      what = colon == std::string_view::npos ? what : what.substr(colon + 2);
    }
    std::string text = "not JSON: ";
    append_visible(text, what, Charset::utf8);
    problem_ = {place_of(text_, position == 0 ? 0 : position - 1), {}, std::move(text)};
    return false;
  }

  std::expected<Value, FileProblem> take() {
    if (problem_) {
      return std::unexpected(std::move(*problem_));
    }
    return std::move(root_);
  }

 private:
  /// Behind the last byte that was read.
  std::size_t end() const { return static_cast<std::size_t>(furthest_ - text_.data()); }

  /// Of the string that was read last: the nearest quote before its end that is not escaped.
  std::size_t opening_quote() const {
    std::size_t at = end() - 1;
    for (bool escaped = true; escaped;) {
      at = text_.rfind('"', at - 1);
      const std::size_t before = text_.substr(0, at).find_last_not_of('\\');
      escaped = (at - (before == std::string_view::npos ? 0 : before + 1)) % 2 == 1;
    }
    return at;
  }

  bool add_number(std::string digits) {
    Value value;
    value.kind = Value::Kind::number;
    value.text = std::move(digits);
    // One byte more was read to see where the number ends, unless it ends the text.
    const std::size_t before = text_.substr(0, end() - 1).find_last_not_of("0123456789+-.eE");
    return add(std::move(value), before == std::string_view::npos ? 0 : before + 1);
  }

  Value* put(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Value& parent = *open_.back();
    if (parent.kind == Value::Kind::list) {
      return &parent.items.emplace_back(std::move(value));
    }
    parent.members.back().value = std::move(value);
    return &parent.members.back().value;
  }

  bool add(Value value, std::size_t start) {
    value.place = place_of(text_, start);
    put(std::move(value));
    return true;
  }

  bool open(Value::Kind kind) {
    if (open_.size() == deepest_nesting) {
      problem_ = {place_of(text_, end() - 1),
                  {},
                  "brackets nested deeper than " + std::to_string(deepest_nesting) +
                      "; no scenario needs more than ten"};
      return false;
    }
    Value value;
    value.kind = kind;
    value.place = place_of(text_, end() - 1);
    open_.push_back(put(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  const char* const& furthest_;
  Value root_;
  std::vector<Value*> open_;  ///< the last child of a parent, which is not changed while it is open
  std::optional<FileProblem> problem_;
};

std::optional<FileProblem> not_text(std::string_view text) {
  if (text.size() > longest_document) {
    return FileProblem{{},
                       {},
                       "the file has " + std::to_string(text.size()) +
                           " bytes; a scenario has at most " + std::to_string(longest_document)};
  }
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text[at] == '\0' ? 0 : utf8_length(text.substr(at));
    if (length == 0) {
      return FileProblem{
          place_of(text, at), {}, "this byte is not part of a text in UTF-8; expected a JSON file"};
    }
    at += length;
  }
  return std::nullopt;
}

}  // namespace

std::string problem_text(std::string_view file, const FileProblem& problem) {
  std::string text = std::string(file) + ":" + std::to_string(problem.place.line) + ":" +
                     std::to_string(problem.place.column) + ": ";
  if (!problem.pointer.empty()) {
    append_visible(text, problem.pointer, Charset::utf8);
    text += ": ";
  }
  return text + problem.text;
}

std::string_view kind_text(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::null: return "null";
    case Value::Kind::flag: return "true or false";
    case Value::Kind::number: return "a number";
    case Value::Kind::text: return "a text";
    case Value::Kind::list: return "a list";
    case Value::Kind::object: return "an object";
  }
  return "nothing known";
}

const Value* Value::find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &found->value;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string out = "\"";
  append_visible(out, text.substr(0, longest), Charset::ascii);
  return out + (text.size() > longest ? "...\"" : "\"");
}

std::expected<Value, FileProblem> parse_document(std::string_view text) {
  if (auto problem = not_text(text)) {
    return std::unexpected(std::move(*problem));
  }
  const char* furthest = text.data();
  TreeBuilder builder(text, furthest);
  const CountingIterator begin(text.data(), &furthest);
  const CountingIterator end(text.data() + text.size(), &furthest);
  constexpr bool strict = true;
  constexpr bool ignore_comments = true;
  Json::sax_parse(begin, end, &builder, nlohmann::detail::input_format_t::json, strict,
                  ignore_comments);
  return builder.take();
}

}  // namespace arbees::sim
