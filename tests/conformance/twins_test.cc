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

// Found by the comparison before a login: who logs out with a long reply on its way may lose the connection (CVE-2025-21605), if the real server
// looks for such clients just then.
TEST(Twins, HearALongReplyBeforeTheyLogOut) {
  Twins twins;
  twins.connect(2);
  StreamSocket somebody = StreamSocket::connect_unix(twins.real().socket_path());
  somebody.send("PING\r\n");
  ASSERT_EQ(somebody.receive(), "+PONG\r\n");
  (void)twins.exchange(Twins::control, {{{"CONFIG", "SET", "requirepass", "x"}}}, {});
  somebody.send("DEBUG SLEEP 0.3\r\n");
  const Exchange exchange =
      twins.exchange(1, {{{"AUTH", "x"}}, {{"COMMAND"}}, {{"RESET"}}, {{"GET", "a"}}}, {});
  EXPECT_EQ(exchange.disorder, "");
  ASSERT_EQ(exchange.said.size(), 4U);
  EXPECT_EQ(exchange.said[3].real,
            std::vector<std::string>{"-NOAUTH Authentication required.\r\n"});
}

}  // namespace
}  // namespace arbees::testing
