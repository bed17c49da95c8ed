#include "prod/asio/listener.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/prod/loop_fixture.h"
#include "tests/prod/recording_handler.h"
#include "tests/prod/temp_folder.h"
#include "tests/support/stream_socket.h"

namespace arbees::prod {
namespace {

using testing::StreamSocket;

struct Served {
  RecordingHandler handler;
  std::unique_ptr<Connection> connection;
  AcceptedAddress address;
};

class Clients final : public AcceptHandler {
 public:
  ConnectionHandler& on_accept(std::unique_ptr<Connection> connection,
                               const AcceptedAddress& address) override {
    auto served = std::make_unique<Served>();
    served->connection = std::move(connection);
    served->address = address;
    all.push_back(std::move(served));
    return all.back()->handler;
  }

  std::vector<std::unique_ptr<Served>> all;
};

/// Every descriptor this process may still have, taken.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 256;
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC); fd >= 0; fd = ::dup(taken_.front()))
      taken_.push_back(fd);
  }
  ~NoDescriptors() { give_back(); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

  void give_back() {
    for (const int fd : taken_)
      ::close(fd);
    taken_.clear();
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

class ListenerTest : public LoopFixture, public ::testing::WithParamInterface<Endpoint::Kind> {
 protected:
  ListenerTest() {
    auto opened = open(where());
    if (!opened)
      throw std::runtime_error(opened.error());
    listener_ = *std::move(opened);
  }

  std::expected<std::unique_ptr<Listener>, std::string> open(const Endpoint& where) {
    return Listener::open(loop_.io(), where, clients_,
                          {.pause_without_descriptors = std::chrono::milliseconds{1},
                           .farewell = std::chrono::milliseconds{40}});
  }
  [[nodiscard]] Endpoint where() const {
    return GetParam() == Endpoint::Kind::tcp ? Endpoint{Endpoint::Kind::tcp, "127.0.0.1", 0}
                                             : Endpoint{Endpoint::Kind::unix_socket, path_, 0};
  }
  [[nodiscard]] StreamSocket connect() const {
    return GetParam() == Endpoint::Kind::tcp ? StreamSocket::connect_loopback(listener_->port())
                                             : StreamSocket::connect_unix(path_);
  }
  Served& accepted(std::size_t number = 1) {
    EXPECT_TRUE(run_until([&] { return clients_.all.size() >= number; }));
    return *clients_.all.at(number - 1);
  }

  TempFolder folder_;
  std::string path_ = folder_.file("socket");
  Clients clients_;
  std::unique_ptr<Listener> listener_;
};

INSTANTIATE_TEST_SUITE_P(Over, ListenerTest,
                         ::testing::Values(Endpoint::Kind::tcp, Endpoint::Kind::unix_socket),
                         [](const auto& kind) {
                           return kind.param == Endpoint::Kind::tcp ? "Tcp" : "UnixSocket";
                         });

TEST_P(ListenerTest, CarriesBytesBothWays) {
  StreamSocket client = connect();
  client.send("PING\r\n");
  Served& served = accepted();
  ASSERT_TRUE(run_until([&] { return served.handler.data == "PING\r\n"; }));
  served.connection->write("+PO");
  served.connection->write("NG\r\n");
  EXPECT_EQ(served.connection->queued_bytes(), 7U);
  ASSERT_TRUE(run_until([&] { return served.handler.drained == 1; }));
  EXPECT_EQ(served.connection->queued_bytes(), 0U);
  EXPECT_EQ(client.receive(), "+PONG\r\n");
}

TEST_P(ListenerTest, SaysWhoHasConnected) {
  const StreamSocket client = connect();
  const Served& served = accepted();
  if (GetParam() == Endpoint::Kind::tcp) {
    EXPECT_EQ(served.address.local, "127.0.0.1:" + std::to_string(listener_->port()));
    EXPECT_TRUE(served.address.remote.starts_with("127.0.0.1:"));
    EXPECT_NE(served.address.remote, served.address.local);
  } else {
    EXPECT_EQ(served.address.remote, path_ + ":0");
    EXPECT_EQ(served.address.local, path_ + ":0");
  }
}

TEST_P(ListenerTest, TellsTheEndOfAClient) {
  std::optional<StreamSocket> client = connect();
  Served& served = accepted();
  client.reset();
  ASSERT_TRUE(run_until([&] { return served.handler.closed.has_value(); }));
  EXPECT_EQ(served.handler.closed, CloseReason::end_of_stream);
}

TEST_P(ListenerTest, SendsWhatIsQueuedBeforeItCloses) {
  StreamSocket client = connect();
  Served& served = accepted();
  served.connection->write("-ERR max number of clients reached\r\n");
  served.connection->close();
  served.connection->write("never");
  ASSERT_TRUE(run_until([&] { return served.handler.closed.has_value(); }));
  EXPECT_EQ(client.receive(), "-ERR max number of clients reached\r\n");
  EXPECT_EQ(client.receive(), "");
}

TEST_P(ListenerTest, QueuesWhatASlowReaderDoesNotTakeAndSendsAllOfItInTheEnd) {
  StreamSocket client = connect();
  Served& served = accepted();
  const std::string text(more_than_buffers, 'x');
  served.connection->write(text);
  run_ready();
  EXPECT_GT(served.connection->queued_bytes(), 0U);
  EXPECT_EQ(served.handler.drained, 0);
  served.connection->write("the end");
  std::size_t received = 0;
  std::string last;
  while (received < text.size() + 7) {
    run_ready();
    const auto bytes = client.receive(milliseconds{1});
    received += bytes ? bytes->size() : 0;
    last = bytes ? *bytes : last;
  }
  EXPECT_TRUE(last.ends_with("the end"));
  ASSERT_TRUE(run_until([&] { return served.handler.drained == 1; }));
}

TEST_P(ListenerTest, PausedReadingHoldsTheClientBack) {
  StreamSocket client = connect();
  Served& served = accepted();
  served.connection->pause_reading();
  client.send("first");
  ASSERT_TRUE(run_until([&] {
    loop_.io().poll();
    return !client.send(std::string(std::size_t{1} << 20U, 'x'), milliseconds{50});
  }));
  EXPECT_EQ(served.handler.data, "");
  served.connection->resume_reading();
  ASSERT_TRUE(run_until([&] { return served.handler.data.size() > 100'000; }));
  EXPECT_TRUE(served.handler.data.starts_with("firstx"));
}

TEST_P(ListenerTest, MayLoseItsConnectionInsideACall) {
  StreamSocket client = connect();
  Served& served = accepted();
  served.handler.when_data = [&] { served.connection.reset(); };
  client.send("bye");
  ASSERT_TRUE(run_until([&] { return served.connection == nullptr; }));
  EXPECT_EQ(client.receive(), "");
  EXPECT_FALSE(served.handler.closed.has_value());
}

TEST_P(ListenerTest, AcceptsAgainOnceThereAreDescriptors) {
#ifdef ARBEES_SANITIZED
  GTEST_SKIP()
      << "the sanitizer's check of virtual calls opens a pipe itself, and takes having none for a "
         "bad pointer; the builds without sanitizers run this";
#endif
  StreamSocket client = connect();
  client.send("still here");
  NoDescriptors none;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{20};
  // A listener that stops at the error or spins on it is told apart below: by whether it goes on, and by
  // how many steps it took.
  std::size_t steps = 0;
  while (std::chrono::steady_clock::now() < until) {
    loop_.io().restart();
    steps += loop_.io().run_one_until(until);
  }
  EXPECT_TRUE(clients_.all.empty());
  EXPECT_LE(steps, 100U);
  none.give_back();
  Served& served = accepted();
  EXPECT_TRUE(run_until([&] { return served.handler.data == "still here"; }));
}

TEST_P(ListenerTest, RefusesAPlaceThatSomebodyServes) {
  const Endpoint taken = GetParam() == Endpoint::Kind::tcp
                             ? Endpoint{Endpoint::Kind::tcp, "127.0.0.1", listener_->port()}
                             : where();
  const auto second = open(taken);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().find("Address already in use"), std::string::npos) << second.error();
  // The refused one has not taken the path away from the first.
  EXPECT_NO_THROW([[maybe_unused]] const StreamSocket client = connect());
}

TEST_P(ListenerTest, ConnectionsGoOnWithoutTheListener) {
  StreamSocket client = connect();
  Served& served = accepted();
  const Endpoint again = GetParam() == Endpoint::Kind::tcp
                             ? Endpoint{Endpoint::Kind::tcp, "127.0.0.1", listener_->port()}
                             : where();
  listener_.reset();
  served.connection->write("goes on");
  ASSERT_TRUE(run_until([&] { return served.handler.drained == 1; }));
  EXPECT_EQ(client.receive(), "goes on");
  EXPECT_TRUE(open(again).has_value());
}

TEST(ListenerOnAUnixSocket, RemovesNoFileThatIsNoSocket) {
  const TempFolder folder;
  const std::string path = folder.file("precious");
  std::ofstream(path) << "data";
  Loop loop;
  Clients clients;
  EXPECT_FALSE(
      Listener::open(loop.io(), {Endpoint::Kind::unix_socket, path, 0}, clients).has_value());
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace arbees::prod
