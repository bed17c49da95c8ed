#include "core/events/event_json.h"

#include "core/events/json_text.h"

namespace arbees {

// Written as text, not through a JSON library: a recorded run makes some 20,000 lines, and a value
// tree per line would cost more than the run. The escaper is tested against nlohmann's.

void JsonFields::key(std::string_view field, std::string_view unit) {
  if (!first_)
    out_ += ',';
  first_ = false;
  // Field names are identifiers in the code: nothing in them needs escaping.
  out_ += '"';
  out_ += field;
  out_ += unit;
  out_ += "\":";
}

void JsonFields::text(std::string_view field, std::string_view value) {
  key(field, "");
  append_json_string(out_, value);
}

void JsonFields::count(std::string_view field, std::uint64_t value) {
  key(field, "");
  if (value > largest_json_integer) {
    append_json_string(out_, std::to_string(value));
  } else {
    out_ += std::to_string(value);
  }
}

void JsonFields::flag(std::string_view field, bool value) {
  key(field, "");
  out_ += value ? "true" : "false";
}

void JsonFields::duration(std::string_view field, Duration value) {
  key(field, "_ms");
  append_json_milliseconds(out_, value);
}

void JsonFields::moment(std::string_view field, MonoTime value) {
  key(field, "_ns");
  out_ += std::to_string(value.time_since_epoch().count());
}

void JsonFields::texts(std::string_view field, std::span<const std::string_view> values) {
  key(field, "");
  out_ += '[';
  bool first = true;
  for (const std::string_view value : values) {
    if (!first)
      out_ += ',';
    first = false;
    append_json_string(out_, value);
  }
  out_ += ']';
}

void begin_event_json(std::string& out, const EventLine& line) {
  out += "{\"id\":";
  out += std::to_string(line.id.value());
  if (!line.cause.none()) {
    out += ",\"cause\":";
    out += std::to_string(line.cause.value());
  }
  out += ",\"t_ns\":";
  out += std::to_string(line.t_ns);
  out += ",\"node\":";
  append_json_string(out, line.node);
  out += ",\"node_ns\":";
  out += std::to_string(line.node_ns);
  out += ",\"event\":";
  append_json_string(out, line.event);
  out += ",\"severity\":\"";
  out += to_string(line.severity);
  out += "\",\"fields\":{";
}

void end_event_json(std::string& out) { out += "}}"; }

void append_event_json(std::string& out, const Envelope& envelope, std::int64_t t_ns) {
  begin_event_json(out, {.id = envelope.id,
                         .cause = envelope.cause,
                         .t_ns = t_ns,
                         .node = envelope.node,
                         .node_ns = envelope.node_time.time_since_epoch().count(),
                         .event = envelope.event.name(),
                         .severity = envelope.event.type().severity});
  JsonFields fields(out);
  envelope.event.visit(fields);
  end_event_json(out);
}

std::string_view to_string(FileClock clock) {
  return clock == FileClock::virtual_time ? "virtual" : "wall";
}

void append_header_json(std::string& out, const EventFileHeader& header) {
  out += '{';
  JsonFields fields(out);
  fields.text("schema", event_file_schema);
  fields.count("schema_version", event_file_version);
  fields.text("clock", to_string(header.clock));
  fields.text("program", header.program);
  fields.text("build", header.build);
  for (const auto& [name, value] : header.more) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      fields.text(name, *text);
    } else {
      fields.count(name, std::get<std::uint64_t>(value));
    }
  }
  out += '}';
}

}  // namespace arbees
