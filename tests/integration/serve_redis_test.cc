// arbees-chaos serve-redis with the clients that people use, as they come: what they cannot be told from
// redis-server by, the simulator's model does right.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/child.h"
#include "tests/support/real_redis.h"
#include "tests/support/stream_socket.h"

namespace arbees::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

const std::string chaos = ARBEES_BIN_DIR "/arbees-chaos";

class ServeRedis : public ::testing::Test {
 protected:
  /// redis-cli, with these words after the server's address.
  [[nodiscard]] std::vector<std::string> cli(const std::vector<std::string>& words) const {
    std::vector<std::string> all{"redis-cli", "-p", port_};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
  /// What a client prints, which must end with 0.
  static std::string run(const std::vector<std::string>& words) {
    Child client(words);
    EXPECT_EQ(client.ends(), 0) << client.output();
    return client.output();
  }

  RealRedis server_{{}, RedisProgram::served_model};
  std::string port_ = std::to_string(server_.port());
};

TEST_F(ServeRedis, AnswersRedisCliOverTcpAndUnixSocket) {
  EXPECT_EQ(run(cli({"ping"})), "PONG\n");
  EXPECT_EQ(run({"redis-cli", "-s", server_.socket_path(), "echo", "hello"}), "hello\n");
  EXPECT_EQ(run(cli({"publish", "nobody", "listens"})), "0\n");
}

TEST_F(ServeRedis, TakesWhatRedisCliPipes) {
  const std::filesystem::path file =
      std::filesystem::path(server_.socket_path()).parent_path() / "commands";
  std::ofstream commands(file);
  for (int i = 0; i < 50'000; ++i) {
    commands << "*2\r\n$4\r\nECHO\r\n$40\r\n" << std::string(40, 'x') << "\r\n";
  }
  commands.close();
  const std::string said =
      run({"sh", "-c", "exec redis-cli -p " + port_ + " --pipe <" + file.string()});
  EXPECT_THAT(said, HasSubstr("errors: 0, replies: 50000"));
}

TEST_F(ServeRedis, LetsRedisCliStartOnATerminal) {
  Child terminal(cli({}), Child::Input::terminal);
  ASSERT_TRUE(terminal.prints("127.0.0.1:" + port_ + "> ")) << terminal.output();
  terminal.type("echo typed-by-hand\r");
  ASSERT_TRUE(terminal.prints("\"typed-by-hand\"")) << terminal.output();
  terminal.type("exit\r");
  EXPECT_EQ(terminal.ends(), 0) << terminal.output();
}

TEST_F(ServeRedis, CarriesMessagesBetweenTwoRedisClis) {
  Child subscriber(cli({"subscribe", "news"}));
  ASSERT_TRUE(subscriber.prints("subscribe\nnews\n1\n")) << subscriber.output();
  EXPECT_EQ(run(cli({"publish", "news", "it works"})), "1\n");
  EXPECT_TRUE(subscriber.prints("message\nnews\nit works\n")) << subscriber.output();
}

TEST_F(ServeRedis, ServesRedisBenchmark) {
  const std::string said =
      run({"redis-benchmark", "-p", port_, "-t", "ping_inline,ping_mbulk,set,get,incr", "-n",
           "20000", "-P", "16", "--csv"});
  for (const char* test : {"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR"}) {
    EXPECT_THAT(said, HasSubstr("\"" + std::string(test) + "\",\""));
  }
  EXPECT_EQ(run(cli({"get", "counter:__rand_int__"})), "20000\n");
}

TEST_F(ServeRedis, ServesPythonsRedisClient) {
  const std::string script = R"(
import redis, sys
client = redis.Redis(port=int(sys.argv[1]), client_name="by-hand")
print(client.ping(), client.client_getname())
pubsub = client.pubsub()
pubsub.subscribe("news")
pubsub.psubscribe("n*")
print([pubsub.get_message(timeout=30)["data"] for _ in range(2)])
print(client.publish("news", b"it \x00works"))
print([pubsub.get_message(timeout=30) for _ in range(2)])
pipeline = client.pipeline(transaction=False)
for i in range(20000):
    pipeline.echo("x" * 1000)
print(len(pipeline.execute()))
)";
  EXPECT_EQ(run({"/usr/bin/python3", "-c", script, port_}),
            "True by-hand\n"
            "[1, 2]\n"
            "2\n"
            "[{'type': 'message', 'pattern': None, 'channel': b'news', 'data': b'it \\x00works'}, "
            "{'type': 'pmessage', 'pattern': b'n*', 'channel': b'news', 'data': b'it "
            "\\x00works'}]\n"
            "20000\n");
}

// 32 MiB is the real server's limit. Publishing goes on until nobody is subscribed any more.
TEST_F(ServeRedis, CutsOffASubscriberThatDoesNotRead) {
  StreamSocket idle = StreamSocket::connect_unix(server_.socket_path());
  idle.send("SUBSCRIBE news\r\n");
  ASSERT_TRUE(idle.receive().has_value());
  StreamSocket publisher = StreamSocket::connect_unix(server_.socket_path());
  const std::string message =
      "*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$1048576\r\n" + std::string(1U << 20U, 'x') + "\r\n";
  int heard = 0;
  while (heard < 100) {
    publisher.send(message);
    if (publisher.receive() != ":1\r\n") {
      break;
    }
    ++heard;
  }
  EXPECT_GE(heard, 32);
  EXPECT_LT(heard, 64);
}

// A client that writes more than fits anywhere and reads nothing must not take the server's memory, and
// others must not notice.
TEST_F(ServeRedis, StopsReadingFromAClientThatDoesNotReadItsReplies) {
  StreamSocket greedy = StreamSocket::connect_unix(server_.socket_path());
  const std::string big(1U << 20U, 'x');
  const std::string request = "*2\r\n$4\r\nECHO\r\n$1048576\r\n" + big + "\r\n";
  int taken = 0;
  while (taken < 1000 && greedy.send(request, seconds{3})) {
    ++taken;
  }
  EXPECT_GE(taken, 64);
  EXPECT_LT(taken, 100);
  EXPECT_EQ(run(cli({"ping"})), "PONG\n");
}

TEST(ServeRedisProgram, SaysOnStdoutWhichPortItFoundAndEndsWithASummary) {
  Child server({chaos, "serve-redis", "--port", "0"});
  ASSERT_TRUE(server.prints("\n"));
  ASSERT_THAT(server.output(), MatchesRegex("port [0-9]+\n"));
  Child client({"redis-cli", "-p", server.output().substr(5, server.output().size() - 6), "ping"});
  EXPECT_EQ(client.ends(), 0);
  EXPECT_EQ(client.output(), "PONG\n");
  ::kill(server.pid(), SIGTERM);
  EXPECT_EQ(server.ends(), 0);
  EXPECT_THAT(server.output(), HasSubstr("served 1 commands of 1 clients"));
}

TEST(ServeRedisProgram, TurnsAwayClientsBeyondItsLimit) {
  const RealRedis server({"--maxclients", "1"}, RedisProgram::served_model);
  StreamSocket first = StreamSocket::connect_unix(server.socket_path());
  first.send("PING\r\n");
  EXPECT_EQ(first.receive(), "+PONG\r\n");
  StreamSocket second = StreamSocket::connect_unix(server.socket_path());
  EXPECT_EQ(second.receive(), "-ERR max number of clients reached\r\n");
  EXPECT_EQ(second.receive(), "");
}

TEST(ServeRedisProgram, AsksForThePasswordInTheFile) {
  std::string file = (std::filesystem::temp_directory_path() / "arbees-password-XXXXXX").string();
  const int fd = ::mkstemp(file.data());
  ASSERT_EQ(::write(fd, "open sesame\n", 12), 12);
  ::close(fd);
  {
    const RealRedis server({"--requirepass-file", file}, RedisProgram::served_model);
    const std::string port = std::to_string(server.port());
    Child stranger({"redis-cli", "-p", port, "ping"});
    EXPECT_EQ(stranger.ends(), 0);
    EXPECT_THAT(stranger.output(), HasSubstr("NOAUTH Authentication required."));
    Child friendly({"redis-cli", "--no-auth-warning", "-p", port, "-a", "open sesame", "ping"});
    EXPECT_EQ(friendly.ends(), 0);
    EXPECT_EQ(friendly.output(), "PONG\n");
  }
  std::filesystem::remove(file);
}

TEST(ServeRedisProgram, EndsInOrderOnControlC) {
  Child server({chaos, "serve-redis", "--port", "0"});
  ASSERT_TRUE(server.prints("port "));
  ::kill(server.pid(), SIGINT);
  EXPECT_EQ(server.ends(), 0) << server.output();
}

TEST(ServeRedisProgram, RefusesAnAddressItCannotHave) {
  const RealRedis other({}, RedisProgram::served_model);
  const std::string port = std::to_string(other.port());
  for (const auto& [words, complaint] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--port", port}, "listen on 127.0.0.1:" + port + ": Address already in use"},
           {{"--socket", other.socket_path()}, "Address already in use"},
           {{"--socket", std::string(200, 'x')}, "1 to 107 bytes"},
           {{"--socket", "/nowhere/at/all"}, "No such file or directory"},
           {{"--port", "0", "--host", "somewhere"}, "no IP address"},
           {{"--port", "65536"}, "--port"},
           {{"--port", "many"}, "--port"},
           {{"--port", "0", "--requirepass-file", "/nowhere"}, "/nowhere cannot be read"},
           {{}, "nowhere to listen"}}) {
    std::vector<std::string> all{chaos, "serve-redis"};
    all.insert(all.end(), words.begin(), words.end());
    Child server(all);
    EXPECT_EQ(server.ends(), 2) << complaint;
    EXPECT_THAT(server.output(), HasSubstr(complaint));
  }
}

TEST(ServeRedisProgram, TakesOverTheSocketOfAKilledServer) {
  RealRedis server({}, RedisProgram::served_model);
  server.kill();
  ASSERT_TRUE(std::filesystem::exists(server.socket_path()));
  Child next({chaos, "serve-redis", "--socket", server.socket_path()});
  ASSERT_TRUE(next.prints("socket ")) << next.output();
  ::kill(next.pid(), SIGTERM);
  EXPECT_EQ(next.ends(), 0);
  EXPECT_FALSE(std::filesystem::exists(server.socket_path()));
}

}  // namespace
}  // namespace arbees::testing
