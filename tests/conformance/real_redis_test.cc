#include "tests/support/real_redis.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <system_error>

#include "tests/support/stream_socket.h"

namespace arbees::testing {
namespace {

std::string ping(StreamSocket& socket) {
  socket.send("PING\r\n");
  return socket.receive().value_or("<nothing>");
}

TEST(RealRedis, ComesBackEmptyOnTheSamePort) {
  RealRedis redis;
  const auto port = redis.port();
  const auto first = redis.pid();
  StreamSocket socket = StreamSocket::connect_loopback(port);
  socket.send("SET key value\r\n");
  EXPECT_EQ(socket.receive(), "+OK\r\n");

  redis.kill();
  EXPECT_FALSE(redis.running());
  EXPECT_EQ(socket.receive(), "");
  EXPECT_THROW((void)StreamSocket::connect_loopback(port), std::system_error);

  redis.start();
  EXPECT_NE(redis.pid(), first);
  EXPECT_EQ(redis.port(), port);
  socket = StreamSocket::connect_loopback(port);
  socket.send("GET key\r\n");
  EXPECT_EQ(socket.receive(), "$-1\r\n");

  redis.stop();
  EXPECT_FALSE(redis.running());
  EXPECT_EQ(socket.receive(), "");
}

TEST(RealRedis, AnswersNothingWhileFrozen) {
  RealRedis redis;
  StreamSocket socket = StreamSocket::connect_unix(redis.socket_path());
  for (int i = 0; i < 2; ++i) {
    redis.freeze();
    socket.send("PING\r\n");
    EXPECT_EQ(socket.receive(milliseconds{100}), std::nullopt);
    redis.thaw();
    EXPECT_EQ(socket.receive(), "+PONG\r\n");
  }
  EXPECT_EQ(ping(socket), "+PONG\r\n");
}

TEST(RealRedis, SaysWhyItDoesNotStart) {
  try {
    const RealRedis redis({"--no-such-setting", "1"});
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("ended at its start"), std::string::npos)
        << error.what();
  }
}

TEST(RealRedis, TakesSettings) {
  RealRedis redis({"--requirepass", "secret"});
  StreamSocket socket = StreamSocket::connect_unix(redis.socket_path());
  EXPECT_EQ(ping(socket), "-NOAUTH Authentication required.\r\n");
}

}  // namespace
}  // namespace arbees::testing
