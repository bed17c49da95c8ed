#include "prod/asio/transport.h"

#include <cerrno>
#include <memory>
#include <string>

#include "prod/asio/socket_errors.h"
#include "tests/prod/local_peer.h"
#include "tests/prod/loop_fixture.h"
#include "tests/prod/recording_handler.h"
#include "tests/prod/temp_folder.h"

namespace arbees::prod {
namespace {

/// Text in which every byte depends on its place, so that a lost or swapped piece shows.
std::string numbered(std::size_t size) {
  std::string text;
  text.reserve(size + 16);
  for (std::size_t i = 0; text.size() < size; ++i)
    text += std::to_string(i) + ',';
  text.resize(size);
  return text;
}

enum class Over { tcp, unix_socket, tls };

Endpoint::Kind kind_of(Over over) {
  return over == Over::unix_socket ? Endpoint::Kind::unix_socket : Endpoint::Kind::tcp;
}

std::string name_of(const ::testing::TestParamInfo<Over>& over) {
  switch (over.param) {
    case Over::tcp: return "Tcp";
    case Over::unix_socket: return "UnixSocket";
    case Over::tls: return "Tls";
  }
  return "Nothing";
}

class TransportTest : public LoopFixture, public ::testing::WithParamInterface<Over> {
 protected:
  TransportTest() {
    if (GetParam() == Over::tls)
      peer_.speak_tls(authority_.issue("peer", {"IP:127.0.0.1", "DNS:localhost"}));
  }
  void connect(Endpoint endpoint) {
    if (GetParam() == Over::tls)
      endpoint.tls = Tls{.ca_file = authority_.file()};
    connection_ = transport_.connect(endpoint, handler_);
  }
  template <class Done>
  [[nodiscard]] bool run_until(Done done) {
    return LoopFixture::run_until([&] {
      peer_.serve();
      return done();
    });
  }
  void connect_and_accept() {
    connect(peer_.endpoint());
    ASSERT_TRUE(run_until([&] { return handler_.connected; })) << handler_.detail;
    peer_.accept();
  }
  /// Runs while the peer receives, until it has `size` bytes.
  std::string receive(std::size_t size) {
    std::string received;
    EXPECT_TRUE(run_until([&] {
      received += peer_.receive();
      return received.size() >= size;
    }));
    return received;
  }

  TempFolder folder_;
  arbees::testing::Authority authority_{folder_.file("")};
  LocalPeer peer_{kind_of(GetParam())};
  AsioTransport transport_{loop_.io(), SocketLimits{.farewell = std::chrono::milliseconds{40}}};
  RecordingHandler handler_;
  std::unique_ptr<Connection> connection_;
};

INSTANTIATE_TEST_SUITE_P(Over, TransportTest,
                         ::testing::Values(Over::tcp, Over::unix_socket, Over::tls), name_of);

TEST_P(TransportTest, CarriesBytesBothWays) {
  connect_and_accept();
  connection_->write("PING\r\n");
  EXPECT_EQ(receive(6), "PING\r\n");
  peer_.send("+PONG\r\n");
  ASSERT_TRUE(run_until([&] { return handler_.data.size() == 7; }));
  EXPECT_EQ(handler_.data, "+PONG\r\n");
}

TEST_P(TransportTest, SendsWhatWasWrittenBeforeItWasConnected) {
  connect(peer_.endpoint());
  connection_->write("early ");
  connection_->write("bird");
  EXPECT_EQ(connection_->queued_bytes(), 10U);
  ASSERT_TRUE(run_until([&] { return handler_.connected; }));
  peer_.accept();
  EXPECT_EQ(receive(10), "early bird");
}

TEST_P(TransportTest, KeepsTheOrderOfPiecesAndBoundsAStep) {
  connect_and_accept();
  const std::string text = numbered(3'000'000);
  std::size_t sent = 0;
  ASSERT_TRUE(run_until([&] {
    sent += peer_.send(std::string_view(text).substr(sent, 70'001));
    return handler_.data.size() == text.size();
  }));
  EXPECT_TRUE(handler_.data == text);
  EXPECT_LE(handler_.largest, 65'536U);
}

TEST_P(TransportTest, SaysWhenEverythingIsWithTheNetwork) {
  connect_and_accept();
  connection_->write("a");
  connection_->write("b");
  EXPECT_EQ(connection_->queued_bytes(), 2U);
  ASSERT_TRUE(run_until([&] { return handler_.drained == 1; }));
  EXPECT_EQ(connection_->queued_bytes(), 0U);
  EXPECT_EQ(receive(2), "ab");
  EXPECT_EQ(handler_.drained, 1);
}

TEST_P(TransportTest, QueuesWhatASlowReaderDoesNotTake) {
  connect_and_accept();
  const std::string text = numbered(more_than_buffers);
  connection_->write(text);
  run_ready();
  EXPECT_GT(connection_->queued_bytes(), 0U);
  EXPECT_EQ(handler_.drained, 0);
  connection_->write("the end");
  EXPECT_TRUE(receive(text.size() + 7) == text + "the end");
  ASSERT_TRUE(run_until([&] { return handler_.drained > 0; }));
  EXPECT_EQ(connection_->queued_bytes(), 0U);
}

TEST_P(TransportTest, PausedReadingHoldsTheSenderBack) {
  connect_and_accept();
  connection_->pause_reading();
  const std::string text = numbered(more_than_buffers);
  std::size_t sent = 0;
  for (std::size_t taken = 1; taken > 0; sent += taken) {
    taken = peer_.send(std::string_view(text).substr(sent));
    run_ready();
  }
  EXPECT_LT(sent, text.size());
  EXPECT_TRUE(handler_.data.empty());

  connection_->resume_reading();
  EXPECT_TRUE(handler_.data.empty()) << "data came from inside the call";
  ASSERT_TRUE(run_until([&] {
    if (sent < text.size())
      sent += peer_.send(std::string_view(text).substr(sent));
    return handler_.data.size() == text.size();
  }));
  EXPECT_TRUE(handler_.data == text);
}

TEST_P(TransportTest, MayBePausedAndResumedFromInsideOnData) {
  connect_and_accept();
  handler_.when_data = [&] {
    connection_->pause_reading();
    connection_->resume_reading();
    if (handler_.data.size() > 1'000'000)
      connection_->pause_reading();
  };
  const std::string text = numbered(2'000'000);
  std::size_t sent = 0;
  ASSERT_TRUE(run_until([&] {
    sent += peer_.send(std::string_view(text).substr(sent));
    if (handler_.data.size() > 1'000'000)
      connection_->resume_reading();
    return handler_.data.size() == text.size();
  }));
  EXPECT_TRUE(handler_.data == text);
}

TEST_P(TransportTest, TellsTheEndOfTheStreamAfterItsBytes) {
  connect_and_accept();
  peer_.send("last words");
  peer_.close();
  ASSERT_TRUE(run_until([&] { return handler_.closed.has_value(); }));
  EXPECT_EQ(handler_.closed, CloseReason::end_of_stream);
  EXPECT_EQ(handler_.data, "last words");
  const int calls = handler_.calls;
  connection_->write("too late");
  connection_->close();
  run_ready();
  EXPECT_EQ(handler_.calls, calls);
  EXPECT_EQ(connection_->queued_bytes(), 0U);
}

TEST_P(TransportTest, DeliversWhatTheOtherSideSaidBeforeItRefusedToListen) {
  connect_and_accept();
  peer_.send("-ERR max number of clients reached\r\n");
  peer_.close();
  connection_->write("AUTH secret\r\n");
  connection_->write("SUBSCRIBE channel\r\n");
  ASSERT_TRUE(run_until([&] { return handler_.closed.has_value(); }));
  EXPECT_EQ(handler_.data, "-ERR max number of clients reached\r\n");
}

TEST_P(TransportTest, NobodyListensIsRefused) {
  const LocalPeer deaf(kind_of(GetParam()), LocalPeer::Listens::no);
  connect(deaf.endpoint());
  EXPECT_EQ(handler_.calls, 0) << "the outcome came from inside the call";
  ASSERT_TRUE(run_until([&] { return handler_.closed.has_value(); }));
  EXPECT_EQ(handler_.closed, CloseReason::refused);
  EXPECT_NE(handler_.detail.find(deaf.endpoint().host), std::string::npos) << handler_.detail;
  EXPECT_FALSE(handler_.connected);
}

TEST_P(TransportTest, MayBeDestroyedFromInsideEachOfItsCalls) {
  const auto destroy = [&] { connection_.reset(); };
  const auto run_to_destruction = [&] {
    EXPECT_TRUE(run_until([&] { return connection_ == nullptr; }));
    const int calls = handler_.calls;
    run_ready();
    EXPECT_EQ(handler_.calls, calls);
  };

  handler_.when_connected = destroy;
  connect(peer_.endpoint());
  run_to_destruction();
  peer_.accept();
  peer_.close();

  handler_ = {};
  connect_and_accept();
  handler_.when_data = destroy;
  peer_.send("x");
  run_to_destruction();
  peer_.close();

  handler_ = {};
  connect_and_accept();
  handler_.when_drained = destroy;
  connection_->write("x");
  run_to_destruction();
  peer_.close();

  handler_ = {};
  connect_and_accept();
  handler_.when_closed = destroy;
  peer_.close();
  run_to_destruction();
}

TEST_P(TransportTest, SaysNothingAfterItWasDestroyed) {
  connect(peer_.endpoint());
  connection_.reset();
  run_ready();
  EXPECT_EQ(handler_.calls, 0);

  connect_and_accept();
  const int calls = handler_.calls;
  peer_.send("unheard");
  connection_->write("unsent");
  connection_.reset();
  run_ready();
  EXPECT_EQ(handler_.calls, calls);
}

TEST_P(TransportTest, SendsWhatIsQueuedBeforeItCloses) {
  connect_and_accept();
  const std::string text = numbered(400'000);
  connection_->write(text);
  connection_->close();
  connection_->write("ignored");
  EXPECT_FALSE(handler_.closed.has_value()) << "the end came from inside the call";
  const int calls = handler_.calls;
  peer_.send("not heard any more");
  std::string received;
  ASSERT_TRUE(run_until([&] {
    received += peer_.receive();
    return peer_.ended() || handler_.closed.has_value();
  }));
  peer_.close();
  ASSERT_TRUE(run_until([&] { return handler_.closed.has_value(); }));
  EXPECT_TRUE(received == text);
  EXPECT_EQ(handler_.closed, CloseReason::end_of_stream);
  EXPECT_EQ(handler_.calls, calls + 1) << "after close only on_closed follows";
}

TEST_P(TransportTest, ClosesWithoutTheOtherSideInTheEnd) {
  connect_and_accept();
  connection_->write(numbered(more_than_buffers));
  connection_->close();
  // The peer neither reads nor closes.
  ASSERT_TRUE(run_until([&] { return handler_.closed.has_value(); }));
  EXPECT_EQ(handler_.closed, CloseReason::end_of_stream);
}

TEST_P(TransportTest, ClosesAnAttempt) {
  connect(peer_.endpoint());
  connection_->close();
  EXPECT_EQ(handler_.calls, 0);
  ASSERT_TRUE(run_until([&] { return handler_.closed.has_value(); }));
  EXPECT_FALSE(handler_.connected);
}

TEST_P(TransportTest, HandsTheLastWordsToTheNetworkWhenTheLoopStandsStill) {
  connect_and_accept();
  loop_.io().restart();
  loop_.post([&] {
    connection_->write("good");
    connection_->write("bye");
    loop_.exit(ExitCode::ok, "done");
  });
  loop_.run();
  transport_.flush();
  connection_.reset();
  std::string received;
  while (!peer_.ended() && received.size() < 7)
    received += peer_.receive();
  EXPECT_EQ(received, "goodbye");
}

TEST_P(TransportTest, HandsToTheNetworkOnceWhatLeftInTheStepBeforeTheEnd) {
  connect_and_accept();
  loop_.io().restart();
  loop_.post([&] {
    connection_->write("once");
    // Runs after the bytes have left, and before anything Asio could say about it.
    loop_.post([&] { loop_.exit(ExitCode::ok, "done"); });
  });
  loop_.run();
  transport_.flush();
  connection_.reset();
  std::string received;
  while (!peer_.ended())
    received += peer_.receive();
  EXPECT_EQ(received, "once");
}

class TcpTransportTest : public TransportTest {};
INSTANTIATE_TEST_SUITE_P(Over, TcpTransportTest, ::testing::Values(Over::tcp, Over::tls), name_of);

TEST_P(TcpTransportTest, TellsAReset) {
  connect_and_accept();
  peer_.reset();
  ASSERT_TRUE(run_until([&] { return handler_.closed.has_value(); }));
  EXPECT_EQ(handler_.closed, CloseReason::reset);
  EXPECT_FALSE(handler_.detail.empty());
}

TEST_P(TcpTransportTest, TriesEveryAddressOfAName) {
  Endpoint named = peer_.endpoint();
  named.host = "localhost";  // often ::1 first, where nobody listens
  connect(named);
  ASSERT_TRUE(run_until([&] { return handler_.connected || handler_.closed.has_value(); }));
  EXPECT_TRUE(handler_.connected) << handler_.detail;
}

TEST_P(TcpTransportTest, ANameNobodyKnowsIsUnreachable) {
  // A label of more than 63 characters is refused by the resolver itself, without a network.
  std::string unknown(70, 'x');
  unknown += ".invalid";
  connect({.kind = Endpoint::Kind::tcp, .host = unknown, .port = 6379});
  ASSERT_TRUE(run_until([&] { return handler_.closed.has_value(); }));
  EXPECT_EQ(handler_.closed, CloseReason::unreachable);
  EXPECT_NE(handler_.detail.find("resolve"), std::string::npos) << handler_.detail;
}

TEST_P(TcpTransportTest, AnImpossibleUnixPathIsUnreachable) {
  connect({.kind = Endpoint::Kind::unix_socket, .host = "/tmp/" + std::string(200, 'x')});
  ASSERT_TRUE(run_until([&] { return handler_.closed.has_value(); }));
  EXPECT_EQ(handler_.closed, CloseReason::unreachable);
}

TEST(CloseReasonOf, SeparatesAttemptsFromBrokenStreams) {
  EXPECT_EQ(close_reason(ECONNREFUSED, false), CloseReason::refused);
  EXPECT_EQ(close_reason(ENOENT, false), CloseReason::refused);
  EXPECT_EQ(close_reason(ENETUNREACH, false), CloseReason::unreachable);
  EXPECT_EQ(close_reason(EHOSTUNREACH, false), CloseReason::unreachable);
  EXPECT_EQ(close_reason(ETIMEDOUT, false), CloseReason::unreachable);
  EXPECT_EQ(close_reason(EMFILE, false), CloseReason::unreachable);
  EXPECT_EQ(close_reason(ECONNRESET, true), CloseReason::reset);
  EXPECT_EQ(close_reason(EPIPE, true), CloseReason::reset);
  EXPECT_EQ(close_reason(ETIMEDOUT, true), CloseReason::write_timed_out);
  EXPECT_EQ(close_reason(EHOSTUNREACH, true), CloseReason::unreachable);
}

}  // namespace
}  // namespace arbees::prod
