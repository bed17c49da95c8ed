// Any bytes, cut anywhere, are the same replies and the same fault, in bounded memory; and what our gate
// lets through, hiredis left alone reads in the same way.
//
// Covers: core/redis/frame_gate.cc core/redis/resp_reader.cc
// Dictionary: resp.dict
// Input: a line whose bytes are the lengths of the pieces, in turns ('1' is 1, 'A' is 17); then the stream.

#include <hiredis/hiredis.h>
#include <sanitizer/allocator_interface.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/assert.h"
#include "core/redis/resp_reader.h"
#include "tests/fuzz/input.h"

namespace arbees::redis {
namespace {

struct Reading {
  std::vector<Reply> replies;
  std::string fault;

  friend bool operator==(const Reading&, const Reading&) = default;
};

/// Small ones, so that short inputs reach them.
constexpr FrameLimits tight{
    .frame_bytes = 400, .line_bytes = 24, .bulk_bytes = 40, .items = 20, .depth = 4};
/// What one frame within the limits may cost, generously: 1,024 values and the bytes of the input.
constexpr std::size_t memory_max = 1U << 20U;

Reading read(std::string_view stream, std::string_view lengths, const FrameLimits& limits) {
  RespReader reader(limits);
  Reading reading;
  for (std::size_t turn = 0; !stream.empty() && reading.fault.empty(); ++turn) {
    const auto length = static_cast<std::uint8_t>(
        lengths.empty() ? 1 : static_cast<std::uint8_t>(lengths[turn % lengths.size()]) - '0');
    // A copy, so that a byte read too far is noticed.
    const std::string piece(stream.substr(0, std::max<std::size_t>(length, 1)));
    stream.remove_prefix(piece.size());
    reader.feed(piece);
    while (true) {
      const auto reply = reader.next();
      if (!reply) {
        reading.fault = reply.error().what;
        ensure(!reading.fault.empty(), "a fault says what is wrong");
        break;
      }
      if (*reply == nullptr) {
        break;
      }
      reading.replies.push_back(**reply);
    }
  }
  return reading;
}

Reading read_within_bounds(std::string_view stream, std::string_view lengths,
                           const FrameLimits& limits) {
  const std::size_t before = __sanitizer_get_current_allocated_bytes();
  Reading reading = read(stream, lengths, limits);
  std::size_t kept = 0;
  for (const Reply& reply : reading.replies) {
    kept += 1 + reply.elements.size();
  }
  // It may be less than before: the fuzzer's own thread, which watches the memory, frees what it began with.
  ensure(__sanitizer_get_current_allocated_bytes() <=
             before + memory_max + kept * 2 * sizeof(Reply) + 4 * stream.size(),
         "a stream costs no more than what it holds");
  return reading;
}

bool holds_oversized(const Reply& reply) {
  bool any = reply.is(Reply::Kind::oversized);
  for (const Reply& element : reply.elements) {
    any = any || holds_oversized(element);
  }
  return any;
}

void expect_same(const Reply& ours, const redisReply& theirs) {
  switch (theirs.type) {
    case REDIS_REPLY_NIL: ensure(ours.is(Reply::Kind::nil), "hiredis reads nil"); return;
    case REDIS_REPLY_INTEGER:
      ensure(ours.is(Reply::Kind::integer) && ours.integer == theirs.integer,
             "hiredis reads this integer");
      return;
    case REDIS_REPLY_ARRAY:
      ensure(ours.is(Reply::Kind::array) && ours.elements.size() == theirs.elements,
             "hiredis reads an array of as many");
      for (std::size_t i = 0; i < theirs.elements; ++i) {
        expect_same(ours.elements[i], *theirs.element[i]);
      }
      return;
    default:
      ensure(ours.text == std::string_view(theirs.str, theirs.len), "hiredis reads this text");
  }
}

void compare_with_hiredis(std::string_view stream, const Reading& ours) {
  redisReader* reader = redisReaderCreate();
  redisReaderFeed(reader, stream.data(), stream.size());
  for (const Reply& reply : ours.replies) {
    void* theirs = nullptr;
    ensure(redisReaderGetReply(reader, &theirs) == REDIS_OK && theirs != nullptr,
           "hiredis reads a reply where we do");
    expect_same(reply, *static_cast<redisReply*>(theirs));
    freeReplyObject(theirs);
  }
  redisReaderFree(reader);
}

void check(std::string_view stream, std::string_view lengths) {
  for (const FrameLimits& limits : {FrameLimits{}, tight}) {
    const Reading cut = read_within_bounds(stream, lengths, limits);
    ensure(cut == read_within_bounds(stream, "\xff", limits), "the same, whole or cut");
    ensure(cut == read_within_bounds(stream, {}, limits), "the same, byte by byte");
  }
  const Reading usual = read(stream, {}, {});
  bool oversized = false;
  for (const Reply& reply : usual.replies) {
    oversized = oversized || holds_oversized(reply);
  }
  if (usual.fault.empty() && !oversized) {
    compare_with_hiredis(stream, usual);
  }
}

}  // namespace
}  // namespace arbees::redis

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  arbees::fuzz::Input input(data, size);
  const std::string_view lengths = input.line();
  arbees::redis::check(input.rest(), lengths);
  return 0;
}
