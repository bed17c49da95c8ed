// What the model says, in bytes. That the real server says the same is what tests/conformance
// shows.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/command_table.h"
#include "sim/redis/glob.h"
#include "sim/redis/request_parser.h"
#include "sim/redis/server.h"

namespace arbees::sim::redis {
namespace {

using namespace std::string_literals;

class RedisModel : public ::testing::Test, private ServerOutput {
 protected:
  ClientId open() { return server_.open().value(); }
  struct Sent {
    ClientId client;
    std::string bytes;
    friend bool operator==(const Sent&, const Sent&) = default;
  };

  /// What one client hears of what it says.
  std::string answer(ClientId client, std::string_view bytes) {
    said_[client].clear();
    server_.feed(client, bytes);
    return said_[client];
  }
  std::string heard(ClientId client) { return said_[client]; }
  void forget_what_was_said() {
    said_.clear();
    sent_.clear();
  }

  struct StoppedClock final : ServerClock {
    [[nodiscard]] WallTime wall_now() const override { return now; }
    WallTime now{seconds{1'000'000'000}};
  };
  StoppedClock clock_;
  Server server_{*this, clock_};
  std::vector<Sent> sent_;
  std::vector<ClientId> closed_;

 private:
  void send(ClientId client, std::string_view bytes) override {
    said_[client] += bytes;
    sent_.push_back({client, std::string(bytes)});
  }
  void close(ClientId client) override { closed_.push_back(client); }

  std::map<ClientId, std::string> said_;
};

TEST_F(RedisModel, AnswersPingInBothForms) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "PING\r\n"), "+PONG\r\n");
  EXPECT_EQ(answer(client, "*2\r\n$4\r\nPING\r\n$2\r\nhi\r\n"), "$2\r\nhi\r\n");
  EXPECT_EQ(answer(client, "SUBSCRIBE a\r\n"), "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
  EXPECT_EQ(answer(client, "PING hi\r\n"), "*2\r\n$4\r\npong\r\n$2\r\nhi\r\n");
}

TEST_F(RedisModel, ReadsARequestHoweverItIsCut) {
  const std::string stream =
      "*3\r\n$7\r\nPUBLISH\r\n$1\r\na\r\n$2\r\n\r\n\r\nECHO 'a b'\r\n*1\r\n$4\r\nPING\r\n";
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      const ClientId client = open();
      std::string answers = answer(client, stream.substr(0, first));
      answers += answer(client, stream.substr(first, second - first));
      answers += answer(client, stream.substr(second));
      ASSERT_EQ(answers, ":0\r\n$3\r\na b\r\n+PONG\r\n") << "cut at " << first << ", " << second;
      server_.closed(client);
    }
  }
}

TEST_F(RedisModel, SendsWhatOneTurnCausesInOnePiece) {
  const ClientId listener = open();
  const ClientId speaker = open();
  server_.feed(listener, "SUBSCRIBE a\r\n");
  forget_what_was_said();
  server_.feed(speaker, "PUBLISH a 1\r\nPUBLISH a 2\r\n");
  EXPECT_EQ(sent_, (std::vector<Sent>{{speaker, ":1\r\n:1\r\n"},
                                      {listener,
                                       "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n1\r\n"
                                       "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n2\r\n"}}));
}

TEST_F(RedisModel, CountsACopyPerSubscriptionThatMatches) {
  const ClientId both = open();
  const ClientId speaker = open();
  server_.feed(both, "SUBSCRIBE news.1 other\r\nPSUBSCRIBE news.* n* x*\r\n");
  forget_what_was_said();
  EXPECT_EQ(answer(speaker, "PUBLISH news.1 hi\r\n"), ":3\r\n");
  EXPECT_EQ(heard(both),
            "*3\r\n$7\r\nmessage\r\n$6\r\nnews.1\r\n$2\r\nhi\r\n"
            "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$6\r\nnews.1\r\n$2\r\nhi\r\n"
            "*4\r\n$8\r\npmessage\r\n$6\r\nnews.*\r\n$6\r\nnews.1\r\n$2\r\nhi\r\n");
}

TEST_F(RedisModel, ServesSubscribersInTheOrderTheySubscribed) {
  const ClientId early_id = open();
  const ClientId pattern = open();
  const ClientId late_id = open();
  const ClientId speaker = open();
  server_.feed(pattern, "PSUBSCRIBE *\r\n");
  server_.feed(late_id, "SUBSCRIBE a\r\n");
  server_.feed(early_id, "SUBSCRIBE a\r\n");
  forget_what_was_said();
  server_.feed(speaker, "PUBLISH a 1\r\n");
  std::vector<ClientId> order;
  for (const Sent& sent : sent_) {
    order.push_back(sent.client);
  }
  EXPECT_EQ(order, (std::vector{speaker, late_id, early_id, pattern}));
}

TEST_F(RedisModel, ForgetsAClientThatIsGone) {
  const ClientId listener = open();
  const ClientId speaker = open();
  server_.feed(listener, "SUBSCRIBE a b\r\nPSUBSCRIBE *\r\n");
  server_.closed(listener);
  forget_what_was_said();
  EXPECT_EQ(answer(speaker, "PUBLISH a 1\r\n"), ":0\r\n");
  server_.feed(listener, "PING\r\n");
  server_.closed(listener);
  EXPECT_EQ(sent_.size(), 1U);
  EXPECT_EQ(server_.clients(), 1U);
}

TEST_F(RedisModel, HangsUpAfterQuitAndHearsNothingMore) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "PING\r\nQUIT\r\nPING\r\n"), "+PONG\r\n+OK\r\n");
  EXPECT_EQ(closed_, std::vector{client});
  EXPECT_EQ(answer(client, "PING\r\n"), "");
  EXPECT_EQ(server_.clients(), 0U);
}

TEST_F(RedisModel, HangsUpAfterAProtocolError) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "PING\r\n*1\r\nPING\r\n"),
            "+PONG\r\n-ERR Protocol error: expected '$', got 'P'\r\n");
  EXPECT_EQ(closed_, std::vector{client});
}

TEST_F(RedisModel, HangsUpOnHttpWithoutAWord) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "POST / HTTP/1.1\r\nHost: example.org\r\n"), "");
  EXPECT_EQ(closed_, std::vector{client});
}

TEST_F(RedisModel, RefusesHello3) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "HELLO 3\r\n"), "-NOPROTO unsupported protocol version\r\n");
  EXPECT_EQ(
      answer(client, "HELLO 2 SETNAME shard-1\r\n"),
      "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:2\r\n"
      "$2\r\nid\r\n:1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
      "$7\r\nmodules\r\n*0\r\n");
  EXPECT_EQ(answer(client, "CLIENT GETNAME\r\n"), "$7\r\nshard-1\r\n");
}

TEST_F(RedisModel, RefusesWhatASubscribedClientMayNot) {
  const ClientId client = open();
  server_.feed(client, "SUBSCRIBE a\r\n");
  EXPECT_EQ(
      answer(client, "CLIENT SETNAME x\r\n"),
      "-ERR Can't execute 'client|setname': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT "
      "/ RESET are allowed in this context\r\n");
  EXPECT_EQ(answer(client, "RESET\r\nCLIENT SETNAME x\r\n"), "+RESET\r\n+OK\r\n");
}

TEST_F(RedisModel, RestartsEmptyWithIdsFromOne) {
  const ClientId listener = open();
  server_.feed(listener, "SUBSCRIBE a\r\n");
  server_.restart();
  EXPECT_TRUE(closed_.empty());
  const ClientId after = open();
  EXPECT_NE(after, listener);
  EXPECT_EQ(answer(after, "CLIENT ID\r\nPUBLISH a 1\r\n"), ":1\r\n:0\r\n");
  EXPECT_EQ(answer(listener, "PING\r\n"), "");
}

TEST_F(RedisModel, CountsWhatItDid) {
  const ClientId listener = open();
  const ClientId speaker = open();
  server_.feed(listener, "SUBSCRIBE a\r\nPSUBSCRIBE ?\r\n");
  server_.feed(speaker, "PUBLISH a 1\r\nPUBLISH b 1\r\nFOO\r\n*x\r\n");
  const ServerStats& stats = server_.stats();
  EXPECT_EQ(stats.clients_opened, 2U);
  EXPECT_EQ(stats.commands, 5U);
  EXPECT_EQ(stats.error_replies, 2U);
  EXPECT_EQ(stats.published, 2U);
  EXPECT_EQ(stats.delivered, 3U);
}

TEST_F(RedisModel, WaitsForARequestOfAnySizeWithoutMakingRoomForIt) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "*1000000000\r\n$536870912\r\nx"), "");
  EXPECT_TRUE(closed_.empty());
}

TEST(RedisCommandTable, EveryCommandCanRun) {
  for (const Command& command : command_table()) {
    EXPECT_TRUE(command.run != nullptr || !command.subcommands.empty()) << command.name;
    EXPECT_TRUE(command.run != nullptr || command.arity <= -2) << command.name << " alone";
  }
}

TEST(RedisGlob, FitsAsTheServerDoes) {
  EXPECT_TRUE(glob_matches("shard:*:heartbeat", "shard:A:heartbeat"));
  EXPECT_FALSE(glob_matches("shard:*:heartbeat", "shard:A:heartbeats"));
  EXPECT_TRUE(glob_matches("*a*b", "xaxbab"));
  EXPECT_TRUE(glob_matches("[^a-c]?\\*", "dx*"));
  EXPECT_TRUE(glob_matches("[c-a]", "b"));
  EXPECT_FALSE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("[ab", "b"));
}

TEST(RedisGlob, StopsAt1000Stars) {
  std::string pattern;
  for (int i = 0; i < 1'000; ++i) {
    pattern += "*a";
  }
  EXPECT_TRUE(glob_matches(pattern, std::string(1'000, 'a')));
  EXPECT_TRUE(glob_matches(pattern + "*", std::string(1'000, 'a')));
  EXPECT_FALSE(glob_matches(pattern + "*a", std::string(1'001, 'a')));
}

TEST(RedisRequestParser, GivesNothingMoreAfterAnError) {
  RequestParser parser;
  parser.feed("*x\r\nPING\r\n");
  EXPECT_EQ(parser.next(), RequestParser::Step::failed);
  EXPECT_EQ(parser.next(), RequestParser::Step::failed);
  EXPECT_EQ(parser.error(), "Protocol error: invalid multibulk length");
}

}  // namespace
}  // namespace arbees::sim::redis
