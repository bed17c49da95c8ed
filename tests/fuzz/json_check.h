#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "core/base/assert.h"

namespace arbees::fuzz {

/// The message as nlohmann's document; a discarded value where it is no JSON. Our readers have no document:
/// what they say is compared with this one.
struct Document {
  nlohmann::json json;
  std::set<std::string> repeated;  ///< members of the message that come more than once
};

inline Document document(std::string_view message) {
  Document document;
  std::set<std::string> keys;
  const auto note = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (event == nlohmann::json::parse_event_t::key && depth == 1 &&
        !keys.insert(parsed.get<std::string>()).second) {
      document.repeated.insert(parsed.get<std::string>());
    }
    return true;
  };
  document.json = nlohmann::json::parse(message, note, false);
  return document;
}

/// Whatever a reader takes is an object; what it refuses as "not JSON" is none.
inline void check_outcome(const Document& document, bool taken, std::string_view error) {
  ensure(!taken || document.json.is_object(), "only JSON objects are messages");
  ensure(taken || !error.empty(), "a refusal says why");
  ensure(taken || document.json.is_discarded() || !error.starts_with("not JSON"),
         "what is JSON is not refused as if it were none");
}

/// Whether the message has text there, and not an empty one: where it has none another member may count.
inline bool says(const Document& document, const char* key) {
  const auto found = document.json.find(key);
  return found != document.json.end() && found->is_string() &&
         !found->get_ref<const std::string&>().empty();
}

/// A text that was read must be the document's, where that has text there.
inline void check_text(const nlohmann::json& object, const char* key, std::string_view ours) {
  const auto found = object.find(key);
  ensure(
      found == object.end() || !found->is_string() || found->get_ref<const std::string&>() == ours,
      "a text is read as it stands in the message");
}

/// A number that was read must be the document's, and none where that has no number.
inline void check_number(const nlohmann::json& object, const std::string& key, std::uint64_t ours) {
  const auto found = object.find(key);
  const bool known = found != object.end() && found->is_number_unsigned() &&
                     found->get<std::uint64_t>() <= std::uint64_t{1} << 52U;
  ensure(ours == (known ? found->get<std::uint64_t>() : 0),
         "a number is read as it stands in the message");
}

/// For members of the message itself. One that comes twice is not judged: the last number holds, the document
/// has the last value.
inline void check_number(const Document& document, const std::string& key, std::uint64_t ours) {
  if (!document.repeated.contains(key)) {
    check_number(document.json, key, ours);
  }
}
inline void check_text(const Document& document, const char* key, std::string_view ours) {
  check_text(document.json, key, ours);
}

}  // namespace arbees::fuzz
