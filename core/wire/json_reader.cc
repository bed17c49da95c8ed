#include "core/wire/json_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "core/base/assert.h"
#include "core/events/json_text.h"

// What RapidJSON believes of itself is checked in every build, as our own beliefs are.
#define RAPIDJSON_ASSERT(condition) ::arbees::ensure(condition, "RapidJSON: " #condition)
#include <rapidjson/reader.h>

namespace arbees::wire {
namespace {

/// UTF-8, by a name of its own: it tells RapidJSON how to take text from a message.
struct WireText : rapidjson::UTF8<> {};
using Stream = rapidjson::GenericInsituStringStream<WireText>;
using Reader = rapidjson::GenericReader<WireText, WireText>;

constexpr std::array<bool, 256> ends_run = [] {
  std::array<bool, 256> ends{};
  std::fill_n(ends.begin(), 0x20, true);
  ends['"'] = ends['\\'] = true;
  return ends;
}();

}  // namespace
}  // namespace arbees::wire

/// Takes all characters up to the next one that means something, in place. By itself RapidJSON compares each one
/// four times, which was a third of what a message cost.
template <>
struct rapidjson::Transcoder<arbees::wire::WireText, arbees::wire::WireText>
    : Transcoder<UTF8<>, UTF8<>> {
  using Transcoder<UTF8<>, UTF8<>>::Transcode;

  static bool Transcode(arbees::wire::Stream& text, arbees::wire::Stream& same) {
    RAPIDJSON_ASSERT(&text == &same);
    const auto runs_on = [](char byte) {
      return !arbees::wire::ends_run[static_cast<unsigned char>(byte)];
    };
    if (text.src_ == text.dst_) {
      while (runs_on(*text.src_)) {
        ++text.src_;
      }
      text.dst_ = text.src_;
    } else {  // behind an escape, which came out shorter
      while (runs_on(*text.src_)) {
        *text.dst_++ = *text.src_++;
      }
    }
    return true;
  }
};

namespace arbees::wire {
namespace {

constexpr std::size_t depth_max = 16;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// No byte outside ASCII, and no escape that could stand for one: no text in it can be ill-formed.
bool is_plain(std::string_view message) {
  unsigned char seen = 0;
  for (const char byte : message) {
    seen |= static_cast<unsigned char>(byte);
  }
  return seen < 0x80 && message.find('\\') == std::string_view::npos;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

/// A number with a fraction or an exponent, or one above 2^64.
bool fits_double(std::string_view number) {
  double value = 0;
  return std::from_chars(number.data(), number.data() + number.size(), value).ec == std::errc{};
}

/// Follows RapidJSON's parser and keeps only the place of each value.
///
/// The parser works in place, in `bytes`: a name or a text is where the message had it, its escapes undone, and
/// stays there until the end. Numbers it gives as text: left to make doubles of them, RapidJSON 1.1 reads
/// beyond a table of its own at 0.0000000000e-2147483639.
class PlaceTracker : public rapidjson::BaseReaderHandler<WireText, PlaceTracker> {
 public:
  PlaceTracker(std::string_view bytes, std::size_t first_byte, JsonVisitor& visitor)
      : bytes_(bytes), first_byte_(first_byte), plain_(is_plain(bytes)), visitor_(visitor) {}

  [[nodiscard]] std::string take_problem() { return std::move(problem_); }
  /// Where in the message, counted from 1.
  [[nodiscard]] std::string from_byte(std::size_t offset) const {
    return "from byte " + std::to_string(first_byte_ + offset) + " on";
  }

  // The names and signatures are those of RapidJSON's handlers.
  bool Null() {
    return value([this](const JsonPlace& at) { return visitor_.null(at); });
  }
  bool Bool(bool flag) {
    return value([&](const JsonPlace& at) { return visitor_.flag(at, flag); });
  }
  bool RawNumber(const char* begin, rapidjson::SizeType size, bool /*copy*/) {
    const std::string_view number(begin, size);
    const bool negative = number.starts_with('-');
    std::uint64_t integer = 0;
    const auto [end, error] = std::from_chars(begin + (negative ? 1 : 0), begin + size,
                                              integer);  // stops at a '.' or 'e'
    const bool whole = error == std::errc{} && end == begin + size;
    if (!whole && !fits_double(number)) {
      problem_ = "a number that no double holds " + from_byte(offset_of(number));
      return false;
    }
    return value([&](const JsonPlace& at) {
      return whole && integer <= (negative ? 0 : message_integer_max)
                 ? visitor_.integer(at, integer)
                 : visitor_.other_number(at);
    });
  }
  bool String(const char* begin, rapidjson::SizeType size, bool /*copy*/) {
    const std::string_view text(begin, size);
    return well_formed(text) && value([&](const JsonPlace& at) { return visitor_.text(at, text); });
  }
  bool StartObject() { return enter(JsonContainer::object); }
  bool StartArray() { return enter(JsonContainer::array); }
  bool EndObject(rapidjson::SizeType /*members*/) { return leave(); }
  bool EndArray(rapidjson::SizeType /*elements*/) { return leave(); }

  bool Key(const char* begin, rapidjson::SizeType size, bool /*copy*/) {
    const std::string_view name(begin, size);
    if (depth_ == 1) {
      key_ = name;
    } else if (depth_ == 2) {
      inner_ = name;
    }
    return well_formed(name);
  }

 private:
  /// RapidJSON 1.1 takes `\udc00` without its other half for a character, so what came out is judged.
  bool well_formed(std::string_view text) {
    if (plain_ || is_utf8(text)) {
      return true;
    }
    problem_ = "not JSON " + from_byte(offset_of(text));
    return false;
  }

  [[nodiscard]] std::size_t offset_of(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - bytes_.data());
  }

  [[nodiscard]] JsonPlace place() const {
    if (depth_ == 1) {
      return {key_, {}, false};
    }
    return {key_, in_array_ ? std::string_view{} : inner_, in_array_};
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

  // The parser recurses: the limit bounds its stack too.
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
      inner_ = {};
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
    problem_ = "unexpected value of \"" + std::string(key_) + "\"";
    return false;
  }

  std::string_view bytes_;
  std::size_t first_byte_;
  bool plain_;
  JsonVisitor& visitor_;
  std::size_t depth_ = 0;
  bool in_array_ = false;
  std::string_view key_;
  std::string_view inner_;
  std::string problem_;
};

}  // namespace

std::expected<void, std::string> read_json(std::string_view message, JsonVisitor& visitor) {
  if (message.size() > message_bytes_max) {
    return std::unexpected("larger than " + std::to_string(message_bytes_max) + " bytes");
  }
  const std::size_t mark = message.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  std::string bytes(message.substr(mark));
  PlaceTracker tracker(bytes, mark + 1, visitor);
  Stream stream(bytes.data());
  constexpr unsigned how = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult result = Reader().Parse<how>(stream, tracker);
  switch (result.Code()) {
    case rapidjson::kParseErrorNone:
      // To the parser a zero byte is the end, wherever it stands.
      if (stream.Tell() == bytes.size()) {
        return {};
      }
      return std::unexpected("more than one value, " + tracker.from_byte(stream.Tell()));
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return std::unexpected("more than one value, " + tracker.from_byte(result.Offset()));
    case rapidjson::kParseErrorTermination: return std::unexpected(tracker.take_problem());
    case rapidjson::kParseErrorNumberTooBig:
      return std::unexpected("a number that no double holds " + tracker.from_byte(result.Offset()));
    default: return std::unexpected("not JSON " + tracker.from_byte(result.Offset()));
  }
}

}  // namespace arbees::wire
