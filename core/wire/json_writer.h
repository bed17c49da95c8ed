#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"

namespace arbees::wire {

/// Writes one JSON object, member by member, in the order of the calls. Text is escaped and made
/// valid UTF-8; integers above 2^53 must be given as text (RFC 8259 section 6).
class JsonWriter {
 public:
  /// With room for most messages, so that they do not move as they grow.
  JsonWriter() { out_.reserve(512); }

  JsonWriter& member(std::string_view key, std::string_view value);
  JsonWriter& member(std::string_view key, const char* value) {
    return member(key, std::string_view(value));
  }
  JsonWriter& member(std::string_view key, std::uint64_t value);
  JsonWriter& flag(std::string_view key, bool value);
  JsonWriter& null(std::string_view key);
  /// The text, or null if it is empty.
  JsonWriter& text_or_null(std::string_view key, std::string_view value);
  JsonWriter& begin_object(std::string_view key);
  JsonWriter& begin_array(std::string_view key);
  /// An object that is an element of the array just begun.
  JsonWriter& begin_element();
  JsonWriter& element(std::string_view value);
  JsonWriter& element(std::uint64_t value);
  JsonWriter& end_object();
  JsonWriter& end_array();
  /// What was written so far.
  [[nodiscard]] std::size_t size() const { return out_.size(); }

  template <class Tag>
  JsonWriter& member(std::string_view key, const Name<Tag>& value) {
    return member(key, value.str());
  }
  template <class Tag>
  JsonWriter& member(std::string_view key, Number<Tag> value) {
    return member(key, value.value());
  }
  /// Nothing at all for "none": an absent optional field.
  template <class Tag>
  JsonWriter& member_if_any(std::string_view key, Number<Tag> value) {
    return value.none() ? *this : member(key, value.value());
  }

  /// The whole object.
  [[nodiscard]] std::string finish();

 private:
  void key(std::string_view key);
  void separate();

  std::string out_ = "{";
  bool first_ = true;
};

}  // namespace arbees::wire
