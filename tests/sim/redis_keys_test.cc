// Keys, their ends and transactions in the model; that the real server answers the same is what
// tests/conformance shows.

#include <gtest/gtest.h>

#include <string>

#include "tests/sim/redis_fixture.h"

namespace arbees::sim::redis {
namespace {

class RedisKeys : public RedisModelTest {};

TEST_F(RedisKeys, EndByTheWallClock) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "SET lock me NX PX 1500"), "+OK\r\n");
  EXPECT_EQ(answer(client, "SET lock you NX PX 1500"), "$-1\r\n");
  EXPECT_EQ(answer(client, "PTTL lock"), ":1500\r\n");
  EXPECT_EQ(answer(client, "TTL lock"), ":2\r\n");
  advance(milliseconds{1500});
  EXPECT_EQ(answer(client, "GET lock"), "$2\r\nme\r\n");
  advance(milliseconds{1});
  EXPECT_EQ(answer(client, "GET lock"), "$-1\r\n");
  EXPECT_EQ(answer(client, "SET lock you NX PX 1500"), "+OK\r\n");
}

TEST_F(RedisKeys, ComeBackWhenTheWallClockJumpsBackBeforeAnybodyLooked) {
  const ClientId client = open();
  (void)answer(client, "SET lock me PX 1000");
  advance(seconds{5});
  advance(seconds{-5});
  EXPECT_EQ(answer(client, "GET lock"), "$2\r\nme\r\n");
}

TEST_F(RedisKeys, LiveInSixteenDatabases) {
  const ClientId client = open();
  (void)answer(client, "SET a 0");
  (void)answer(client, "SELECT 15");
  EXPECT_EQ(answer(client, "GET a"), "$-1\r\n");
  (void)answer(client, "SET a 15");
  (void)answer(client, "SET b 15");
  EXPECT_EQ(answer(client, "DBSIZE"), ":2\r\n");
  EXPECT_EQ(answer(client, "FLUSHDB"), "+OK\r\n");
  (void)answer(client, "SELECT 0");
  EXPECT_EQ(answer(client, "KEYS *"), "*1\r\n$1\r\na\r\n");
  EXPECT_EQ(answer(client, "FLUSHALL"), "+OK\r\n");
  EXPECT_EQ(answer(client, "DBSIZE"), ":0\r\n");
}

TEST_F(RedisKeys, AreGoneAfterARestart) {
  (void)answer(open(), "SET a 1 PX 10");
  server_.restart();
  const ClientId client = open();
  EXPECT_EQ(answer(client, "EXISTS a"), ":0\r\n");
  advance(seconds{1});
  (void)take_writes();
  EXPECT_EQ(answer(client, "DBSIZE"), ":0\r\n");
  EXPECT_EQ(take_writes(), "");
}

TEST_F(RedisKeys, TellReplicasInstantsInsteadOfSpans) {
  const ClientId client = open();
  for (const std::string command :
       {"SET a 1 EX 10 NX", "SET a 2 GET", "SETEX a 10 3", "EXPIRE a 20", "GETEX a PERSIST",
        "GETSET a 4", "GETDEL a", "SETNX a 5", "SETNX a 6", "INCR a", "EXPIRE a -1", "DEL a",
        "MSET a 1 b 2", "UNLINK a c", "FLUSHALL", "PUBLISH news hi", "GET a"}) {
    (void)answer(client, command);
  }
  EXPECT_EQ(take_writes(),
            "0: SET a 1 PXAT 1000000010000\n"
            "0: SET a 2\n"
            "0: SET a 3 PXAT 1000000010000\n"
            "0: PEXPIREAT a 1000000020000\n"
            "0: PERSIST a\n"
            "0: SET a 4\n"
            "0: DEL a\n"
            "0: SETNX a 5\n"
            "0: INCR a\n"
            "0: DEL a\n"
            "0: MSET a 1 b 2\n"
            "0: UNLINK a c\n"
            "0: FLUSHALL\n"
            "0: PUBLISH news hi\n");
}

TEST_F(RedisKeys, TellReplicasWhatEndedByItself) {
  const ClientId client = open();
  (void)answer(client, "SET a 1 PX 10\r\nSELECT 3\r\nSET b 1 PX 10");
  advance(milliseconds{11});
  (void)take_writes();
  (void)answer(client, "PING");
  EXPECT_EQ(take_writes(), "0: DEL a\n3: DEL b\n");
}

TEST_F(RedisKeys, TellReplicasATransactionAsOne) {
  const ClientId client = open();
  (void)answer(client, "MULTI\r\nSET a 1\r\nGET a\r\nINCR a\r\nEXEC\r\nMULTI\r\nINCR a\r\nEXEC");
  EXPECT_EQ(take_writes(), "MULTI\n0: SET a 1\n0: INCR a\nEXEC\n0: INCR a\n");
}

class RedisKeysLookedAt : public RedisModelTest {
 protected:
  RedisKeysLookedAt() : RedisModelTest({.active_expiry = false}) {}
};

TEST_F(RedisKeysLookedAt, EndWhenSomebodyLooks) {
  const ClientId client = open();
  (void)answer(client, "SET a 1 PXAT 1\r\nSET b 1 PXAT 1");
  (void)take_writes();
  EXPECT_EQ(answer(client, "DBSIZE\r\nKEYS *"), ":2\r\n*0\r\n");
  EXPECT_EQ(take_writes(), "");
  EXPECT_EQ(answer(client, "MGET a b\r\nDBSIZE"), "*2\r\n$-1\r\n$-1\r\n:0\r\n");
  EXPECT_EQ(take_writes(), "MULTI\n0: DEL a\n0: DEL b\nEXEC\n");
}

TEST_F(RedisKeysLookedAt, ThatWereOverWhenWatchedMayVanish) {
  const ClientId client = open();
  (void)answer(client, "SET a 1 PXAT 1\r\nWATCH a\r\nGET a");
  EXPECT_EQ(answer(client, "MULTI\r\nPING\r\nEXEC"), "+OK\r\n+QUEUED\r\n*1\r\n+PONG\r\n");
  (void)answer(client, "SET a 1 PX 5\r\nWATCH a");
  advance(milliseconds{6});
  EXPECT_EQ(answer(client, "MULTI\r\nPING\r\nEXEC"), "+OK\r\n+QUEUED\r\n*-1\r\n");
}

class RedisTransactions : public RedisModelTest {};

TEST_F(RedisTransactions, RunAllOrNothing) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "MULTI\r\nSET a 1\r\nINCR a\r\nINCR a x\r\nEXEC"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n"
            "-ERR wrong number of arguments for 'incr' command\r\n"
            "-EXECABORT Transaction discarded because of previous errors.\r\n");
  EXPECT_EQ(answer(client, "GET a"), "$-1\r\n");
  EXPECT_EQ(answer(client, "MULTI\r\nSET a x\r\nINCR a\r\nGET a\r\nEXEC"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n"
            "-ERR value is not an integer or out of range\r\n$1\r\nx\r\n");
}

TEST_F(RedisTransactions, AreOffWhenAWatchedKeyChanged) {
  const ClientId client = open();
  const ClientId other = open();
  for (const std::string change : {"SET a 1", "EXPIRE a 10", "DEL a", "SET a 1 PX 1", "FLUSHALL"}) {
    (void)answer(client, "WATCH a");
    (void)answer(other, change);
    EXPECT_EQ(answer(client, "MULTI\r\nEXEC"), "+OK\r\n*-1\r\n") << change;
  }
  (void)answer(client, "WATCH a");
  (void)answer(other, "SET b 1\r\nSELECT 1\r\nSET a 1\r\nFLUSHDB");
  EXPECT_EQ(answer(client, "MULTI\r\nEXEC"), "+OK\r\n*0\r\n");
  (void)answer(client, "WATCH a\r\nUNWATCH");
  (void)answer(other, "SELECT 0\r\nSET a 1");
  EXPECT_EQ(answer(client, "MULTI\r\nEXEC"), "+OK\r\n*0\r\n");
}

TEST_F(RedisTransactions, AreOffWhenAWatchedKeyEnded) {
  const ClientId client = open();
  (void)answer(client, "SET a 1 PX 10\r\nWATCH a");
  advance(milliseconds{11});
  EXPECT_EQ(answer(client, "MULTI\r\nEXEC"), "+OK\r\n*-1\r\n");
}

TEST_F(RedisTransactions, EndWithResetAndQuit) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "MULTI\r\nSET a 1\r\nRESET\r\nEXEC"),
            "+OK\r\n+QUEUED\r\n+RESET\r\n-ERR EXEC without MULTI\r\n");
  EXPECT_EQ(answer(client, "MULTI\r\nSET a 1\r\nQUIT\r\nEXEC"), "+OK\r\n+QUEUED\r\n+OK\r\n");
  EXPECT_TRUE(hung_up_on(client));
  EXPECT_EQ(answer(open(), "GET a"), "$-1\r\n");
}

TEST_F(RedisTransactions, MaySubscribe) {
  const ClientId client = open();
  EXPECT_EQ(answer(client, "MULTI\r\nSUBSCRIBE a\r\nPUBLISH a x\r\nEXEC"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
            "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n:1\r\n");
}

TEST_F(RedisTransactions, ForgetAClientThatLeft) {
  const ClientId client = open();
  (void)answer(client, "WATCH a\r\nMULTI\r\nSET a 1");
  server_.closed(client);
  EXPECT_EQ(answer(open(), "SET a 2\r\nGET a"), "+OK\r\n$1\r\n2\r\n");
}

class RedisWithRoomForTwo : public RedisModelTest {
 protected:
  RedisWithRoomForTwo() : RedisModelTest({.maxclients = 2}) {}
};

TEST_F(RedisWithRoomForTwo, TurnsTheThirdAway) {
  const ClientId first = open();
  (void)open();
  const auto third = server_.open();
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error(), "-ERR max number of clients reached\r\n");
  server_.closed(first);
  EXPECT_TRUE(server_.open());
}

}  // namespace
}  // namespace arbees::sim::redis
