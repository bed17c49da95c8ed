// Users, their rights, and what a server refuses in which condition. Wordings are the real server's;
// tests/conformance/redis_access_test.cc holds both against each other.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/server.h"
#include "sim/redis/sha256.h"

namespace arbees::sim::redis {
namespace {

constexpr std::string_view noauth = "-NOAUTH Authentication required.\r\n";
constexpr std::string_view no_channel =
    "-NOPERM this user has no permissions to access one of the channels used as arguments\r\n";

class RedisAccess : public ::testing::Test, private ServerOutput, private ServerWatch {
 protected:
  ClientId open() { return server_.open().value(); }
  std::string answer(ClientId client, std::string_view line) {
    said_[client].clear();
    server_.feed(client, std::string(line) + "\r\n");
    return said_[client];
  }
  std::string heard(ClientId client) { return said_[client]; }
  ClientId user(std::string_view rules) {
    const ClientId operator_client = open();
    EXPECT_EQ(answer(operator_client, "ACL SETUSER u reset on nopass " + std::string(rules)),
              "+OK\r\n");
    const ClientId client = open();
    EXPECT_EQ(answer(client, "AUTH u any"), "+OK\r\n");
    return client;
  }

  struct Clock final : ServerClock {
    [[nodiscard]] WallTime wall_now() const override { return now; }
    WallTime now{seconds{1'000'000'000}};
  };
  Clock clock_;
  Server server_{*this, clock_, {.maxclients = 6}};
  std::vector<ClientId> closed_;
  std::vector<std::string> refused_;
  Delivery delivery_ = Delivery::once;
  std::string push_;  ///< the last message that was to be handed over
  void watch() { server_.set_watch(this); }

 private:
  void send(ClientId client, std::string_view bytes) override { said_[client] += bytes; }
  void close(ClientId client) override { closed_.push_back(client); }
  Delivery delivery(ClientId, std::string_view, std::string_view push) override {
    push_ = push;
    return delivery_;
  }
  void refused(ClientId, std::string_view code) override { refused_.emplace_back(code); }

  std::map<ClientId, std::string> said_;
};

TEST(Sha256, GivesTheDigestsOfTheStandard) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_F(RedisAccess, WhoHasNotLoggedInMayDoLittle) {
  server_.require_password("secret");
  const ClientId client = open();
  for (const std::string_view line :
       {"PING", "PUBLISH a b", "SUBSCRIBE a", "MULTI", "ACL WHOAMI"}) {
    EXPECT_EQ(answer(client, line), noauth) << line;
  }
  EXPECT_TRUE(answer(client, "HELLO 2").starts_with("-NOAUTH HELLO must be called with"));
  EXPECT_EQ(answer(client, "RESET"), "+RESET\r\n");
  EXPECT_EQ(answer(client, "AUTH wrong"),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_EQ(answer(client, "PING"), noauth);
  EXPECT_EQ(answer(client, "AUTH secret"), "+OK\r\n");
  EXPECT_EQ(answer(client, "PING"), "+PONG\r\n");
  EXPECT_EQ(answer(client, "AUTH default secret"), "+OK\r\n");
  EXPECT_EQ(answer(client, "RESET"), "+RESET\r\n");
  EXPECT_EQ(answer(client, "PING"), noauth);
  EXPECT_TRUE(answer(client, "HELLO 2 AUTH default secret").starts_with("*14\r\n"));
  EXPECT_EQ(answer(client, "PING"), "+PONG\r\n");
}

TEST_F(RedisAccess, APasswordThatComesLaterLeavesThoseWhoAreThere) {
  const ClientId early = open();
  server_.require_password("secret");
  EXPECT_EQ(answer(early, "PING"), "+PONG\r\n");
  EXPECT_EQ(answer(open(), "PING"), noauth);
  server_.require_password("");
  EXPECT_EQ(answer(open(), "PING"), "+PONG\r\n");
}

TEST_F(RedisAccess, ACommandThatIsNotAllowedIsNamed) {
  const ClientId client = user("+ping +client|id +@pubsub -psubscribe allchannels");
  EXPECT_EQ(answer(client, "PING"), "+PONG\r\n");
  EXPECT_EQ(answer(client, "ECHO a"),
            "-NOPERM this user has no permissions to run the 'echo' command\r\n");
  EXPECT_EQ(answer(client, "CLIENT ID").front(), ':');
  EXPECT_EQ(answer(client, "CLIENT GETNAME"),
            "-NOPERM this user has no permissions to run the 'client|getname' command\r\n");
  EXPECT_EQ(answer(client, "PUBLISH a b"), ":0\r\n");
  EXPECT_EQ(answer(client, "PSUBSCRIBE a"),
            "-NOPERM this user has no permissions to run the 'psubscribe' command\r\n");
  EXPECT_EQ(answer(client, "NOPE"), "-ERR unknown command 'NOPE', with args beginning with: \r\n");
}

TEST_F(RedisAccess, TheLastRuleAboutACommandDecides) {
  const ClientId client = user("+@all -client +client|id -@connection +ping +echo -echo");
  EXPECT_EQ(answer(client, "PING"), "+PONG\r\n");
  EXPECT_TRUE(answer(client, "ECHO a").starts_with("-NOPERM"));
  EXPECT_TRUE(answer(client, "CLIENT ID").starts_with("-NOPERM"));
  EXPECT_EQ(answer(client, "ACL WHOAMI"), "$1\r\nu\r\n");
}

TEST_F(RedisAccess, KeysMustFitAPattern) {
  const ClientId client = user("+@all ~a* ~b");
  EXPECT_EQ(answer(client, "WATCH a ab b"), "+OK\r\n");
  EXPECT_EQ(answer(client, "WATCH a c"),
            "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n");
}

TEST_F(RedisAccess, AChannelMustFitAndAPatternMustBeGrantedAsItStands) {
  const ClientId client = user("+@all &news.* &x");
  EXPECT_EQ(answer(client, "PUBLISH news.1 hi"), ":0\r\n");
  EXPECT_EQ(answer(client, "PUBLISH other hi"), no_channel);
  EXPECT_EQ(answer(client, "PSUBSCRIBE news.1"), no_channel)
      << "it lies within, but was not granted";
  EXPECT_EQ(answer(client, "SUBSCRIBE news.1 other"), no_channel);
  EXPECT_EQ(answer(client, "PSUBSCRIBE news.*"),
            "*3\r\n$10\r\npsubscribe\r\n$6\r\nnews.*\r\n:1\r\n");
  EXPECT_EQ(answer(client, "SUBSCRIBE news.1"), "*3\r\n$9\r\nsubscribe\r\n$6\r\nnews.1\r\n:2\r\n");
}

TEST_F(RedisAccess, ANewUserHearsNothingUnlessTheServerSaysOtherwise) {
  const ClientId client = user("+@all");
  EXPECT_EQ(answer(client, "SUBSCRIBE a"), no_channel);
  EXPECT_EQ(answer(open(), "ACL LIST"),
            "*2\r\n$34\r\nuser default on nopass ~* &* +@all\r\n"
            "$53\r\nuser u on nopass sanitize-payload resetchannels +@all\r\n");
}

TEST_F(RedisAccess, WhoLosesAChannelInUseLosesTheConnection) {
  const ClientId listener = user("+@all &a &b");
  const ClientId other = open();
  EXPECT_EQ(answer(other, "AUTH u any"), "+OK\r\n");
  (void)answer(listener, "SUBSCRIBE a");
  (void)answer(other, "SUBSCRIBE b");
  const ClientId admin = open();
  EXPECT_EQ(answer(admin, "ACL SETUSER u &c"), "+OK\r\n");
  EXPECT_TRUE(closed_.empty());
  EXPECT_EQ(answer(admin, "ACL SETUSER u resetchannels &b"), "+OK\r\n");
  EXPECT_EQ(closed_, std::vector{listener});
  EXPECT_EQ(answer(admin, "PUBLISH a x"), ":0\r\n");
  EXPECT_EQ(answer(admin, "PUBLISH b x"), ":1\r\n");
}

TEST_F(RedisAccess, WhoseUserIsRemovedLosesTheConnection) {
  const ClientId client = user("+@all");
  EXPECT_EQ(answer(open(), "ACL DELUSER nobody u"), ":1\r\n");
  EXPECT_EQ(closed_, std::vector{client});
  EXPECT_EQ(answer(open(), "AUTH u any"),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  const ClientId self = user("+@all");
  EXPECT_EQ(answer(self, "ACL DELUSER u"), ":1\r\n") << "who removes itself hears that";
  EXPECT_EQ(closed_.back(), self);
  EXPECT_EQ(answer(open(), "ACL DELUSER default"), "-ERR The 'default' user cannot be removed\r\n");
}

TEST_F(RedisAccess, SwitchingAUserOffKeepsItsConnections) {
  const ClientId client = user("+@all");
  EXPECT_EQ(answer(open(), "ACL SETUSER u off"), "+OK\r\n");
  EXPECT_EQ(answer(client, "PING"), "+PONG\r\n");
  EXPECT_TRUE(answer(open(), "AUTH u any").starts_with("-WRONGPASS"));
}

TEST_F(RedisAccess, AWrongRuleLeavesTheUserAsItWas) {
  const ClientId admin = open();
  EXPECT_EQ(answer(admin, "ACL SETUSER u on +ping +nope"),
            "-ERR Error in ACL SETUSER modifier '+nope': Unknown command or category name in "
            "ACL\r\n");
  EXPECT_EQ(answer(admin, "ACL USERS"), "*1\r\n$7\r\ndefault\r\n");
}

TEST_F(RedisAccess, RightsAreLookedAtAgainWhenATransactionRuns) {
  const ClientId client = user("+@all allchannels");
  (void)answer(client, "MULTI");
  EXPECT_EQ(answer(client, "ECHO a"), "+QUEUED\r\n");
  EXPECT_EQ(answer(client, "PING"), "+QUEUED\r\n");
  EXPECT_EQ(answer(open(), "ACL SETUSER u -echo"), "+OK\r\n");
  EXPECT_EQ(answer(client, "EXEC"),
            "*2\r\n-NOPERM ACLs rules changed between the moment the transaction was accumulated "
            "and the EXEC call. This command is no longer allowed for the following reason: no "
            "permission to execute the command or subcommand\r\n+PONG\r\n");
}

TEST_F(RedisAccess, ALoadingServerServesWhatNeedsNoData) {
  server_.set({.loading = true});
  const ClientId client = open();
  EXPECT_EQ(answer(client, "PING"), "-LOADING Redis is loading the dataset in memory\r\n");
  EXPECT_EQ(answer(client, "PUBLISH a b"), ":0\r\n");
  EXPECT_EQ(answer(client, "ECHO a"), "$1\r\na\r\n");
  server_.set({});
  EXPECT_EQ(answer(client, "PING"), "+PONG\r\n");
}

TEST_F(RedisAccess, WithoutMemoryATransactionTakesNothing) {
  server_.set({.out_of_memory = true});
  const ClientId client = open();
  EXPECT_EQ(answer(client, "PING"), "+PONG\r\n");
  EXPECT_EQ(answer(client, "MULTI"), "+OK\r\n");
  EXPECT_EQ(answer(client, "PING"), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(answer(client, "EXEC"),
            "-EXECABORT Transaction discarded because of previous errors.\r\n");
}

TEST_F(RedisAccess, AServerThatCannotSaveRefusesPing) {
  server_.set({.cannot_save = true});
  const ClientId client = open();
  EXPECT_TRUE(answer(client, "PING").starts_with("-MISCONF Redis is configured to save RDB"));
  EXPECT_EQ(answer(client, "PUBLISH a b"), ":0\r\n");
}

TEST_F(RedisAccess, AReplicaWithoutItsMasterServesWhatMayBeStale) {
  server_.set({.master_away = true});
  const ClientId client = open();
  EXPECT_EQ(answer(client, "PING"),
            "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to "
            "'no'.\r\n");
  EXPECT_EQ(answer(client, "PUBLISH a b"), ":0\r\n");
}

TEST_F(RedisAccess, ABusyServerRefusesNearlyEverything) {
  server_.set({.busy = true});
  const ClientId client = open();
  for (const std::string_view line : {"PING", "PUBLISH a b", "SUBSCRIBE a", "CLIENT ID"}) {
    EXPECT_EQ(answer(client, line),
              "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN "
              "NOSAVE.\r\n");
  }
  EXPECT_EQ(answer(client, "MULTI"), "+OK\r\n");
  EXPECT_TRUE(
      answer(client, "EXEC").starts_with("-EXECABORT Transaction discarded because of: BUSY"));
  EXPECT_EQ(answer(client, "RESET"), "+RESET\r\n");
}

TEST_F(RedisAccess, ManyConditionsAreToldInTheServersOrder) {
  const ClientId client = open();
  server_.set({.cannot_save = true, .master_away = true});
  EXPECT_TRUE(answer(client, "PING").starts_with("-MISCONF"));
  server_.set({.loading = true, .master_away = true, .busy = true});
  EXPECT_TRUE(answer(client, "PING").starts_with("-MASTERDOWN"));
  server_.set({.loading = true, .busy = true});
  EXPECT_TRUE(answer(client, "PING").starts_with("-LOADING"));
  (void)answer(client, "SUBSCRIBE a");
  server_.require_password("secret");
  EXPECT_EQ(answer(open(), "PING"), noauth);
}

TEST_F(RedisAccess, AFullServerSaysSoAndTakesNobody) {
  const ClientId early = open();
  server_.set({.full = true});
  EXPECT_EQ(server_.open().error(), "-ERR max number of clients reached\r\n");
  EXPECT_EQ(answer(early, "PING"), "+PONG\r\n");
}

TEST_F(RedisAccess, TheHostLearnsOfEachRefusal) {
  watch();
  server_.set({.loading = true});
  const ClientId client = open();
  (void)answer(client, "PING");
  (void)answer(client, "NOPE");
  EXPECT_EQ(refused_, std::vector<std::string>{"LOADING"});
}

TEST_F(RedisAccess, ALostMessageCountsAsDelivered) {
  watch();
  const ClientId listener = open();
  (void)answer(listener, "SUBSCRIBE a");
  delivery_ = Delivery::never;
  const ClientId speaker = open();
  EXPECT_EQ(answer(speaker, "PUBLISH a x"), ":1\r\n");
  EXPECT_EQ(heard(listener), "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
}

TEST_F(RedisAccess, AMessageHandedOverTwiceCountsOnceAndOneForLaterIsTheHosts) {
  watch();
  const ClientId listener = open();
  (void)answer(listener, "SUBSCRIBE a");
  const std::string before = heard(listener);
  const std::string push = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n";
  const ClientId speaker = open();
  delivery_ = Delivery::later;
  EXPECT_EQ(answer(speaker, "PUBLISH a x"), ":1\r\n");
  EXPECT_EQ(heard(listener), before);
  EXPECT_EQ(push_, push);
  delivery_ = Delivery::twice;
  EXPECT_EQ(answer(speaker, "PUBLISH a x"), ":1\r\n");
  EXPECT_EQ(heard(listener), before + push + push);
}

TEST_F(RedisAccess, ASubscriberWithTooMuchUnsentIsForgotten) {
  const ClientId listener = open();
  const ClientId speaker = open();
  constexpr std::size_t hard = 32U << 20U;
  (void)answer(listener, "SUBSCRIBE a");
  EXPECT_FALSE(server_.over_output_limit(listener, hard - 1));
  EXPECT_FALSE(server_.over_output_limit(speaker, 10 * hard))
      << "no limit for who subscribed nothing";
  EXPECT_TRUE(server_.over_output_limit(listener, hard));
  EXPECT_EQ(answer(speaker, "PUBLISH a x"), ":0\r\n");
}

TEST_F(RedisAccess, ASubscriberMayHaveMuchUnsentForAWhile) {
  const ClientId listener = open();
  constexpr std::size_t soft = 8U << 20U;
  (void)answer(listener, "SUBSCRIBE a");
  EXPECT_FALSE(server_.over_output_limit(listener, soft));
  clock_.now += seconds{50};
  EXPECT_FALSE(server_.over_output_limit(listener, soft - 1)) << "time starts anew from here";
  clock_.now += seconds{50};
  EXPECT_FALSE(server_.over_output_limit(listener, soft));
  clock_.now += seconds{60};
  EXPECT_FALSE(server_.over_output_limit(listener, soft));
  clock_.now += seconds{1};
  EXPECT_TRUE(server_.over_output_limit(listener, soft));
}

TEST_F(RedisAccess, KilledClientsAreGone) {
  const ClientId one = open();
  const ClientId other = open();
  server_.kill_clients();
  EXPECT_EQ(closed_, (std::vector{one, other}));
  EXPECT_EQ(answer(one, "PING"), "");
}

TEST_F(RedisAccess, ARestartForgetsUsersAndPasswords) {
  (void)user("+@all");
  server_.require_password("secret");
  server_.restart();
  const ClientId client = open();
  EXPECT_EQ(answer(client, "ACL USERS"), "*1\r\n$7\r\ndefault\r\n");
}

TEST_F(RedisAccess, AnOperatorIsHeardWhateverTheCondition) {
  server_.set({.loading = true, .busy = true});
  server_.require_password("secret");
  EXPECT_EQ(server_.operate({"ACL", "SETUSER", "default", "resetchannels"}), "+OK\r\n");
  EXPECT_EQ(server_.operate({"NOPE"}),
            "-ERR unknown command 'NOPE', with args beginning with: \r\n");
}

}  // namespace
}  // namespace arbees::sim::redis
