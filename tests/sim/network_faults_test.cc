#include <gtest/gtest.h>

#include <string>

#include "tests/sim/support/small_net.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

/// What a connection was told, for comparing runs.
std::string stream_of(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    bytes += static_cast<char>('a' + i % 23);
  }
  return bytes;
}

TEST(NetworkFaults, BlackHoleHoldsNothingBackForLater) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.swallow(net.there(), net.fault);
  net.network.swallow(net.back(), net.fault);
  client.connection->write("lost");
  net.run_for(5s);
  net.heal_both();
  net.run_for(10s);
  EXPECT_EQ(net.served.at(0).received, "") << "a partition would have delivered it";
  EXPECT_FALSE(client.closed) << "nothing tells the client";
}

TEST(NetworkFaults, BlackHoleLeavesTheOtherSideHalfOpen) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.swallow(net.there(), net.fault);
  net.network.swallow(net.back(), net.fault);
  client.connection->write("lost");
  net.run_for(30s);
  EXPECT_EQ(client.closed, CloseReason::write_timed_out);
  EXPECT_EQ(client.closed_by, net.fault);
  net.heal_both();
  net.run_for(60s);
  EXPECT_FALSE(net.served.at(0).closed);
}

TEST(NetworkFaults, ConnectionsBegunAfterABlackHoleWork) {
  SmallNet net;
  net.network.swallow(net.there(), net.fault);
  Peer& during = net.connect();
  net.run_for(1s);
  EXPECT_FALSE(during.connected_at);
  net.heal_both();
  Peer& after = net.connected();
  EXPECT_TRUE(after.connected_at);
}

TEST(NetworkFaults, NarrowLinksCarrySoManyBytesASecond) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.narrow(net.there(), net.fault, 100);
  for (int i = 0; i < 10; ++i) {
    client.connection->write(stream_of(100));
    net.run_for(1ms);
  }
  net.run_for(4s);
  EXPECT_GE(net.served.at(0).received.size(), 300U);
  EXPECT_LE(net.served.at(0).received.size(), 400U);
  net.run_for(7s);
  EXPECT_EQ(net.served.at(0).received.size(), 1'000U);
}

TEST(NetworkFaults, WhatWaitsOnANarrowLinkComesWhenItIsWideAgain) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.narrow(net.there(), net.fault, 10);
  client.connection->write(stream_of(1'000));
  net.run_for(1s);
  net.heal_both();
  net.run_for(10ms);
  EXPECT_EQ(net.served.at(0).received, stream_of(1'000));
}

TEST(NetworkFaults, ASlowReaderMakesItsWriterWait) {
  NetworkConfig config;
  config.send_buffer = 1'000;
  config.receive_buffer = 1'000;
  SmallNet net(1, config);
  Peer& client = net.connected();
  net.network.read_slowly(net.server, net.fault, 100);
  client.connection->write(stream_of(5'000));
  net.run_for(10s);
  EXPECT_GE(net.served.at(0).received.size(), 900U);
  EXPECT_LE(net.served.at(0).received.size(), 1'050U);
  EXPECT_GE(client.connection->queued_bytes(), 1'900U);
  net.network.read_as_usual(net.server, net.fault);
  net.run_for(5s);
  EXPECT_EQ(net.served.at(0).received, stream_of(5'000));
  EXPECT_EQ(client.connection->queued_bytes(), 0U);
}

TEST(NetworkFaults, ChoppedReadsAreManyAndLoseNothing) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.chop(net.there(), net.fault);
  client.connection->write(stream_of(2'000));
  net.run_for(30s);
  EXPECT_EQ(net.served.at(0).received, stream_of(2'000));
  EXPECT_GE(net.served.at(0).reads, 4);
}

TEST(NetworkFaults, ConnectionBreaksInTheMiddleOfAMessageOnce) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.tear_next(net.there(), net.fault);
  client.connection->write(stream_of(200));
  net.run_for(1s);
  Peer& server = net.served.at(0);
  EXPECT_GE(server.received.size(), 1U);
  EXPECT_LT(server.received.size(), 200U);
  EXPECT_EQ(server.received, stream_of(200).substr(0, server.received.size()));
  EXPECT_EQ(server.closed, CloseReason::reset);
  EXPECT_EQ(client.closed, CloseReason::reset);
  EXPECT_EQ(client.closed_by, net.fault);
  Peer& next = net.connected();
  next.connection->write(stream_of(200));
  net.run_for(1s);
  EXPECT_EQ(net.served.at(1).received, stream_of(200));
}

TEST(NetworkFaults, AFaultThatReachedSomebodySaysSoOnce) {
  SmallNet net;
  Peer& client = net.connected();
  const std::uint64_t before = net.recorder.events();
  net.network.chop(net.there(), net.fault);
  net.run_for(1s);
  EXPECT_EQ(net.recorder.events(), before) << "nothing passed yet";
  client.connection->write(stream_of(2'000));
  net.run_for(30s);
  EXPECT_EQ(net.recorder.events(), before + 1);
}

TEST(NetworkFaults, LatencyIsFeltByTheFirstThatIsDelayed) {
  SmallNet net;
  Peer& client = net.connected();
  const std::uint64_t before = net.recorder.events();
  net.network.slow(net.there(), net.fault, {50ms, 60ms});
  net.run_for(1s);
  EXPECT_EQ(net.recorder.events(), before) << "nothing passed yet";
  client.connection->write(stream_of(200));
  net.run_for(1s);
  client.connection->write(stream_of(200));
  net.run_for(1s);
  EXPECT_EQ(net.recorder.events(), before + 1);
}

TEST(NetworkFaults, APartitionIsFeltByTheFirstWhomSomethingDoesNotReach) {
  SmallNet net;
  Peer& client = net.connected();
  const std::uint64_t before = net.recorder.events();
  net.network.block(net.there(), net.fault);
  net.run_for(1s);
  EXPECT_EQ(net.recorder.events(), before) << "nothing was sent yet";
  client.connection->write(stream_of(200));
  net.run_for(1s);
  EXPECT_EQ(net.recorder.events(), before + 1);
}

TEST(NetworkFaults, HealedFaultsDrawNothing) {
  SmallNet usual;
  SmallNet healed;
  for (SmallNet* net : {&usual, &healed}) {
    if (net == &healed) {
      net->network.chop(net->there(), net->fault);
      net->network.narrow(net->there(), net->fault, 10);
      net->network.tear_next(net->there(), net->fault);
      net->network.read_slowly(net->server, net->fault, 10);
      net->network.read_as_usual(net->server, net->fault);
      net->heal_both();
    }
    net->connected().connection->write(stream_of(5'000));
    net->run_for(5s);
  }
  EXPECT_EQ(usual.streams.draws(), healed.streams.draws());
  EXPECT_EQ(usual.served.at(0).last_data_at, healed.served.at(0).last_data_at);
}

}  // namespace
}  // namespace arbees::sim
