#include "prod/asio/termination.h"

#include <csignal>
#include <cstdlib>

#include "tests/prod/loop_fixture.h"

namespace arbees::prod {
namespace {

using TerminationTest = LoopFixture;
using TerminationDeathTest = LoopFixture;

TEST_F(TerminationTest, TheFirstSignalIsAStep) {
  int asked = 0;
  const TerminationSignals signals(loop_.io(), [&](int number) { asked = number; });
  std::raise(SIGTERM);
  EXPECT_EQ(asked, 0);
  ASSERT_TRUE(run_until([&] { return asked != 0; }));
  EXPECT_EQ(asked, SIGTERM);
}

TEST_F(TerminationTest, ABrokenPipeIsNotTheEnd) {
  const TerminationSignals signals(loop_.io(), [](int) {});
  std::raise(SIGPIPE);
  SUCCEED();
}

TEST_F(TerminationDeathTest, TheSecondSignalEndsTheProcessAtOnce) {
  for (const int number : {SIGTERM, SIGINT}) {
    EXPECT_EXIT(
        {
          // The loop does not even run.
          const TerminationSignals signals(loop_.io(), [](int) {});
          std::raise(SIGTERM);
          std::raise(number);
        },
        ::testing::ExitedWithCode(128 + number), "");
  }
}

TEST_F(TerminationDeathTest, PutsBackWhatWasThereBefore) {
  EXPECT_EXIT(
      {
        {
          const TerminationSignals signals(loop_.io(), [](int) {});
        }
        std::raise(SIGTERM);
      },
      ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace arbees::prod
