// What operators and tools ask the model: other clients, settings, numbers, the commands it knows.

#include <gtest/gtest.h>

#include <string>

#include "tests/sim/redis_fixture.h"

namespace arbees::sim::redis {
namespace {

class RedisOperating : public RedisModelTest {
 protected:
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(RedisOperating, TellsWhoIsConnected) {
  const ClientId client = open();
  const ClientId listener =
      server_.open({.remote = "10.0.0.7:5", .local = "10.0.0.1:6379"}).value();
  advance(seconds{3});
  (void)answer(listener, "CLIENT SETNAME shard-1");
  advance(seconds{4});
  (void)answer(client, "SELECT 2\r\nMULTI\r\nPING\r\nEXEC");
  (void)answer(listener, "SUBSCRIBE a b\r\nPSUBSCRIBE *");
  const std::string list = answer(client, "CLIENT LIST");
  EXPECT_TRUE(has(list,
                  "id=1 addr=127.0.0.1:0 laddr=127.0.0.1:6379 fd=8 name= age=7 idle=0 flags=N "
                  "db=2 sub=0 psub=0 ssub=0 multi=-1 "))
      << list;
  EXPECT_TRUE(has(list,
                  "id=2 addr=10.0.0.7:5 laddr=10.0.0.1:6379 fd=8 name=shard-1 age=7 idle=0 "
                  "flags=P db=0 sub=2 psub=1 "))
      << list;
  EXPECT_TRUE(has(list, "cmd=psubscribe user=default redir=-1 resp=2\n")) << list;
  EXPECT_FALSE(has(answer(client, "CLIENT LIST TYPE normal"), "id=2 "));
  EXPECT_TRUE(has(answer(client, "CLIENT LIST ID 2 9"), "id=2 "));
  EXPECT_TRUE(has(answer(client, "CLIENT INFO"), "id=1 "));
  const std::string within = answer(client, "MULTI\r\nCLIENT INFO\r\nEXEC");
  EXPECT_TRUE(has(within, " flags=x ") && has(within, " multi=1 ") && has(within, " cmd=exec "))
      << within;
}

TEST_F(RedisOperating, EndsConnectionsByAddressAndByFilter) {
  const ClientId client = open();
  const ClientId named = server_.open({.remote = "10.0.0.7:5"}).value();
  const ClientId listener = open();
  (void)answer(listener, "SUBSCRIBE a");
  EXPECT_EQ(answer(client, "CLIENT KILL 10.0.0.7:6"), "-ERR No such client\r\n");
  EXPECT_EQ(answer(client, "CLIENT KILL 10.0.0.7:5"), "+OK\r\n");
  EXPECT_TRUE(hung_up_on(named));
  EXPECT_EQ(answer(client, "CLIENT KILL TYPE normal"), ":0\r\n");
  EXPECT_EQ(answer(client, "CLIENT KILL TYPE pubsub USER default"), ":1\r\n");
  EXPECT_TRUE(hung_up_on(listener));
  EXPECT_EQ(answer(client, "CLIENT KILL ID 1 SKIPME no\r\nPING"), ":1\r\n");
  EXPECT_TRUE(hung_up_on(client));
  EXPECT_EQ(server_.clients(), 0U);
}

TEST_F(RedisOperating, AnswersNothingBeyondItsOwnEnd) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "MULTI\r\nCLIENT KILL ID 1 SKIPME no\r\nPING\r\nEXEC\r\nPING"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n");
}

TEST_F(RedisOperating, KeepsQuietWhenToldTo) {
  const ClientId client = open();
  EXPECT_EQ(answer(client,
                   "CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY SKIP\r\nfoo\r\n"
                   "CLIENT REPLY ON\r\nPING\r\nCLIENT REPLY SKIP\r\nPING\r\nECHO a"),
            "+OK\r\n+PONG\r\n$1\r\na\r\n");
  EXPECT_EQ(answer(client, "CLIENT REPLY OFF\r\nSUBSCRIBE a\r\nPING\r\nUNSUBSCRIBE\r\nRESET"),
            "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
            "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n+RESET\r\n");
}

TEST_F(RedisOperating, TellsItsSettings) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "CONFIG GET save"), "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
  EXPECT_EQ(answer(client, "CONFIG GET MAXC* maxclients foo"),
            "*2\r\n$10\r\nmaxclients\r\n$5\r\n10000\r\n");
  EXPECT_EQ(answer(client, "CONFIG GET client-output-buffer-limit"),
            "*2\r\n$26\r\nclient-output-buffer-limit\r\n$67\r\n"
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60\r\n");
}

TEST_F(RedisOperating, TakesAllNewSettingsOrNone) {
  const ClientId client = open();
  EXPECT_EQ(
      answer(client, "CONFIG SET maxclients 1 maxmemory x"),
      "-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a "
      "memory value\r\n");
  (void)open();
  EXPECT_EQ(answer(client, "CONFIG SET maxclients 2 maxmemory 1gb"), "+OK\r\n");
  EXPECT_FALSE(server_.open());
  EXPECT_EQ(answer(client, "CONFIG GET maxmemory"),
            "*2\r\n$9\r\nmaxmemory\r\n$10\r\n1073741824\r\n");
  EXPECT_EQ(answer(client, "CONFIG SET client-output-buffer-limit \"pubsub 1kb 10 5\""), "+OK\r\n");
  (void)answer(client, "SUBSCRIBE a");
  EXPECT_FALSE(server_.over_output_limit(client, 1'023));
  EXPECT_TRUE(server_.over_output_limit(client, 1'024));
}

TEST_F(RedisOperating, ReadsSizesAsTheRealServerDoes) {
  const ClientId client = open();
  const auto size = [&](const std::string& text) {
    EXPECT_EQ(answer(client, "CONFIG SET maxmemory \"" + text + "\""), "+OK\r\n") << text;
    const std::string reply = answer(client, "CONFIG GET maxmemory");
    const std::size_t end = reply.size() - 2;
    const std::size_t begin = reply.rfind('\n', end) + 1;
    return reply.substr(begin, end - begin);
  };
  EXPECT_EQ(size(""), "0");
  EXPECT_EQ(size("kb"), "0");
  EXPECT_EQ(size("1k"), "1000");
  EXPECT_EQ(size("1KB"), "1024");
  EXPECT_EQ(size("18446744073709551616"), "18446744073709551615");
  EXPECT_EQ(size("18446744073709551615k"), "18446744073709550616");
  EXPECT_EQ(size("18014398509481984kb"), "0");
}

TEST_F(RedisOperating, WhoWasKilledHearsNothingMore) {
  const ClientId client = open();
  (void)answer(open(), "SUBSCRIBE a");
  EXPECT_EQ(answer(client, "CLIENT KILL TYPE pubsub\r\nPUBLISH a x"), ":1\r\n:0\r\n");
}

TEST_F(RedisOperating, NotEvictingOutlivesReset) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "CLIENT NO-EVICT on\r\nRESET"), "+OK\r\n+RESET\r\n");
  EXPECT_TRUE(has(answer(client, "CLIENT INFO"), " flags=e "));
}

TEST_F(RedisOperating, ADoomedTransactionKeepsNoCommands) {
  const ClientId client = open();
  (void)answer(client, "MULTI\r\nGET\r\nPING");
  EXPECT_TRUE(has(answer(open(), "CLIENT LIST ID " + std::to_string(client.value())), " multi=0 "));
}

TEST_F(RedisOperating, WantsThePasswordItWasGiven) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "CONFIG SET requirepass secret\r\nPING"), "+OK\r\n+PONG\r\n");
  EXPECT_EQ(answer(open(), "GET a\r\nAUTH secret"), "-NOAUTH Authentication required.\r\n+OK\r\n");
}

TEST_F(RedisOperating, CountsForInfo) {
  const ClientId client = open();
  (void)answer(client, "SET a 1\r\nSET b 1 PX 4000\r\nGET a\r\nGET c\r\nGET c\r\nSUBSCRIBE x");
  advance(seconds{2});
  const ClientId other = open();
  EXPECT_EQ(answer(other, "INFO keyspace"),
            "$47\r\n# Keyspace\r\ndb0:keys=2,expires=1,avg_ttl=2000\r\n\r\n");
  const std::string info = answer(other, "INFO");
  for (const std::string line :
       {"redis_version:7.0.15", "uptime_in_seconds:2", "connected_clients:2", "keyspace_hits:1",
        "keyspace_misses:2", "total_connections_received:2", "total_commands_processed:8",
        "pubsub_channels:1", "role:master", "\r\n\r\n# Stats"}) {
    EXPECT_TRUE(has(info, line + "\r\n")) << line << " in " << info;
  }
  (void)answer(other, "CONFIG RESETSTAT");
  EXPECT_TRUE(has(answer(other, "INFO stats"), "keyspace_misses:0\r\n"));
  EXPECT_EQ(answer(other, "INFO foo"), "$0\r\n\r\n");
}

TEST_F(RedisOperating, TellsWhoListens) {
  const ClientId client = open();
  (void)answer(open(), "SUBSCRIBE a b\r\nPSUBSCRIBE * x*");
  (void)answer(open(), "SUBSCRIBE a\r\nPSUBSCRIBE *");
  EXPECT_EQ(answer(client, "PUBSUB CHANNELS"), "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(answer(client, "PUBSUB CHANNELS [b-c]"), "*1\r\n$1\r\nb\r\n");
  EXPECT_EQ(answer(client, "PUBSUB NUMSUB a c"), "*4\r\n$1\r\na\r\n:2\r\n$1\r\nc\r\n:0\r\n");
  EXPECT_EQ(answer(client, "PUBSUB NUMPAT"), ":2\r\n");
}

TEST_F(RedisOperating, TellsItsCommands) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "COMMAND INFO get foo"),
            "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
            "*3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n*0\r\n*0\r\n$-1\r\n");
  EXPECT_EQ(answer(client, "COMMAND LIST FILTERBY PATTERN CLIENT|I*"),
            "*2\r\n$9\r\nclient|id\r\n$11\r\nclient|info\r\n");
  EXPECT_TRUE(has(answer(client, "COMMAND"), "$8\r\nflushall\r\n:-1\r\n*1\r\n+write\r\n"));
  EXPECT_TRUE(has(answer(client, "COMMAND DOCS"), "$3\r\nget\r\n*6\r\n$7\r\nsummary\r\n"));
}

}  // namespace
}  // namespace arbees::sim::redis
