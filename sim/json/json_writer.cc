#include "sim/json/json_writer.h"

#include <utility>

#include "core/base/assert.h"
#include "core/events/json_text.h"

namespace arbees::sim {

void JsonWriter::open(char bracket, char closing) {
  out_ += bracket;
  closing_.push_back(closing);
  first_ = true;
}

void JsonWriter::close() {
  ensure(!closing_.empty(), "a bracket is open");
  const char bracket = closing_.back();
  closing_.pop_back();
  if (!first_) {
    line();
  }
  first_ = false;
  out_ += bracket;
}

void JsonWriter::item() {
  if (!first_) {
    out_ += ',';
  }
  first_ = false;
  line();
}

void JsonWriter::key(std::string_view name) {
  item();
  append_json_string(out_, name);
  out_ += ": ";
}

void JsonWriter::text(std::string_view value) { append_json_string(out_, value); }

void JsonWriter::member(std::string_view name, std::string_view value) {
  key(name);
  text(value);
}

void JsonWriter::member(std::string_view name, std::uint64_t value) {
  raw_member(name, std::to_string(value));
}

void JsonWriter::raw_member(std::string_view name, std::string_view value) {
  key(name);
  raw(value);
}

void JsonWriter::seed(std::uint64_t value) {
  constexpr std::uint64_t exact_in_a_double = std::uint64_t{1} << 53U;
  if (value < exact_in_a_double) {
    member("seed", value);
  } else {
    member("seed", std::to_string(value));
  }
}

std::string JsonWriter::take() { return std::move(out_) + "\n"; }

void JsonWriter::line() { out_ += "\n" + std::string(closing_.size() * 2, ' '); }

}  // namespace arbees::sim
