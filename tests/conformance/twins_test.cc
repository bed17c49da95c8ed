#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/conformance/twins.h"

namespace arbees::testing {
namespace {

class TwinsOnASlowMachine : public ::testing::TestWithParam<Twins::Connection> {};

INSTANTIATE_TEST_SUITE_P(At, TwinsOnASlowMachine, ::testing::Values(Twins::control, 1),
                         [](const auto& test) {
                           return test.param == Twins::control ? "Control" : "AnotherConnection";
                         });

// Found by the comparison in the plain state: the real server was away from its processor for longer than the
// connection that prepares both servers waited, which was then told of a reply that the real server does not give.
TEST_P(TwinsOnASlowMachine, WaitForTheRealServer) {
  Twins twins;
  twins.connect(2);
  StreamSocket somebody = StreamSocket::connect_unix(twins.real().socket_path());
  somebody.send("PING\r\n");
  ASSERT_EQ(somebody.receive(), "+PONG\r\n") << "it reads from now on what comes first";
  somebody.send("DEBUG SLEEP 0.2\r\n");
  const Exchange exchange = twins.exchange(GetParam(), {{{"PING"}}}, {});
  ASSERT_EQ(exchange.said.size(), 1U);
  EXPECT_EQ(exchange.said[0].real, std::vector<std::string>{"+PONG\r\n"});
  EXPECT_EQ(exchange.disorder, "");
}

/// Beside two twins, a client of the real server alone, which decides when that one looks for whom to hang up on.
class RealServerWithAPassword : public ::testing::Test {
 protected:
  RealServerWithAPassword() {
    twins.connect(2);
    (void)ask("PING\r\n");
    (void)twins.exchange(Twins::control, {{{"CONFIG", "SET", "requirepass", "x"}}}, {});
  }

  std::string ask(std::string_view command) {
    somebody.send(command);
    return somebody.receive().value_or("");
  }
  /// It looks right after what the twins say next, and has heard all of that.
  void look_after_what_comes() { somebody.send("DEBUG SLEEP 0.3\r\n"); }
  /// What it holds for each idle client becomes as small as can be.
  void shrink_buffers() {
    ASSERT_EQ(ask("DEBUG REPLYBUFFER PEAK-RESET-TIME 0\r\n"), "+OK\r\n");
    constexpr int times = 1'000'000;  // It looks at a few clients ten times a second.
    int left = times;
    while (left > 0 && ask("CLIENT LIST\r\n").find("rbs=16384") != std::string::npos) {
      --left;
    }
    ASSERT_GT(left, 0) << "a client's buffer stays as large as it was";
  }

  Twins twins;
  StreamSocket somebody = StreamSocket::connect_unix(twins.real().socket_path());
};

// Found by the comparison before a login: who logs out with a long reply on its way may lose the connection (CVE-2025-21605), if the real server
// looks for such clients just then.
TEST_F(RealServerWithAPassword, IsHeardWithALongReplyBeforeALogout) {
  look_after_what_comes();
  const Exchange exchange =
      twins.exchange(1, {{{"AUTH", "x"}}, {{"COMMAND"}}, {{"RESET"}}, {{"GET", "a"}}}, {});
  EXPECT_EQ(exchange.disorder, "");
  ASSERT_EQ(exchange.said.size(), 4U);
  EXPECT_EQ(exchange.said[3].real,
            std::vector<std::string>{"-NOAUTH Authentication required.\r\n"});
}

// The same with short replies, many of them: after some idle seconds the real server holds little for a client.
TEST_F(RealServerWithAPassword, IsHeardBeforeItHasSaidMuch) {
  (void)twins.exchange(1, {{{"RESET"}}}, {});
  shrink_buffers();
  look_after_what_comes();
  const Exchange exchange =
      twins.exchange(1, std::vector<TypedCommand>(100, TypedCommand{{"GET", "a"}}), {});
  EXPECT_EQ(exchange.disorder, "");
  ASSERT_EQ(exchange.said.size(), 100U);
  EXPECT_EQ(exchange.said[99].real,
            std::vector<std::string>{"-NOAUTH Authentication required.\r\n"});
}

}  // namespace
}  // namespace arbees::testing
