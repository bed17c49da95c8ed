#include "core/wire/json_reader.h"

#include <nlohmann/json.hpp>

namespace arbees::wire {
namespace {

constexpr std::size_t depth_max = 16;

/// Follows nlohmann's parser and keeps only the place of each value.
class PlaceTracker {
 public:
  explicit PlaceTracker(JsonVisitor& visitor) : visitor_(visitor) {}

  [[nodiscard]] const std::string& problem() const { return problem_; }

  // The names and signatures are those of nlohmann's SAX interface.
  using json = nlohmann::json;
  bool null() {
    return value([this](const JsonPlace& at) { return visitor_.null(at); });
  }
  bool boolean(bool flag) {
    return value([&](const JsonPlace& at) { return visitor_.flag(at, flag); });
  }
  bool number_integer(json::number_integer_t number) {
    return value([&](const JsonPlace& at) {
      return number >= 0 ? integer(at, static_cast<std::uint64_t>(number))
                         : visitor_.other_number(at);
    });
  }
  bool number_unsigned(json::number_unsigned_t number) {
    return value([&](const JsonPlace& at) { return integer(at, number); });
  }
  bool number_float(json::number_float_t /*number*/, const std::string& /*text*/) {
    return value([this](const JsonPlace& at) { return visitor_.other_number(at); });
  }
  bool string(std::string& text) {
    return value([&](const JsonPlace& at) { return visitor_.text(at, text); });
  }
  bool binary(json::binary_t& /*bytes*/) { return false; }

  bool start_object(std::size_t /*elements*/) { return enter(JsonContainer::object); }
  bool start_array(std::size_t /*elements*/) { return enter(JsonContainer::array); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }

  bool key(std::string& name) {
    if (depth_ == 1) {
      key_ = name;
    } else if (depth_ == 2) {
      inner_ = name;
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const json::exception& /*error*/) {
    problem_ = "not JSON from byte " + std::to_string(position) + " on";
    return false;
  }

 private:
  bool integer(const JsonPlace& at, std::uint64_t number) {
    return number <= message_integer_max ? visitor_.integer(at, number) : visitor_.other_number(at);
  }

  [[nodiscard]] JsonPlace place() const {
    if (depth_ == 1) {
      return {key_, {}, false};
    }
    return {key_, in_array_ ? std::string_view{} : std::string_view(inner_), in_array_};
  }

  template <class Give>
  bool value(const Give& give) {
    if (depth_ == 0) {
      problem_ = "not an object";
      return false;
    }
    // An empty name below the first level is none that `JsonPlace` could tell from no name at all.
    if (depth_ > 2 || (depth_ == 2 && !in_array_ && inner_.empty())) {
      return true;
    }
    return give(place()) || unexpected_value();
  }

  bool enter(JsonContainer container) {
    if (depth_ == 0 && container == JsonContainer::array) {
      problem_ = "an array instead of an object";
      return false;
    }
    if (depth_ >= depth_max) {
      problem_ = "nested deeper than " + std::to_string(depth_max);
      return false;
    }
    if (depth_ == 1) {
      in_array_ = container == JsonContainer::array;
      inner_.clear();
      if (!visitor_.begins({key_, {}, false}, container)) {
        return unexpected_value();
      }
    }
    ++depth_;
    return true;
  }

  bool leave() {
    --depth_;
    return true;
  }

  bool unexpected_value() {
    problem_ = "unexpected value of \"" + key_ + "\"";
    return false;
  }

  JsonVisitor& visitor_;
  std::size_t depth_ = 0;
  bool in_array_ = false;
  std::string key_;
  std::string inner_;
  std::string problem_;
};

}  // namespace

std::expected<void, std::string> read_json(std::string_view message, JsonVisitor& visitor) {
  if (message.size() > message_bytes_max) {
    return std::unexpected("larger than " + std::to_string(message_bytes_max) + " bytes");
  }
  PlaceTracker tracker(visitor);
  if (!nlohmann::json::sax_parse(message.begin(), message.end(), &tracker)) {
    return std::unexpected(tracker.problem().empty() ? "not JSON" : tracker.problem());
  }
  return {};
}

}  // namespace arbees::wire
