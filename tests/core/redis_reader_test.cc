#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/redis/command.h"
#include "core/redis/resp_reader.h"
#include "tests/support/fake_ports.h"

namespace arbees::redis {
namespace {

using namespace std::string_view_literals;

/// What a stream says: its replies, and the fault that ends it, if one does.
struct Reading {
  std::vector<Reply> replies;
  std::string fault;

  friend bool operator==(const Reading&, const Reading&) = default;
};

void read_piece(RespReader& reader, std::string_view piece, Reading& into) {
  reader.feed(piece);
  while (true) {
    const auto reply = reader.next();
    if (!reply) {
      into.fault = reply.error().what;
      return;
    }
    if (*reply == nullptr) {
      return;
    }
    into.replies.push_back(**reply);
  }
}

Reading read(const std::vector<std::string_view>& pieces, const FrameLimits& limits = {}) {
  RespReader reader(limits);
  Reading reading;
  for (const std::string_view piece : pieces) {
    read_piece(reader, piece, reading);
  }
  return reading;
}

Reading read(std::string_view stream, const FrameLimits& limits = {}) {
  return read(std::vector{stream}, limits);
}

Reading read_bytewise(std::string_view stream, const FrameLimits& limits = {}) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < stream.size(); ++at) {
    pieces.push_back(stream.substr(at, 1));
  }
  return read(pieces, limits);
}

void expect_the_same_however_cut(std::string_view stream, const FrameLimits& limits = {}) {
  const Reading whole = read(stream, limits);
  EXPECT_EQ(whole, read_bytewise(stream, limits)) << stream;
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      ASSERT_EQ(whole, read({stream.substr(0, first), stream.substr(first, second - first),
                             stream.substr(second)},
                            limits))
          << "cut at " << first << " and " << second << " of " << stream;
    }
  }
}

Reply bulk(std::string text) { return {Reply::Kind::bulk, 0, std::move(text), {}}; }

TEST(RespReader, BuildsEveryKindOfReply) {
  const Reading reading = read(
      "+OK\r\n-ERR no\r\n:-42\r\n$-1\r\n*-1\r\n$3\r\na\r\n\r\n$0\r\n\r\n*0\r\n"
      "*2\r\n*1\r\n:7\r\n$1\r\nx\r\n");
  ASSERT_EQ(reading.fault, "");
  ASSERT_EQ(reading.replies.size(), 9U);
  EXPECT_EQ(reading.replies[0], (Reply{Reply::Kind::status, 0, "OK", {}}));
  EXPECT_EQ(reading.replies[1], (Reply{Reply::Kind::error, 0, "ERR no", {}}));
  EXPECT_EQ(reading.replies[2], (Reply{Reply::Kind::integer, -42, "", {}}));
  EXPECT_EQ(reading.replies[3], Reply{});
  EXPECT_EQ(reading.replies[4], Reply{});
  EXPECT_EQ(reading.replies[5], bulk("a\r\n"));
  EXPECT_EQ(reading.replies[6], bulk(""));
  EXPECT_EQ(reading.replies[7], (Reply{Reply::Kind::array, 0, "", {}}));
  const Reply inner{Reply::Kind::array, 0, "", {{Reply::Kind::integer, 7, "", {}}}};
  EXPECT_EQ(reading.replies[8], (Reply{Reply::Kind::array, 0, "", {inner, bulk("x")}}));
}

TEST(RespReader, SaysTheSameHoweverTheStreamIsCut) {
  expect_the_same_however_cut(
      "*4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$2\r\nab\r\n$3\r\n\r\n\r\r\n:1\r\n+O\r\n");
  expect_the_same_however_cut("*2\r\n$4\r\npong\r\n$0\r\n\r\n*0\r\n*-1\r\n$-1\r\n-E\r\n");
  expect_the_same_however_cut("+fine\r\n$3\r\nabcd\r\n+never\r\n");
  expect_the_same_however_cut(":1\r\n:x\r\n:2\r\n");
  expect_the_same_however_cut("*2\r\n+a\r\n!wrong");
  FrameLimits tight;
  tight.bulk_bytes = 4;
  expect_the_same_however_cut("*3\r\n$1\r\na\r\n$6\r\nlonger\r\n$2\r\nok\r\n+x\r\n", tight);
  expect_the_same_however_cut("$6\r\nlonger\r\n$5\r\n*1\r\n+\r\n:3\r\n", tight);
  tight.line_bytes = 6;
  expect_the_same_however_cut("+abcde\r\n+abcdef\r\n", tight);
  tight.frame_bytes = 20;
  expect_the_same_however_cut("*2\r\n+abc\r\n+abc\r\n*2\r\n+abcd\r\n+abcd\r\n", tight);
}

TEST(RespReader, RefusesAnAnnouncedBillionAtOnce) {
  const Reading reading = read("*1000000000\r\n");
  EXPECT_NE(reading.fault.find("1000000000"), std::string::npos) << reading.fault;
  EXPECT_NE(reading.fault.find("at most"), std::string::npos) << reading.fault;
}

TEST(RespReader, CountsTheElementsOfAllNestedArraysTogether) {
  FrameLimits limits;
  limits.items = 5;
  EXPECT_EQ(read("*2\r\n*1\r\n:1\r\n*1\r\n:2\r\n", limits).fault, "");
  EXPECT_NE(read("*2\r\n*1\r\n:1\r\n*2\r\n", limits).fault, "");
  // Each reply has the whole allowance again.
  EXPECT_EQ(
      read("*4\r\n:1\r\n:1\r\n:1\r\n:1\r\n*4\r\n:1\r\n:1\r\n:1\r\n:1\r\n", limits).replies.size(),
      2U);
}

TEST(RespReader, RefusesEndlessNesting) {
  std::string stream;
  for (int i = 0; i < 6; ++i) {
    stream += "*1\r\n";
  }
  EXPECT_EQ(read(stream + ":1\r\n").replies.size(), 1U);
  EXPECT_NE(read(stream + "*1\r\n").fault, "");
}

TEST(RespReader, RefusesAnEndlessLineAfterItsLimit) {
  FrameLimits limits;
  RespReader reader(limits);
  Reading reading;
  const std::string piece(1'000, 'x');
  read_piece(reader, "+", reading);
  std::size_t fed = 1;
  while (reading.fault.empty() && fed < 10'000'000) {
    read_piece(reader, piece, reading);
    fed += piece.size();
  }
  EXPECT_NE(reading.fault.find("a line"), std::string::npos) << reading.fault;
  EXPECT_LE(fed, limits.line_bytes + piece.size());
}

TEST(RespReader, RefusesAnEndlessLength) {
  EXPECT_NE(read("$" + std::string(100, '1')).fault, "");
  EXPECT_NE(read("*" + std::string(100, '0')).fault, "");
}

TEST(RespReader, SkipsAStringThatIsTooLongAndGoesOn) {
  const std::string huge(10U << 20U, 'h');
  const std::string stream = "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$" + std::to_string(huge.size()) +
                             "\r\n" + huge + "\r\n+next\r\n";
  for (const std::size_t cut : {stream.size(), std::size_t{30}, std::size_t{5'000'000}}) {
    const Reading reading =
        read({std::string_view{stream}.substr(0, cut), std::string_view{stream}.substr(cut)});
    ASSERT_EQ(reading.fault, "");
    ASSERT_EQ(reading.replies.size(), 2U);
    const Reply& message = reading.replies[0];
    ASSERT_EQ(message.elements.size(), 3U);
    EXPECT_EQ(message.elements[1], bulk("c"));
    EXPECT_EQ(message.elements[2],
              (Reply{Reply::Kind::oversized, static_cast<std::int64_t>(huge.size()), "", {}}));
    EXPECT_TRUE(reading.replies[1].is_status("next"));
  }
}

TEST(RespReader, TakesAStringOfExactlyTheLimit) {
  const std::string large(1U << 20U, 'l');
  const Reading reading = read("$1048576\r\n" + large + "\r\n");
  ASSERT_EQ(reading.replies.size(), 1U);
  EXPECT_EQ(reading.replies[0], bulk(large));
}

TEST(RespReader, RefusesAReplyAboveTheLimitOfAFrame) {
  EXPECT_NE(read("$16777217\r\n").fault, "");
  EXPECT_NE(read("*2\r\n$16777000\r\n" + std::string(16'777'000, 'x') + "\r\n$1000\r\n").fault, "");
}

TEST(RespReader, NamesWhatIsNoReply) {
  EXPECT_EQ(read("HTTP/1.1 400 Bad Request\r\n").fault,
            "a reply that begins with 'H'; expected one of + - : $ *");
  for (const std::string_view garbage :
       {"\r\n", "_\r\n", "%1\r\n", ">1\r\n", "$\r\n", "$-2\r\n", "$01\r\n", "$+1\r\n", "*--1\r\n",
        "*1 \r\n", "$1\rx", "+a\rb", "+a\nb", "$1\r\nab\r\n", "$0\r\nx", ":\r\n", ":1x\r\n",
        ":99999999999999999999\r\n"}) {
    EXPECT_NE(read(garbage).fault, "") << garbage;
    EXPECT_EQ(read(garbage), read_bytewise(garbage)) << garbage;
  }
  EXPECT_NE(read("\0"sv).fault, "");
}

TEST(RespReader, RepeatsItsFaultForEver) {
  RespReader reader;
  Reading reading;
  read_piece(reader, "+ok\r\n?", reading);
  EXPECT_EQ(reading.replies.size(), 1U);
  const std::string first = reading.fault;
  read_piece(reader, "+ok\r\n", reading);
  EXPECT_EQ(reading.replies.size(), 1U);
  EXPECT_EQ(reading.fault, first);
}

/// A random reply with its bytes, within the limits of both readers.
std::string random_reply(testing::FakeEntropy& entropy, int depth) {
  const std::uint64_t kind = entropy.below(depth > 0 ? 7 : 6);
  const auto text = [&entropy](std::uint64_t longest, bool any_byte) {
    std::string out;
    for (std::uint64_t left = entropy.below(longest + 1); left > 0; --left) {
      out += any_byte ? static_cast<char>(entropy.below(256))
                      : static_cast<char>('a' + static_cast<char>(entropy.below(26)));
    }
    return out;
  };
  switch (kind) {
    case 0: return "+" + text(20, false) + "\r\n";
    case 1: return "-" + text(20, false) + "\r\n";
    case 2: return ":" + std::to_string(static_cast<std::int64_t>(entropy.next())) + "\r\n";
    case 3: return "$-1\r\n";
    case 4: return "*-1\r\n";
    case 5: {
      const std::string body = text(entropy.below(4) == 0 ? 3'000 : 30, true);
      return "$" + std::to_string(body.size()) + "\r\n" + body + "\r\n";
    }
    default: break;
  }
  const std::uint64_t elements = entropy.below(5);
  std::string out = "*" + std::to_string(elements) + "\r\n";
  for (std::uint64_t i = 0; i < elements; ++i) {
    out += random_reply(entropy, depth - 1);
  }
  return out;
}

Reply as_ours(const redisReply& theirs) {
  Reply ours;
  switch (theirs.type) {
    case REDIS_REPLY_STATUS: ours.kind = Reply::Kind::status; break;
    case REDIS_REPLY_ERROR: ours.kind = Reply::Kind::error; break;
    case REDIS_REPLY_STRING: ours.kind = Reply::Kind::bulk; break;
    case REDIS_REPLY_INTEGER:
      ours.kind = Reply::Kind::integer;
      ours.integer = theirs.integer;
      return ours;
    case REDIS_REPLY_ARRAY:
      ours.kind = Reply::Kind::array;
      for (std::size_t i = 0; i < theirs.elements; ++i) {
        ours.elements.push_back(as_ours(*theirs.element[i]));
      }
      return ours;
    default: return ours;
  }
  ours.text.assign(theirs.str, static_cast<std::size_t>(theirs.len));
  return ours;
}

std::vector<Reply> read_with_plain_hiredis(std::string_view stream) {
  std::vector<Reply> replies;
  redisReader* reader = redisReaderCreate();
  redisReaderFeed(reader, stream.data(), stream.size());
  void* reply = nullptr;
  while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply != nullptr) {
    replies.push_back(as_ours(*static_cast<redisReply*>(reply)));
    freeReplyObject(reply);
    reply = nullptr;
  }
  redisReaderFree(reader);
  return replies;
}

TEST(RespReader, AgreesWithPlainHiredisOnRandomReplies) {
  testing::FakeEntropy entropy(2026);
  for (int round = 0; round < 300; ++round) {
    std::string stream;
    for (std::uint64_t left = 1 + entropy.below(8); left > 0; --left) {
      stream += random_reply(entropy, 4);
    }
    std::vector<std::string_view> pieces;
    for (std::string_view rest = stream; !rest.empty();) {
      const std::size_t size =
          std::min(rest.size(),
                   static_cast<std::size_t>(1 + entropy.below(entropy.below(2) == 0 ? 5 : 4'000)));
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    const Reading ours = read(pieces);
    ASSERT_EQ(ours.fault, "");
    ASSERT_EQ(ours.replies, read_with_plain_hiredis(stream)) << "round " << round;
  }
}

TEST(RespReader, SurvivesRandomBytesAndReadsThemTheSameHoweverCut) {
  testing::FakeEntropy entropy(7);
  static constexpr std::string_view likely = "+-:$*\r\n0123456789ax";
  for (int round = 0; round < 2'000; ++round) {
    std::string stream = random_reply(entropy, 2);
    for (std::uint64_t changes = entropy.below(4); changes > 0 && !stream.empty(); --changes) {
      stream[entropy.below(stream.size())] = likely[entropy.below(likely.size())];
    }
    ASSERT_EQ(read(stream), read_bytewise(stream)) << stream;
  }
}

TEST(Command, IsAnArrayOfBulkStringsOfAnyBytes) {
  std::string out = "before";
  append_command(out, {"PUBLISH", "a\0b\r\n"sv, ""});
  EXPECT_EQ(out, "before*3\r\n$7\r\nPUBLISH\r\n$5\r\na\0b\r\n\r\n$0\r\n\r\n"sv);
}

}  // namespace
}  // namespace arbees::redis
