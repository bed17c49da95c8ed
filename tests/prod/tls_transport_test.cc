#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prod/asio/transport.h"
#include "tests/prod/local_peer.h"
#include "tests/prod/loop_fixture.h"
#include "tests/prod/recording_handler.h"
#include "tests/prod/temp_folder.h"
#include "tests/support/certificates.h"

namespace arbees::prod {
namespace {

using arbees::testing::Authority;
using arbees::testing::CertificateFiles;
using arbees::testing::Validity;
using ::testing::HasSubstr;

/// Whom we trust and whom not; that bytes flow is for transport_test.cc.
class TlsTransportTest : public LoopFixture {
 protected:
  void connect(const Tls& tls) {
    handler_ = {};
    peer_.close();
    Endpoint endpoint = peer_.endpoint();
    endpoint.tls = tls;
    connection_ = transport_.connect(endpoint, handler_);
  }
  /// Takes steps on both sides until `done`.
  template <class Done>
  [[nodiscard]] bool run_both(Done done) {
    return run_until([&] {
      peer_.serve();
      return done();
    });
  }
  [[nodiscard]] bool connects(const Tls& tls) {
    connect(tls);
    EXPECT_TRUE(run_both([&] { return handler_.connected || handler_.closed; }));
    return handler_.connected;
  }
  /// What is said of an attempt that fails because somebody is not trusted.
  [[nodiscard]] std::string refusal(const Tls& tls) {
    connect(tls);
    EXPECT_TRUE(run_both([&] { return handler_.closed.has_value(); }));
    EXPECT_EQ(handler_.closed, CloseReason::untrusted) << handler_.detail;
    EXPECT_THAT(handler_.detail, HasSubstr("TLS with 127.0.0.1:"));
    return handler_.detail;
  }
  [[nodiscard]] Tls trusting(std::string server_name = {}) const {
    return {.server_name = std::move(server_name), .ca_file = authority_.file()};
  }

  TempFolder folder_;
  Authority authority_{folder_.file("")};
  LocalPeer peer_{Endpoint::Kind::tcp};
  AsioTransport transport_{loop_.io()};
  RecordingHandler handler_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(TlsTransportTest, TrustsACertificateForTheAddressOrTheNameExpected) {
  peer_.speak_tls(authority_.issue("peer", {"IP:127.0.0.1", "DNS:redis.example"}));
  EXPECT_TRUE(connects(trusting()));
  EXPECT_EQ(peer_.asked_for(), "") << "an address is no name to ask for";
  EXPECT_TRUE(connects(trusting("redis.example")));
  EXPECT_EQ(peer_.asked_for(), "redis.example");
}

TEST_F(TlsTransportTest, RefusesACertificateForSomebodyElseAndNamesHim) {
  peer_.speak_tls(authority_.issue("peer", {"DNS:other.example", "IP:10.0.0.9"}));
  EXPECT_THAT(refusal(trusting()),
              HasSubstr("host name mismatch: certificate is for other.example, 10.0.0.9, expected "
                        "127.0.0.1"));
  EXPECT_THAT(refusal(trusting("redis.example")),
              HasSubstr("certificate is for other.example, 10.0.0.9, expected redis.example"));
  EXPECT_FALSE(handler_.connected);
}

TEST_F(TlsTransportTest, RefusesAWildcardForPartOfALabel) {
  peer_.speak_tls(authority_.issue("peer", {"DNS:red*.example", "DNS:*.deep.example"}));
  EXPECT_THAT(refusal(trusting("redis.example")), HasSubstr("host name mismatch"));
  EXPECT_THAT(refusal(trusting("a.b.deep.example")), HasSubstr("host name mismatch"));
  EXPECT_TRUE(connects(trusting("a.deep.example")));
}

TEST_F(TlsTransportTest, RefusesACertificateOutsideItsDates) {
  peer_.speak_tls(authority_.issue("old", {"IP:127.0.0.1"}, Validity::over));
  EXPECT_THAT(refusal(trusting()), HasSubstr("certificate has expired on 20"));
  EXPECT_THAT(handler_.detail, HasSubstr("certificate of old"));
  peer_.speak_tls(authority_.issue("early", {"IP:127.0.0.1"}, Validity::to_come));
  EXPECT_THAT(refusal(trusting()), HasSubstr("certificate is not yet valid before 20"));
}

TEST_F(TlsTransportTest, RefusesAnAuthorityItDoesNotKnow) {
  Authority stranger(folder_.file(""), "stranger");
  peer_.speak_tls(stranger.issue("peer", {"IP:127.0.0.1"}));
  EXPECT_THAT(refusal(trusting()), HasSubstr("unable to get local issuer certificate"));
  EXPECT_THAT(refusal({}), HasSubstr("unable to get local issuer certificate"))
      << "the system's authorities have never heard of it";
  peer_.speak_tls({folder_.file("stranger.pem"), folder_.file("stranger.key")});
  EXPECT_THAT(refusal(trusting()), HasSubstr("self-signed certificate"));
}

TEST_F(TlsTransportTest, ReadsTheAuthoritiesAnewAtEachAttempt) {
  Authority next(folder_.file(""), "next");
  const std::string trusted = folder_.file("trusted.pem");
  std::filesystem::copy_file(authority_.file(), trusted);
  peer_.speak_tls(next.issue("peer", {"IP:127.0.0.1"}));
  EXPECT_THAT(refusal({.ca_file = trusted}), HasSubstr("issuer"));
  std::filesystem::copy_file(next.file(), trusted,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(connects({.ca_file = trusted}));
  std::filesystem::remove(trusted);
  EXPECT_THAT(refusal({.ca_file = trusted}), HasSubstr("trusted.pem: No such file"));
}

TEST_F(TlsTransportTest, ShowsItsCertificateToAServerThatAsksForOne) {
  Authority clients(folder_.file(""), "clients");
  peer_.speak_tls(authority_.issue("peer", {"IP:127.0.0.1"}), clients.file());
  EXPECT_THAT(refusal(trusting()), HasSubstr("does not accept our certificate, or wants one"));
  const auto with = [&](const CertificateFiles& own) {
    Tls tls = trusting();
    tls.cert_file = own.cert;
    tls.key_file = own.key;
    return tls;
  };
  EXPECT_THAT(refusal(with(authority_.issue("foreign", {"DNS:me"}))),
              HasSubstr("does not accept our certificate"));
  EXPECT_THAT(refusal(with(clients.issue("late", {"DNS:me"}, Validity::over))),
              HasSubstr("certificate expired"));

  ASSERT_TRUE(connects(with(clients.issue("me", {"DNS:me"}))));
  connection_->write("hello");
  std::string received;
  EXPECT_TRUE(run_both([&] { return (received += peer_.receive()) == "hello"; }));
}

// In TLS 1.3 the server says no after our side of the handshake, when we may have spoken already.
TEST_F(TlsTransportTest, HearsWhyItWasRefusedThoughTheServerBrokeTheConnectionAtOnce) {
  peer_.speak_tls(authority_.issue("peer", {"IP:127.0.0.1"}), authority_.file());
  connect(trusting());
  handler_.when_connected = [&] { connection_->write("PING\r\n"); };
  bool broken = false;
  ASSERT_TRUE(run_both([&] {
    if (peer_.refused() && !std::exchange(broken, true))
      peer_.reset();
    return handler_.closed.has_value();
  }));
  EXPECT_TRUE(handler_.connected);
  EXPECT_EQ(handler_.closed, CloseReason::untrusted) << handler_.detail;
}

TEST_F(TlsTransportTest, SaysThatTheServerDoesNotSpeakTls) {
  connect(trusting());
  bool answered = false;
  ASSERT_TRUE(run_both([&] {
    if (!answered && !peer_.receive().empty())
      answered = peer_.send("-ERR unknown command\r\n") > 0;
    return handler_.closed.has_value();
  }));
  EXPECT_EQ(handler_.closed, CloseReason::untrusted);
  EXPECT_THAT(handler_.detail, HasSubstr("the server does not speak TLS"));
}

TEST_F(TlsTransportTest, SpeaksNothingOlderThanTls12) {
  peer_.speak_old_tls(authority_.issue("peer", {"IP:127.0.0.1"}));
  EXPECT_THAT(refusal(trusting()), HasSubstr("protocol version"));
}

TEST_F(TlsTransportTest, AServerThatHangsInTheHandshakeIsLeftToTheCallersDeadline) {
  connect(trusting());
  connection_->write("not before the handshake");
  std::string hello;
  ASSERT_TRUE(run_both([&] { return !(hello += peer_.receive()).empty(); }));
  run_ready();
  hello += peer_.receive();
  EXPECT_EQ(handler_.calls, 0);
  EXPECT_EQ(hello.find("not before"), std::string::npos);
  EXPECT_EQ(connection_->queued_bytes(), 24U);
  connection_.reset();
  ASSERT_TRUE(run_both([&] {
    peer_.receive();
    return peer_.ended();
  }));
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(TlsTransportTest, AServerThatLeavesDuringTheHandshakeIsNoFailureOfTrust) {
  connect(trusting());
  ASSERT_TRUE(run_both([&] { return !peer_.receive().empty(); }));
  peer_.close();
  ASSERT_TRUE(run_both([&] { return handler_.closed.has_value(); }));
  EXPECT_EQ(handler_.closed, CloseReason::end_of_stream);
  EXPECT_THAT(handler_.detail, HasSubstr("during the TLS handshake"));
}

TEST_F(TlsTransportTest, ClosesWithAFarewellBehindItsLastWords) {
  peer_.speak_tls(authority_.issue("peer", {"IP:127.0.0.1"}));
  ASSERT_TRUE(connects(trusting()));
  connection_->write("goodbye");
  connection_->close();
  std::string received;
  ASSERT_TRUE(run_both([&] {
    received += peer_.receive();
    return peer_.ended();
  }));
  EXPECT_EQ(received, "goodbye");
  EXPECT_TRUE(peer_.heard_farewell());
  peer_.close();
  ASSERT_TRUE(run_both([&] { return handler_.closed.has_value(); }));
  EXPECT_EQ(handler_.closed, CloseReason::end_of_stream);
}

TEST_F(TlsTransportTest, DamagedBytesBreakTheStream) {
  peer_.speak_tls(authority_.issue("peer", {"IP:127.0.0.1"}));
  ASSERT_TRUE(connects(trusting()));
  peer_.send_in_the_clear(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  ASSERT_TRUE(run_both([&] { return handler_.closed.has_value(); }));
  EXPECT_EQ(handler_.closed, CloseReason::reset) << handler_.detail;
  EXPECT_EQ(handler_.data, "");
}

}  // namespace
}  // namespace arbees::prod
