#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sim/support/small_net.h"

// What a connection is, between two programs that run.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

TEST(Network, CarriesBytesBothWaysInOrderAndWithLatency) {
  SmallNet net;
  Peer& client = net.connect();
  EXPECT_FALSE(client.connected_at) << "nothing happens inside a call";
  net.run_for(1s);
  ASSERT_TRUE(client.connected_at);
  EXPECT_GE(*client.connected_at, SimTime(400us));
  EXPECT_LE(*client.connected_at, SimTime(4ms));
  const SimTime written = net.now;
  client.connection->write("hello ");
  net.run_for(5ms);
  client.connection->write("world");
  net.run_for(1s);
  Peer& server = net.served.at(0);
  EXPECT_EQ(server.received, "hello world");
  EXPECT_GE(server.last_data_at, written + 5200us);
  server.connection->write("thanks");
  net.run_for(1s);
  EXPECT_EQ(client.received, "thanks");
}

TEST(Network, WhatIsWrittenBeforeTheHandshakeIsOverLeavesAfterIt) {
  SmallNet net;
  Peer& client = net.connect();
  client.connection->write("early");
  EXPECT_EQ(client.connection->queued_bytes(), 5U);
  net.run_for(1s);
  EXPECT_EQ(net.served.at(0).received, "early");
  EXPECT_EQ(client.drained, 1);
}

TEST(Network, CutsTheStreamAnywhere) {
  SmallNet net;
  Peer& client = net.connected();
  for (int i = 0; i < 500; ++i) {
    client.connection->write("0123456789");
    net.run_for(3ms);
  }
  Peer& server = net.served.at(0);
  EXPECT_EQ(server.received.size(), 5'000U);
  EXPECT_GT(server.reads, 510) << "some reads end in the middle of a write";
  EXPECT_LT(server.reads, 600);
}

TEST(Network, SegmentsCatchUpWithEachOtherButNeverOvertake) {
  SmallNet net;
  Peer& client = net.connected();
  std::string sent;
  for (int i = 0; i < 200; ++i) {
    const std::string line = std::to_string(i) + ";";
    client.connection->write(line);
    sent += line;
    net.run_for(300us);
  }
  net.run_for(1s);
  EXPECT_EQ(net.served.at(0).received, sent);
  EXPECT_LT(net.served.at(0).reads, 200) << "some reads hold several writes";
}

TEST(Network, NobodyListeningIsRefusedWithTheCauseOfTheSilence) {
  SmallNet net;
  net.network.process_ended(net.server, CloseReason::reset, net.fault);
  Peer& client = net.connect();
  net.run_for(1s);
  EXPECT_EQ(client.closed, CloseReason::refused);
  EXPECT_EQ(client.closed_by, net.fault);
  EXPECT_FALSE(client.connected_at);
}

TEST(Network, AnUnknownHostIsUnreachable) {
  SmallNet net;
  Peer client(net.now);
  client.connection = net.network.connect(net.client, {Endpoint::Kind::tcp, "nowhere", 1}, client);
  EXPECT_FALSE(client.closed) << "nothing happens inside a call";
  net.run_for(1s);
  EXPECT_EQ(client.closed, CloseReason::unreachable);
}

TEST(Network, RefusingFaultsEndWhenTheLastOneIsHealed) {
  SmallNet net;
  net.network.refuse(net.server, net.fault);
  net.network.refuse(net.server, EventId(2));
  net.network.stop_refusing(net.server, net.fault);
  Peer& refused = net.connect();
  net.run_for(1s);
  EXPECT_EQ(refused.closed, CloseReason::refused);
  EXPECT_EQ(refused.closed_by, EventId(2));
  net.network.stop_refusing(net.server, EventId(2));
  Peer& welcome = net.connect();
  net.run_for(1s);
  EXPECT_TRUE(welcome.connected_at);
}

TEST(Network, ClosingSendsWhatIsQueuedAndTellsBothSides) {
  SmallNet net;
  Peer& client = net.connected();
  const std::string much = text(2'000'000);
  client.connection->write(much);
  client.connection->close();
  client.connection->write("too late");
  net.run_for(1s);
  EXPECT_EQ(client.closed, CloseReason::end_of_stream);
  EXPECT_EQ(net.served.at(0).received, much);
  EXPECT_EQ(net.served.at(0).closed, CloseReason::end_of_stream);
}

TEST(Network, ClosingDuringTheHandshakeReachesAServerThatHadAccepted) {
  SmallNet net;
  Peer& client = net.connect();
  while (net.served.empty()) {
    net.run_for(10us);
  }
  client.connection->close();
  net.run_for(1s);
  EXPECT_EQ(client.closed, CloseReason::end_of_stream);
  EXPECT_EQ(net.served.at(0).closed, CloseReason::end_of_stream);
  EXPECT_EQ(net.network.connections(), 0U);
}

TEST(Network, ADestroyedConnectionIsSilentHereAndResetThere) {
  SmallNet net;
  Peer& client = net.connected();
  client.connection->write("bye");
  client.connection.reset();
  net.served.at(0).connection->write("are you there?");
  net.run_for(1s);
  EXPECT_FALSE(client.closed);
  EXPECT_EQ(client.received, "");
  EXPECT_EQ(net.served.at(0).received, "bye");
  EXPECT_EQ(net.served.at(0).closed, CloseReason::reset);
  EXPECT_EQ(net.network.connections(), 0U);
}

TEST(Network, AConnectionMayBeDestroyedInsideAnyOfItsCalls) {
  SmallNet net;
  Peer& reader = net.connected();
  reader.on_read = [&reader] { reader.connection.reset(); };
  net.served.at(0).connection->write(text(1'000));
  net.run_for(1s);
  EXPECT_EQ(reader.reads, 1);
  EXPECT_EQ(net.served.at(0).closed, CloseReason::reset);

  Peer& ended = net.connected();
  ended.on_end = [&ended] { ended.connection.reset(); };
  net.served.at(1).connection->close();
  net.run_for(1s);
  EXPECT_EQ(ended.closed, CloseReason::end_of_stream);
  EXPECT_EQ(net.network.connections(), 0U);
}

TEST(Network, AReaderThatPausesMakesTheWritersQueueGrowAndResumingDrainsIt) {
  SmallNet net;
  Peer& client = net.connected();
  Peer& server = net.served.at(0);
  server.connection->pause_reading();
  const std::string much = text(1'000'000);
  client.connection->write(much);
  net.run_for(1s);
  EXPECT_EQ(server.received, "");
  EXPECT_EQ(client.connection->queued_bytes(), much.size() - (512U << 10U));
  EXPECT_EQ(client.drained, 0);
  server.connection->resume_reading();
  EXPECT_EQ(server.received, "") << "nothing happens inside a call";
  net.run_for(1s);
  EXPECT_EQ(server.received, much);
  EXPECT_EQ(client.connection->queued_bytes(), 0U);
  EXPECT_EQ(client.drained, 1);
}

TEST(Network, AReaderThatNeverReadsEndsTheWritersConnectionInTheEnd) {
  SmallNet net;
  Peer& client = net.connected();
  net.served.at(0).connection->pause_reading();
  client.connection->write(text(1'000'000));
  net.run_for(19s);
  EXPECT_FALSE(client.closed);
  net.run_for(2s);
  EXPECT_EQ(client.closed, CloseReason::write_timed_out);
}

TEST(Network, AReaderThatPausesWithoutFillingUpCostsTheWriterNothing) {
  SmallNet net;
  Peer& client = net.connected();
  net.served.at(0).connection->pause_reading();
  client.connection->write("a few bytes");
  net.run_for(300s);
  EXPECT_FALSE(client.closed) << "the other kernel has acknowledged them";
}

TEST(Network, AnIdleConnectionCostsNothing) {
  SmallNet net;
  net.connected();
  EXPECT_FALSE(net.queue.next_due().has_value());
}

TEST(Network, OnlyDirectionsWithSomethingUnderWayKeepABuffer) {
  SmallNet net;
  std::vector<Peer*> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(&net.connected());
  }
  EXPECT_EQ(net.network.busy_directions(), 0U) << "after the handshakes";
  for (Peer* client : clients) {
    client->connection->write(text(200));
    EXPECT_EQ(net.network.busy_directions(), 1U);
    net.run_for(100ms);
    EXPECT_EQ(net.network.busy_directions(), 0U);
  }
  for (const Peer& server : net.served) {
    EXPECT_EQ(server.received, text(200)) << "what another connection left is gone";
  }
}

TEST(Network, WhatIsHeldBackKeepsItsBuffer) {
  SmallNet net;
  Peer& cut = net.connected();
  Peer& server = net.served.at(0);
  server.connection->pause_reading();
  cut.connection->write(text(300));
  net.run_for(1s);
  EXPECT_EQ(net.network.busy_directions(), 1U) << "unread";
  net.cut_both();
  server.connection->resume_reading();
  cut.connection->write(text(100));
  net.run_for(1s);
  EXPECT_EQ(server.received, text(300));
  EXPECT_EQ(net.network.busy_directions(), 1U) << "not yet sent";
  net.heal_both();
  net.run_for(1s);
  EXPECT_EQ(server.received, text(300) + text(100));
  EXPECT_EQ(net.network.busy_directions(), 0U);
}

TEST(Network, AConnectionThatEndsGivesItsBuffersBack) {
  SmallNet net;
  Peer& client = net.connected();
  net.served.at(0).connection->pause_reading();
  client.connection->write(text(300));
  net.run_for(1s);
  net.network.reset_between(net.client, net.server, net.fault);
  net.run_for(1s);
  EXPECT_EQ(net.network.connections(), 0U);
  EXPECT_EQ(net.network.busy_directions(), 0U);
}

}  // namespace
}  // namespace arbees::sim
