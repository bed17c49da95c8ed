// What the model of Redis reads from a client is the same however its bytes are cut.
//
// Covers: sim/redis/request_parser.cc sim/redis/inline_request.cc
// Dictionary: resp.dict
// Input: a line whose bytes are the lengths of the pieces, in turns ('1' is 1, 'A' is 17); then the stream.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/assert.h"
#include "sim/redis/request_parser.h"
#include "tests/fuzz/input.h"

namespace arbees::sim::redis {
namespace {

struct Reading {
  std::vector<std::vector<std::string>> requests;
  std::string error;

  friend bool operator==(const Reading&, const Reading&) = default;
};

Reading read(std::string_view stream, std::string_view lengths) {
  RequestParser parser;
  Reading reading;
  for (std::size_t turn = 0; !stream.empty(); ++turn) {
    const auto length = static_cast<std::uint8_t>(
        lengths.empty() ? 1 : static_cast<std::uint8_t>(lengths[turn % lengths.size()]) - '0');
    const std::string piece(stream.substr(0, std::max<std::size_t>(length, 1)));
    stream.remove_prefix(piece.size());
    parser.feed(piece);
    RequestParser::Step step = parser.next();
    for (; step == RequestParser::Step::request; step = parser.next()) {
      ensure(!parser.arguments().empty(), "a request is never empty");
      reading.requests.emplace_back(parser.arguments().begin(), parser.arguments().end());
    }
    if (step == RequestParser::Step::failed) {
      reading.error = parser.error();
      ensure(!reading.error.empty(), "a fault says what is wrong");
      return reading;
    }
  }
  return reading;
}

}  // namespace
}  // namespace arbees::sim::redis

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace arbees;
  fuzz::Input input(data, size);
  const std::string_view lengths = input.line();
  const sim::redis::Reading cut = sim::redis::read(input.rest(), lengths);
  ensure(cut == sim::redis::read(input.rest(), "\xff"), "the same, whole or cut");
  ensure(cut == sim::redis::read(input.rest(), {}), "the same, byte by byte");
  return 0;
}
