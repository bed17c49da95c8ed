#include <istream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/report/event_file.h"

namespace arbees::sim {
namespace {

using nlohmann::json;

/// Milliseconds as the file writes them, exact: an optional sign, digits, at most six decimals.
std::optional<Duration> exact_milliseconds(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative)
    text.remove_prefix(1);
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  std::uint64_t ns = 0;
  int decimals = -1;  // digits after the point; -1 before it
  for (const char c : text) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9' || decimals == 6 || ns > largest / 10 + 1) {
      return std::nullopt;
    }
    if (decimals >= 0)
      ++decimals;
    ns = ns * 10 + static_cast<std::uint64_t>(c - '0');
  }
  for (int i = decimals < 0 ? 0 : decimals; i < 6; ++i) {
    if (ns > largest / 10 + 1)
      return std::nullopt;
    ns *= 10;
  }
  if (ns > largest + (negative ? 1 : 0))
    return std::nullopt;
  return Duration(static_cast<std::int64_t>(negative ? std::uint64_t{0} - ns : ns));
}

Severity severity_of(std::string_view text) {
  for (const Severity severity : {Severity::debug, Severity::warning, Severity::critical}) {
    if (text == to_string(severity))
      return severity;
  }
  return Severity::info;
}

/// Which kind of line it was.
enum class LineKind : std::uint8_t { event, header, end };

/// Fills a `RecordedEvent` as the parser walks over a line, without a tree: files have many lines.
/// What it does not know, it passes over.
class LineReader final : public nlohmann::json_sax<json> {
 public:
  [[nodiscard]] LineKind kind() const { return kind_; }
  [[nodiscard]] bool has_time() const { return has_time_; }
  [[nodiscard]] std::size_t error_column() const { return error_column_; }
  RecordedEvent event;

  bool null() override { return true; }
  bool boolean(bool value) override {
    if (at_field()) {
      put(value);
    } else if (in_list()) {
      list_.emplace_back(value ? "true" : "false");
    }
    return true;
  }
  bool number_integer(std::int64_t value) override {
    return number(value, std::to_string(value), std::nullopt);
  }
  bool number_unsigned(std::uint64_t value) override {
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    const std::int64_t narrow = static_cast<std::int64_t>(std::min(value, largest));
    return number(narrow, std::to_string(value), value);
  }
  bool number_float(double /*value*/, const std::string& text) override {
    return number(std::nullopt, text, std::nullopt);
  }
  bool string(std::string& value) override {
    if (at_field()) {
      put(std::move(value));
    } else if (in_list()) {
      list_.push_back(std::move(value));
    } else if (depth_ == 1) {
      if (key_ == "node")
        event.node = std::move(value);
      if (key_ == "event")
        event.event = std::move(value);
      if (key_ == "severity")
        event.severity = severity_of(value);
    }
    return true;
  }
  bool binary(json::binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*elements*/) override {
    ++depth_;
    if (depth_ == 2)
      in_fields_ = key_ == "fields";
    return true;
  }
  bool end_object() override {
    if (--depth_ == 1)
      in_fields_ = false;
    return true;
  }
  bool start_array(std::size_t /*elements*/) override {
    ++depth_;
    if (in_list())
      list_.clear();
    return true;
  }
  bool end_array() override {
    if (in_list())
      event.fields.push_back({key_, std::move(list_)});
    --depth_;
    return true;
  }
  bool key(std::string& name) override {
    if (depth_ == 1 && name == "schema")
      kind_ = LineKind::header;
    if (depth_ == 1 && name == "end")
      kind_ = LineKind::end;
    if (depth_ == 1 || (depth_ == 2 && in_fields_))
      key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const json::exception& /*error*/) override {
    error_column_ = position;
    return false;
  }

 private:
  [[nodiscard]] bool at_field() const { return depth_ == 2 && in_fields_; }
  [[nodiscard]] bool in_list() const { return depth_ == 3 && in_fields_; }

  void put(FieldValue value) { event.fields.push_back({key_, std::move(value)}); }

  void put_named(std::string_view unit, FieldValue value) {
    event.fields.push_back({key_.substr(0, key_.size() - unit.size()), std::move(value)});
  }

  /// `integer` if it is one, `text` as written, `count` if it is not negative.
  bool number(std::optional<std::int64_t> integer, const std::string& text,
              std::optional<std::uint64_t> count) {
    if (in_list()) {
      list_.push_back(text);
    } else if (at_field()) {
      field_number(integer, text, count);
    } else if (depth_ == 1 && integer) {
      if (key_ == "id" && count)
        event.id = EventId(*count);
      if (key_ == "cause" && count)
        event.cause = EventId(*count);
      if (key_ == "node_ns")
        event.node_ns = *integer;
      if (key_ == "t_ns")
        event.t_ns = *integer, has_time_ = true;
    }
    return true;
  }

  void field_number(std::optional<std::int64_t> integer, const std::string& text,
                    std::optional<std::uint64_t> count) {
    if (key_.ends_with("_ms")) {
      if (const auto duration = exact_milliseconds(text))
        return put_named("_ms", *duration);
    }
    if (key_.ends_with("_ns") && integer) {
      return put_named("_ns", MonoTime(Duration(*integer)));
    }
    if (count)
      return put(*count);
    put(text);
  }

  LineKind kind_ = LineKind::event;
  std::size_t depth_ = 0;
  std::size_t error_column_ = 0;
  std::string key_;
  bool in_fields_ = false;
  bool has_time_ = false;
  std::vector<std::string> list_;
};

std::string text_member(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <class Integer>
Integer integer_member(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<Integer>() : Integer{};
}

/// The elements of a list that are objects.
std::vector<json> object_members(const json& object, std::string_view name) {
  std::vector<json> members;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array())
    return members;
  for (const json& member : *found) {
    if (member.is_object())
      members.push_back(member);
  }
  return members;
}

std::expected<EventFileHeader, std::string> header_of(const std::string& line) {
  const auto object = nlohmann::ordered_json::parse(line, nullptr, false);
  EventFileHeader header;
  std::uint64_t version = 0;
  std::string schema;
  for (const auto& [name, value] : object.items()) {
    if (name == "schema" && value.is_string()) {
      schema = value;
    } else if (name == "schema_version" && value.is_number_unsigned()) {
      version = value;
    } else if (name == "clock") {
      header.clock = value == "wall" ? FileClock::wall : FileClock::virtual_time;
    } else if (name == "program" && value.is_string()) {
      header.program = value;
    } else if (name == "build" && value.is_string()) {
      header.build = value;
    } else if (value.is_number_unsigned()) {
      header.more.emplace_back(name, value.get<std::uint64_t>());
    } else if (value.is_string()) {
      header.more.emplace_back(name, value.get<std::string>());
    }
  }
  if (schema != event_file_schema) {
    return std::unexpected("\"schema\" must be \"" + std::string(event_file_schema) + "\"");
  }
  if (version == 0 || version > event_file_version) {
    return std::unexpected("\"schema_version\" " + std::to_string(version) +
                           " cannot be read here, only 1 to " + std::to_string(event_file_version) +
                           ": use the version of the program that wrote the file, or a newer one");
  }
  return header;
}

EventFileEnd end_of(const std::string& line) {
  const json object = json::parse(line, nullptr, false);
  EventFileEnd end;
  const auto found = object.find("end");
  if (found == object.end() || !found->is_object())
    return end;
  end.digest = text_member(*found, "digest");
  end.verdict = text_member(*found, "verdict");
  for (const json& one : object_members(*found, "violations")) {
    end.violations.push_back({text_member(one, "invariant"),
                              integer_member<std::int64_t>(one, "t_ns"), text_member(one, "text"),
                              EventId(integer_member<std::uint64_t>(one, "event"))});
  }
  for (const json& one : object_members(*found, "expectations")) {
    end.expectations.push_back({text_member(one, "text"), text_member(one, "status")});
  }
  return end;
}

/// Collects the lines of one stream; each header begins a part of its own.
class FileReader {
 public:
  explicit FileReader(std::string_view name) : name_(name) {}

  /// Takes the next line; the text of the error, if there is one, names it.
  std::expected<void, std::string> take(const std::string& line) {
    ++number_;
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      return {};
    LineReader reader;
    if (!json::sax_parse(line, &reader)) {
      return error("not JSON at column " + std::to_string(reader.error_column()) +
                   "; each line must be one object like {\"id\":1,\"t_ns\":0,\"event\":\"...\"}");
    }
    if (reader.kind() == LineKind::header)
      return take_header(line);
    if (parts_.empty()) {
      return error(
          "not an event file: the first line must be {\"schema\":\"arbees.events\","
          "\"schema_version\":1,...}");
    }
    if (reader.kind() == LineKind::end) {
      parts_.back().end = end_of(line);
      return {};
    }
    if (reader.event.event.empty())
      return error("an event without its name: expected \"event\"");
    if (!reader.has_time())
      return error("an event without a time: expected \"t_ns\"");
    parts_.back().events.push_back(std::move(reader.event));
    return {};
  }

  void warn(std::string text) { warnings_.push_back(std::move(text)); }

  std::expected<EventFile, std::string> finish() {
    if (parts_.empty()) {
      return std::unexpected(std::string(name_) + ": empty, expected an event file");
    }
    EventFile file = merge_event_files(std::move(parts_));
    for (std::string& warning : warnings_)
      file.warnings.push_back(std::move(warning));
    return file;
  }

 private:
  std::expected<void, std::string> take_header(const std::string& line) {
    auto header = header_of(line);
    if (!header)
      return error(header.error());
    parts_.emplace_back().header = std::move(*header);
    return {};
  }

  std::unexpected<std::string> error(const std::string& text) const {
    return std::unexpected(std::string(name_) + ":" + std::to_string(number_) + ": " + text);
  }

  std::string_view name_;
  std::size_t number_ = 0;
  std::vector<EventFile> parts_;
  std::vector<std::string> warnings_;
};

}  // namespace

std::expected<EventFile, std::string> read_event_file(std::istream& in, std::string_view name) {
  FileReader reader(name);
  std::string line;
  bool any_event = false;
  while (std::getline(in, line)) {
    const bool torn = in.eof();  // no line end: the writer was ended in the middle
    if (const auto taken = reader.take(line); !taken) {
      if (!torn || !any_event)
        return std::unexpected(taken.error());
      reader.warn(taken.error() + " (the last line is torn and left out)");
    }
    any_event = true;
  }
  return reader.finish();
}

}  // namespace arbees::sim
