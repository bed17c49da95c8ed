// Users and rights of the model against a real redis-server. A case is one connection's whole life;
// the last one in it removes the user again.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/conformance/redis_pair.h"

namespace arbees::testing {
namespace {

class Access : public ::testing::Test {
 protected:
  /// Each line is a request; sent as a stream that ends.
  void expect_same(const std::vector<std::string>& lines) {
    std::string stream;
    for (const std::string& line : lines) {
      stream += line + "\r\n";
    }
    const std::vector<std::string> pieces{stream};
    const Answers answers = pair_.ask_last(pair_.connect(), pieces);
    EXPECT_EQ(answers.model, answers.real);
    const std::vector<std::string> cleaning{"ACL DELUSER u v\r\n"};
    (void)pair_.ask_last(pair_.connect(), cleaning);
    pair_.hang_up_all();
  }

  RedisPair pair_;
};

TEST_F(Access, RulesAreTakenAndRefusedInTheSameWords) {
  for (const char* rules :
       {"",
        "on",
        "off",
        "ON nopass",
        "foo",
        "+foo",
        "+@foo",
        "+",
        "+@",
        "-",
        "-@",
        "~",
        "&",
        "\"\"",
        "+client|foo",
        "-client|foo",
        "+foo|bar",
        "+ping|x",
        "-ping|x",
        "+client|id|x",
        "-client|id|x",
        "<nope",
        "#abc",
        "!abc",
        ">a >a >b <a",
        "nopass >a",
        ">a nopass",
        ">a resetpass",
        "~x allkeys ~y",
        "allkeys ~y",
        "~* ~*",
        "~a ~a",
        "&x allchannels &y",
        "&* &*",
        "\"~a b\"",
        "\"&a b\"",
        "\">a b\"",
        "~x allkeys resetkeys ~z",
        "&x resetchannels &y",
        "-@ALL +PING",
        "+@all -ping",
        "+@pubsub",
        "+@all -@dangerous",
        "nocommands",
        "allcommands",
        "+client",
        "+client -client|id",
        "reset",
        "on reset",
        "sanitize-payload",
        "skip-sanitize-payload",
        "#2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        ">foo !2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        "#2C26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        "clearselectors"}) {
    SCOPED_TRACE(rules);
    expect_same({"ACL SETUSER u " + std::string(rules), "ACL LIST", "ACL GETUSER u", "ACL USERS"});
  }
}

TEST_F(Access, SubcommandsAreRefusedInTheSameWords) {
  expect_same({"ACL", "ACL FOO", "ACL SETUSER", "ACL SETUSER \"a b\" on", "ACL DELUSER",
               "ACL DELUSER default", "ACL DELUSER x default", "ACL GETUSER", "ACL GETUSER nope",
               "ACL LIST x", "ACL USERS x", "ACL WHOAMI x", "ACL WHOAMI", "ACL CAT", "ACL CAT nope",
               "ACL CAT a b", "ACL CAT \"x\\r\\ny\""});
}

TEST_F(Access, CommandsKeysAndChannelsAreChecked) {
  expect_same(
      {"ACL SETUSER u on >p resetkeys resetchannels -@all +acl|whoami +publish +watch "
       "+subscribe +psubscribe +unsubscribe +multi +exec +echo &ch* &abc ~k*",
       "AUTH u x",
       "AUTH u p",
       "ACL WHOAMI",
       "PING",
       "CLIENT ID",
       "CLIENT",
       "CLIENT FOO",
       "PUBLISH x y",
       "PUBLISH ch1 y",
       "WATCH k1 k",
       "WATCH k1 x",
       "WATCH",
       "UNWATCH",
       "MULTI",
       "PING",
       "EXEC",
       "MULTI",
       "ECHO a",
       "EXEC",
       "QUITT",
       "SUBSCRIBE ch1",
       "SUBSCRIBE zzz",
       "SUBSCRIBE ch1 zzz",
       "PSUBSCRIBE ch*",
       "PSUBSCRIBE ch1",
       "PSUBSCRIBE abc",
       "PSUBSCRIBE x*",
       "UNSUBSCRIBE qq",
       "ECHO a",
       "RESET",
       "ACL WHOAMI"});
}

TEST_F(Access, TheLastRuleDecides) {
  for (const char* rules : {"+@all -client +client|id", "+client|id -client", "-@all +@connection",
                            "+@all -@connection +ping", "+ping|x", "+@pubsub -publish allchannels",
                            "+@all -@fast", "+@all -@slow", "+@all -@all +echo"}) {
    SCOPED_TRACE(rules);
    expect_same({"ACL SETUSER u on nopass " + std::string(rules), "AUTH u any", "PING", "PING x",
                 "ECHO a", "CLIENT ID", "CLIENT GETNAME", "PUBLISH a b", "ACL WHOAMI", "MULTI",
                 "EXEC"});
  }
}

TEST_F(Access, LoggingInChangesWhoOneIs) {
  expect_same({"AUTH x",
               "AUTH default x",
               "AUTH nobody x",
               "AUTH a b c",
               "ACL SETUSER u on >p +@all",
               "AUTH u p",
               "ACL WHOAMI",
               "AUTH u q",
               "ACL WHOAMI",
               "HELLO 2 AUTH default any",
               "ACL WHOAMI",
               "HELLO 2 AUTH u q",
               "ACL WHOAMI",
               "HELLO 2 AUTH u p SETNAME me",
               "ACL WHOAMI",
               "CLIENT GETNAME",
               "RESET",
               "ACL WHOAMI",
               "ACL SETUSER u off",
               "AUTH u p",
               "AUTH default x"});
}

TEST_F(Access, ADefaultUserWithAPasswordWantsItFirst) {
  expect_same({"ACL SETUSER default >p",
               "PING",
               "RESET",
               "PING",
               "HELLO",
               "HELLO 2 SETNAME x",
               "HELLO 9",
               "NOPE",
               "ECHO",
               "ECHO a",
               "MULTI",
               "EXEC",
               "SUBSCRIBE a",
               "AUTH q",
               "AUTH p",
               "PING",
               "AUTH default q",
               "ACL LIST",
               "ACL SETUSER default nopass",
               "ACL LIST"});
}

TEST_F(Access, ADefaultUserThatIsOffLetsNobodyIn) {
  expect_same({"ACL SETUSER u on nopass +@all", "ACL SETUSER default off", "PING", "RESET", "PING",
               "AUTH x", "AUTH default x", "HELLO", "AUTH u x", "PING", "ACL SETUSER default on"});
}

TEST_F(Access, WhoRemovesItselfHearsItStill) {
  expect_same({"ACL SETUSER u on nopass +@all", "AUTH u x", "ACL DELUSER u", "PING"});
  expect_same({"ACL SETUSER u on nopass +@all &a", "AUTH u x", "SUBSCRIBE a", "UNSUBSCRIBE a",
               "ACL SETUSER u resetchannels", "PING"});
}

}  // namespace
}  // namespace arbees::testing
