#include "sim/net/pipe.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace arbees::sim {
namespace {

Segment segment(std::uint64_t end) {
  return {.sent = SimTime{}, .arrives = SimTime{}, .end = end, .kind = SegmentKind::data};
}

TEST(Pipe, AWireThatIsNeverEmptyForgetsWhatHasArrived) {
  PipeBuffer buffer;
  Pipe pipe;
  pipe.use(buffer);
  pipe.push_segment(segment(0));
  for (std::uint64_t end = 1; end <= 10'000; ++end) {
    pipe.push_segment(segment(end));
    EXPECT_EQ(pipe.pop_segment().end, end - 1);
  }
  EXPECT_EQ(pipe.first_segment().end, 10'000U);
  EXPECT_LT(buffer.segments.size(), 200U);
}

TEST(Pipe, IsIdleWhenEverythingIsReadAndAcknowledged) {
  PipeBuffer buffer;
  Pipe pipe;
  EXPECT_TRUE(pipe.idle());
  pipe.use(buffer);
  pipe.write("hello");
  EXPECT_FALSE(pipe.idle());
  EXPECT_TRUE(pipe.take(100));
  EXPECT_EQ(pipe.send(100, {}), "hello");
  pipe.arrive(5);
  EXPECT_EQ(pipe.readable(100), "hello");
  pipe.consume(5);
  EXPECT_FALSE(pipe.idle()) << "the sender does not know yet";
  EXPECT_TRUE(pipe.acknowledge());
  EXPECT_TRUE(pipe.idle());
  pipe.push_segment(segment(5));
  EXPECT_FALSE(pipe.idle()) << "a farewell, say";
}

TEST(Pipe, GoesOnWhereItWasInAnotherBuffer) {
  Pipe pipe;
  PipeBuffer first;
  PipeBuffer second;
  for (PipeBuffer* buffer : {&first, &second}) {
    pipe.use(*buffer);
    pipe.write("abc");
    EXPECT_TRUE(pipe.take(100));
    EXPECT_EQ(pipe.send(100, {}), "abc");
    pipe.arrive(pipe.sent());
    EXPECT_TRUE(pipe.acknowledge());
    EXPECT_EQ(pipe.readable(100), "abc");
    pipe.consume(3);
    buffer->clear();
    pipe.give_back();
    EXPECT_EQ(pipe.readable(100), "");
  }
  EXPECT_EQ(pipe.arrived(), 6U);
}

TEST(Pipe, ABufferIsNotKeptAtTheSizeOfItsLargestMessage) {
  PipeBuffer buffer;
  buffer.bytes = std::string(1'000, 'x');
  buffer.clear();
  EXPECT_GE(buffer.bytes.capacity(), 1'000U);
  buffer.bytes = std::string(1U << 20U, 'x');
  buffer.clear();
  EXPECT_LT(buffer.bytes.capacity(), 1U << 16U);
  EXPECT_TRUE(buffer.bytes.empty());
}

}  // namespace
}  // namespace arbees::sim
