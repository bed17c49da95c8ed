#include "core/events/event_json.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/events/event_text.h"
#include "core/events/json_text.h"

namespace arbees {
namespace {

using nlohmann::ordered_json;

enum class Colour : std::uint8_t { red };
std::string_view to_string(Colour) { return "red"; }

/// One field of every shape.
struct EveryShape {
  static constexpr std::string_view name = "every_shape";
  static constexpr Severity severity = Severity::warning;
  ShardId shard{"shard-1"};
  Epoch epoch{7};
  std::uint32_t attempts = 3;
  bool fenced = true;
  Duration silent = seconds(60);
  MonoTime last_heard{milliseconds(1500)};
  std::vector<GameId> games{GameId("g1"), GameId("g2")};
  Colour colour = Colour::red;
  std::string detail = "two words";

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("epoch", epoch), v("attempts", attempts), v("fenced", fenced);
    v("silent", silent), v("last_heard", last_heard), v("games", games), v("colour", colour);
    v("detail", detail);
  }
};

struct Nothing {
  static constexpr std::string_view name = "nothing";
  static constexpr Severity severity = Severity::debug;
  void visit(FieldVisitor& /*v*/) const {}
};

struct Counted {
  static constexpr std::string_view name = "counted";
  static constexpr Severity severity = Severity::info;
  std::uint64_t count = 0;
  void visit(FieldVisitor& v) const { v("count", count); }
};

std::string line_of(const EventView& event, EventId cause = EventId()) {
  std::string out;
  append_event_json(out, {EventId(9), cause, "shard-1", MonoTime(milliseconds(2)), event},
                    60'000'000'000);
  return out;
}

std::string milliseconds_of(Duration value) {
  std::string out;
  append_json_milliseconds(out, value);
  return out;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_string_of_nlohmann(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

TEST(EventJson, WritesEveryShapeInTheDeclaredOrder) {
  EXPECT_EQ(line_of(EveryShape{}, EventId(4)),
            R"({"id":9,"cause":4,"t_ns":60000000000,"node":"shard-1","node_ns":2000000,)"
            R"("event":"every_shape","severity":"warning","fields":{"shard":"shard-1","epoch":7,)"
            R"("attempts":3,"fenced":true,"silent_ms":60000,"last_heard_ns":1500000000,)"
            R"("games":["g1","g2"],"colour":"red","detail":"two words"}})");
}

TEST(EventJson, LeavesTheCauseOutWhenNobodyCausedIt) {
  EXPECT_EQ(line_of(Nothing{}), R"({"id":9,"t_ns":60000000000,"node":"shard-1","node_ns":2000000,)"
                                R"("event":"nothing","severity":"debug","fields":{}})");
}

TEST(EventJson, IsReadBackByAnotherReader) {
  EveryShape event;
  event.detail = "quote \" back \\ line \n tab \t nul \0 end";
  event.games.clear();
  const ordered_json read = ordered_json::parse(line_of(event));
  EXPECT_EQ(read["fields"]["detail"], event.detail);
  EXPECT_TRUE(read["fields"]["games"].empty());
}

TEST(EventJson, WritesCountsThatOtherReadersWouldRoundAsText) {
  const auto written = [](std::uint64_t count) {
    return ordered_json::parse(line_of(Counted{count}))["fields"]["count"];
  };
  EXPECT_EQ(written(9'007'199'254'740'991), ordered_json(9'007'199'254'740'991U));
  EXPECT_EQ(written(9'007'199'254'740'992), ordered_json("9007199254740992"));
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()),
            ordered_json("18446744073709551615"));
}

TEST(EventJson, WritesDurationsExactly) {
  EXPECT_EQ(milliseconds_of(Duration(0)), "0");
  EXPECT_EQ(milliseconds_of(seconds(60)), "60000");
  EXPECT_EQ(milliseconds_of(Duration(1)), "0.000001");
  EXPECT_EQ(milliseconds_of(Duration(-1)), "-0.000001");
  EXPECT_EQ(milliseconds_of(Duration(250'000)), "0.25");
  EXPECT_EQ(milliseconds_of(Duration(-1'500'000)), "-1.5");
  EXPECT_EQ(milliseconds_of(Duration(100'000'010)), "100.00001");
  EXPECT_EQ(milliseconds_of(Duration::max()), "9223372036854.775807");
  EXPECT_EQ(milliseconds_of(Duration::min()), "-9223372036854.775808");
}

TEST(EventJson, EscapesEveryAsciiCharacterAsNlohmannDoes) {
  for (int c = 0; c < 128; ++c) {
    const std::string text = "a" + std::string(1, static_cast<char>(c)) + "b";
    EXPECT_EQ(json_string(text), json_string_of_nlohmann(text)) << c;
  }
}

TEST(EventJson, ReplacesIllFormedUtf8AsNlohmannDoes) {
  // Every pair of bytes, alone and before a plain character; then every start of three and four bytes.
  for (unsigned first = 0x7F; first < 0x100; ++first) {
    for (unsigned second = 0; second < 0x100; ++second) {
      const std::string pair{static_cast<char>(first), static_cast<char>(second)};
      ASSERT_EQ(json_string(pair), json_string_of_nlohmann(pair)) << first << ' ' << second;
      for (const std::string_view tail :
           {"x", "\x80", "\x80x", "\x80\x80", "\xE2", "\x80\xC3\xA9"}) {
        const std::string text = pair + std::string(tail);
        ASSERT_EQ(json_string(text), json_string_of_nlohmann(text)) << first << ' ' << second;
      }
    }
  }
}

TEST(EventJson, KeepsWellFormedTextAsItIs) {
  for (const std::string text : {"é", "€", "😀", "\xF4\x8F\xBF\xBF", "\xEE\x80\x80", "\x7F"}) {
    EXPECT_EQ(json_string(text), '"' + text + '"');
  }
  EXPECT_EQ(json_string("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"") << "surrogate";
}

TEST(EventJson, HeaderNamesSchemaVersionAndClockFirst) {
  std::string out;
  append_header_json(out, {.clock = FileClock::wall,
                           .program = "arbees-shard",
                           .build = "abc",
                           .more = {{"shard", "s\"1"}, {"seed", std::uint64_t{7}}}});
  EXPECT_EQ(
      out,
      R"({"schema":"arbees.events","schema_version":1,"clock":"wall","program":"arbees-shard",)"
      R"("build":"abc","shard":"s\"1","seed":7})");
}

TEST(EventText, ReadsAsOneLineOfWords) {
  EXPECT_EQ(event_text(EveryShape{}),
            "every_shape shard=shard-1 epoch=7 attempts=3 fenced=yes silent=60s last_heard=@1.5s "
            "games=[g1,g2] colour=red detail=\"two words\"");
}

TEST(EventText, CannotBeBrokenByWhatTheTextsContain) {
  EveryShape event;
  event.shard = ShardId("a b=\"c\\\"");
  event.games = {GameId("g,1"), GameId("")};
  event.detail = "line\nbreak \x1b[31m red \xC2\x9B \xE2\x80\xAE flip \xFF é";
  const std::string line = event_text(event);
  EXPECT_NE(line.find(R"(shard="a b=\"c\\\"")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"(games=["g,1",""])"), std::string::npos) << line;
  EXPECT_NE(line.find(R"(detail="line\nbreak \x1b[31m red \u009b \u202e flip \xff é")"),
            std::string::npos)
      << line;
}

TEST(EventText, KeepsToSevenBitsWhenAsked) {
  std::string out;
  append_visible(out, "é😀", Charset::ascii);
  EXPECT_EQ(out, "\\u00e9\\U0001f600");
}

TEST(EventText, ShortensLongListsWhenAsked) {
  std::string out;
  TextFields fields(out, Charset::utf8, 2);
  const std::array<std::string_view, 3> values{"a", "b", "c"};
  fields.texts("games", values);
  EXPECT_EQ(out, " games=(3)");
}

TEST(EventText, ShowsDurationsInTheLargestUnitThatFits) {
  const auto human = [](Duration value) {
    std::string out;
    append_human_duration(out, value);
    return out;
  };
  EXPECT_EQ(human(Duration(0)), "0s");
  EXPECT_EQ(human(milliseconds(1500)), "1.5s");
  EXPECT_EQ(human(milliseconds(60'050)), "60.05s");
  EXPECT_EQ(human(milliseconds(250)), "250ms");
  EXPECT_EQ(human(Duration(-3'000)), "-3us");
  EXPECT_EQ(human(Duration(7)), "7ns");
  EXPECT_EQ(human(Duration::min()), "-9223372036.854775808s");
}

}  // namespace
}  // namespace arbees
