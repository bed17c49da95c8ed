#include "core/wire/json_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/wire/heartbeat.h"

namespace arbees::wire {
namespace {

/// Writes down what it is given.
class Scribe final : public JsonVisitor {
 public:
  bool text(const JsonPlace& at, std::string_view value) override {
    return note(at, "text " + std::string(value));
  }
  bool integer(const JsonPlace& at, std::uint64_t value) override {
    return note(at, "integer " + std::to_string(value));
  }
  bool flag(const JsonPlace& at, bool value) override { return note(at, value ? "true" : "false"); }
  bool other_number(const JsonPlace& at) override { return note(at, "other number"); }
  bool null(const JsonPlace& at) override { return note(at, "null"); }
  bool begins(const JsonPlace& at, JsonContainer container) override {
    return note(at, container == JsonContainer::array ? "array" : "object");
  }

  std::vector<std::string> notes;

 private:
  bool note(const JsonPlace& at, const std::string& what) {
    notes.push_back(std::string(at.key) + (at.in_array ? "[]" : "/") + std::string(at.inner) +
                    ": " + what);
    return true;
  }
};

/// The rules of `read_json` once more, over nlohmann's parser.
class Reference {
 public:
  explicit Reference(JsonVisitor& visitor) : visitor_(visitor) {}

  using json = nlohmann::json;
  bool null() {
    return value([&](const JsonPlace& at) { return visitor_.null(at); });
  }
  bool boolean(bool flag) {
    return value([&](const JsonPlace& at) { return visitor_.flag(at, flag); });
  }
  bool number_integer(json::number_integer_t number) {
    return number == 0 ? number_unsigned(0) : number_float(0, {});
  }
  bool number_unsigned(json::number_unsigned_t number) {
    return number > message_integer_max
               ? number_float(0, {})
               : value([&](const JsonPlace& at) { return visitor_.integer(at, number); });
  }
  bool number_float(json::number_float_t /*number*/, const std::string& /*text*/) {
    return value([&](const JsonPlace& at) { return visitor_.other_number(at); });
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
    if (depth_ <= 2) {
      (depth_ == 1 ? key_ : inner_) = name;
    }
    return true;
  }
  static bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                          const json::exception& /*error*/) {
    return false;
  }

 private:
  template <class Give>
  bool value(const Give& give) {
    if (depth_ == 0) {
      return false;
    }
    if (depth_ == 1) {
      return give({key_, {}, false});
    }
    const bool named = depth_ == 2 && (in_array_ || !inner_.empty());
    return !named ||
           give({key_, in_array_ ? std::string_view{} : std::string_view(inner_), in_array_});
  }
  bool enter(JsonContainer container) {
    if (depth_ == 16 || (depth_ == 0 && container == JsonContainer::array)) {
      return false;
    }
    if (depth_++ == 1) {
      in_array_ = container == JsonContainer::array;
      inner_.clear();
      return visitor_.begins({key_, {}, false}, container);
    }
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  JsonVisitor& visitor_;
  std::size_t depth_ = 0;
  bool in_array_ = false;
  std::string key_;
  std::string inner_;
};

/// What nlohmann takes and we do not.
bool refused_on_purpose(std::string_view message, std::string_view error) {
  return error.starts_with("a number that no double holds ") ||
         (error.starts_with("more than one value, ") &&
          message.find('\0') != std::string_view::npos);
}

void expect_as_reference(const std::string& message) {
  Scribe ours;
  Scribe theirs;
  Reference reference(theirs);
  const auto read = read_json(message, ours);
  const bool taken = nlohmann::json::sax_parse(message, &reference);
  if (taken && !read && refused_on_purpose(message, read.error())) {
    return;
  }
  ASSERT_EQ(read.has_value(), taken) << message << "\n" << (read ? "" : read.error());
  if (taken) {
    ASSERT_EQ(ours.notes, theirs.notes) << message;
  } else {
    ASSERT_FALSE(read.error().empty()) << message;
  }
}

std::string error_of(std::string_view message) {
  Scribe scribe;
  const auto read = read_json(message, scribe);
  return read ? "" : read.error();
}

using std::string_literals::operator""s;

TEST(JsonReader, ReadsWhatAnotherParserReads) {
  for (const std::string& message :
       {R"({})"s,
        R"( { "a" : 1 , "b" : [ ] , "c" : { } } )"s,
        "\t\r\n{\"a\"\n:\t1}\r\n"s,
        "\xEF\xBB\xBF{\"a\":1}"s,
        "\xEF\xBB{\"a\":1}"s,
        R"({"a":0,"b":-0,"c":-0.0,"d":-1,"e":1.0,"f":1e2,"g":1E+2,"h":12e-2})"s,
        R"({"a":4503599627370496,"b":4503599627370497,"c":9007199254740993})"s,
        R"({"a":9223372036854775807,"b":9223372036854775808,"c":18446744073709551615})"s,
        R"({"a":18446744073709551616,"b":-9223372036854775808,"c":-9223372036854775809})"s,
        R"({"a":1.7976931348623157e308,"b":4.9e-324,"c":123456789012345678901234567890.5})"s,
        R"({"a":1e308,"b":1e309})"s,
        R"({"a":1e999})"s,
        R"({"a":-1e999})"s,
        R"({"a":1e99999999999999999999})"s,
        R"({"a":0.00000000000000000000e-2147483639})"s,
        R"({"a":0.00000000000000000000e-2147483647})"s,
        R"({"a":)" + std::string(400, '9') + "}",
        R"({"a":0.)" + std::string(400, '0') + "1}",
        R"({"a":1.)" + std::string(2'000, '5') + "}",
        R"({"a":01})"s,
        R"({"a":1.})"s,
        R"({"a":.5})"s,
        R"({"a":+1})"s,
        R"({"a":1e})"s,
        R"({"a":1e+})"s,
        R"({"a":-})"s,
        R"({"a":0x10})"s,
        R"({"a":NaN,"b":Infinity})"s,
        R"({"a":"\"\\\/\b\f\n\r\t"})"s,
        R"({"a":"\u0000\u001f\u007f\u0080\u07ff\u0800\uffff"})"s,
        R"({"\u0061":1,"\u0000":2,"a\u0000b":{"c\u0000":3}})"s,
        R"({"a":"\ud83d\ude00"})"s,
        R"({"a":"\ud83d"})"s,
        R"({"a":"\ude00"})"s,
        R"({"\udc00":1})"s,
        R"({"a":{"b":{"\udfff":1}}})"s,
        R"({"a":[[["\udead"]]]})"s,
        R"({"a":"\ud83d\u0041"})"s,
        R"({"a":"\ud83dx"})"s,
        R"({"a":"\u12"})"s,
        R"({"a":"\x"})"s,
        R"({"a":'b'})"s,
        "{\"a\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"}"s,
        "{\"\xC3\xA9\":{\"\xE2\x82\xAC\":1}}"s,
        "{\"a\":\"\xC0\x80\"}"s,
        "{\"a\":\"\xED\xA0\x80\"}"s,
        "{\"a\":\"\xF4\x90\x80\x80\"}"s,
        "{\"a\":\"\xE2\x82\"}"s,
        "{\"a\":\"\xE2\"}"s,
        "{\"a\":\"\x80\"}"s,
        "{\"a\":[[[[\"\xFF\"]]]]}"s,
        "{\"a\":\xC3\xA9}"s,
        "{\"a\":\"\x1A\"}"s,
        "{\"a\":\"\x1F\"}"s,
        "{\"a\":\"\x7F\"}"s,
        "{\"a\":\"\n\"}"s,
        "{\"a\0\":1}"s,
        "{\"a\":\0 1}"s,
        "{\"a\":1}\0"s,
        "\0"s,
        R"({"a":1,"a":2,"b":[1],"b":{"c":2},"b":3})"s,
        R"({"":1,"a":{"":2,"b":3},"c":[{"":4}]})"s,
        R"({"a":{"b":1},"c":[1,"x",true,null,1.5,[2],{"d":3}]})"s,
        R"({"a":1,})"s,
        R"({"a":[1,]})"s,
        R"({,})"s,
        R"({"a"})"s,
        R"({"a":})"s,
        R"({"a" 1})"s,
        R"({a:1})"s,
        R"({"a":1 "b":2})"s,
        R"({"a":tru})"s,
        R"({"a":True})"s,
        R"({"a":nul})"s,
        R"({"a":1}})"s,
        R"({"a":1]})"s,
        R"({"a":[1})"s,
        R"({"a":1} {"b":2})"s,
        R"({"a":1},)"s,
        R"({"a":1}/**/)"s,
        R"({/**/"a":1})"s,
        R"([{"a":1}])"s,
        R"("a")"s,
        R"(5)"s,
        R"(null)"s,
        ""s,
        "   "s,
        "{"s,
        R"({"a":)" + std::string(14, '[') + "1" + std::string(14, ']') + "}",
        R"({"a":)" + std::string(15, '[') + "1" + std::string(15, ']') + "}",
        R"({"a":)" + std::string(16, '[') + "1" + std::string(16, ']') + "}",
        R"({"a":)" + std::string(300'000, '{')}) {
    expect_as_reference(message);
  }
}

/// Each message cut off at each byte, without each byte, and with each byte replaced by each of those that mean
/// something.
TEST(JsonReader, ReadsWhatAnotherParserReadsAfterEachSmallChange) {
  const std::string bytes =
      "{}[]:,\"\\/ \t01-+.eEutfn\0\x01\x1a\x1f\x7f\x80\xbf\xc3\xe2\xed\xf0\xff"s;
  Heartbeat beat;
  beat.shard = ShardId("shard-\xC3\xA9\xF0\x9F\x98\x80");
  beat.games = {GameId("401810523"), GameId("a\"b\\c\n")};
  beat.checks = {{"redis_ok", true}, {"feed_ok", false}};
  beat.boot = Boot(0xfedcba9876543210U);
  beat.hb_seq = HeartbeatSeq(17);
  beat.applied = Applied{Term(4), CommandSeq(3), {CommandSeq(5)}};
  beat.epochs = {{GameId("401810523"), Epoch(7)}};
  for (const std::string& message :
       {encode(beat),
        R"({"a":-12.50e+3,"b":[0,-0,1E2,[true,{"c":null}]],"d":{"e":18446744073709551615}})"s,
        R"({"\u00e9\ud83d\ude00":"\ud83d\ude00\u0041\"\\\/\n","b":{"\uffff":"\u0000"}} )"s,
        "{\"\xC3\xA9\":\"\xE2\x82\xAC\xED\x9F\xBF\xF4\x8F\xBF\xBF\xC2\x80\"}"s}) {
    expect_as_reference(message);
    for (std::size_t at = 0; at < message.size(); ++at) {
      expect_as_reference(message.substr(0, at));
      expect_as_reference(message.substr(0, at) + message.substr(at + 1));
      std::string changed = message;
      for (const char byte : bytes) {
        changed[at] = byte;
        expect_as_reference(changed);
      }
      if (HasFatalFailure()) {
        return;
      }
    }
  }
}

TEST(JsonReader, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(error_of(""), "not JSON from byte 1 on");
  EXPECT_EQ(error_of(R"({"a":1,})"), "not JSON from byte 8 on");
  EXPECT_EQ(error_of(R"({"a":x})"), "not JSON from byte 6 on");
  EXPECT_EQ(error_of("\xEF\xBB\xBF{\"a\":x}"), "not JSON from byte 9 on");
  EXPECT_EQ(error_of("{\"a\":\"b\x01\"}"), "not JSON from byte 8 on");
  EXPECT_EQ(error_of("{\"a\":\"\xFF\"}"), "not JSON from byte 7 on");
  EXPECT_EQ(error_of(R"({"a":"x\ude00"})"), "not JSON from byte 7 on");
  EXPECT_EQ(error_of(R"({"a":1} {)"), "more than one value, from byte 9 on");
  EXPECT_EQ(error_of("[]"), "an array instead of an object");
  EXPECT_EQ(error_of("5"), "not an object");
  EXPECT_EQ(error_of(R"({"a":)" + std::string(16, '[')), "nested deeper than 16");
  EXPECT_EQ(error_of(std::string(message_bytes_max + 1, ' ')), "larger than 1048576 bytes");
}

TEST(JsonReader, RefusesNumbersThatNoDoubleHolds) {
  for (const char* number :
       {"1e309", "-1e309", "1.8e308", "9999e308", "1e-400", "0e309", "1e2147483648"}) {
    EXPECT_EQ(error_of(R"({"a":)" + std::string(number) + "}"),
              "a number that no double holds from byte 6 on")
        << number;
  }
}

TEST(JsonReader, RefusesWhatFollowsAZeroByte) {
  EXPECT_EQ(error_of("{\"a\":1}\0{\"b\":2}"s), "more than one value, from byte 8 on");
  EXPECT_EQ(error_of("{\"a\":1}\0"s), "more than one value, from byte 8 on");
}

}  // namespace
}  // namespace arbees::wire
