#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/sim/support/small_net.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

std::string text(std::size_t size) {
  std::string bytes(size, ' ');
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>('a' + i % 23);
  }
  return bytes;
}

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

TEST(Network, AKilledProgramsConnectionsAreResetWithItsCauseAfterWhatItSent) {
  SmallNet net;
  Peer& client = net.connected();
  net.served.at(0).connection->write("last words");
  net.network.process_ended(net.server, CloseReason::reset, net.fault);
  EXPECT_FALSE(client.closed);
  net.run_for(1s);
  EXPECT_EQ(client.received, "last words");
  EXPECT_EQ(client.closed, CloseReason::reset);
  EXPECT_EQ(client.closed_by, net.fault);
  EXPECT_FALSE(net.served.at(0).closed) << "the dead are told nothing";
  client.connection.reset();
  EXPECT_EQ(net.network.connections(), 0U);
}

TEST(Network, AnEndedProgramsKernelResetsOnlyWhatItLeftUnread) {
  SmallNet net;
  Peer& read = net.connected();
  Peer& unread = net.connected();
  net.served.at(1).connection->pause_reading();
  read.connection->write("heard");
  unread.connection->write("never heard");
  net.run_for(1s);
  net.network.process_ended(net.server, CloseReason::end_of_stream, net.fault);
  net.run_for(1s);
  EXPECT_EQ(read.closed, CloseReason::end_of_stream);
  EXPECT_EQ(unread.closed, CloseReason::reset);
}

TEST(Network, ConnectionsAProgramNeverAcceptedAreResetWhenItEnds) {
  SmallNet net;
  net.network.process_frozen(net.server, net.fault);
  Peer& client = net.connect();
  net.run_for(1s);
  EXPECT_TRUE(client.connected_at);
  net.network.process_ended(net.server, CloseReason::end_of_stream, net.fault);
  net.run_for(1s);
  EXPECT_EQ(client.closed, CloseReason::reset);
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

TEST(Network, APartitionHoldsBytesAndDeliversThemSoonAfterHealing) {
  SmallNet net;
  Peer& client = net.connected();
  net.cut_both();
  client.connection->write("held");
  net.run_for(10s);
  EXPECT_EQ(net.served.at(0).received, "");
  net.heal_both();
  const SimTime healed = net.now;
  net.run_for(1s);
  EXPECT_EQ(net.served.at(0).received, "held");
  EXPECT_LE(net.served.at(0).last_data_at, healed + 203ms);
  EXPECT_FALSE(client.closed);
}

TEST(Network, BytesUnderWayWhenALinkIsCutAreHeldToo) {
  SmallNet net(1, {.latency = {10ms, 20ms}});
  Peer& client = net.connected();
  client.connection->write("under way");
  net.run_for(5ms);
  net.cut_both();
  net.run_for(5s);
  EXPECT_EQ(net.served.at(0).received, "");
  net.heal_both();
  net.run_for(1s);
  EXPECT_EQ(net.served.at(0).received, "under way");
}

TEST(Network, BytesUnacknowledgedForTooLongEndTheWritersSideOnly) {
  SmallNet net;
  Peer& client = net.connected();
  net.cut_both();
  net.run_for(5s);
  const SimTime written = net.now;
  client.connection->write("nobody will know");
  net.run_for(60s);
  EXPECT_EQ(client.closed, CloseReason::write_timed_out);
  EXPECT_EQ(client.closed_at, written + 20s);
  EXPECT_EQ(client.closed_by, net.fault);
  EXPECT_FALSE(net.served.at(0).closed) << "half open until the cut is healed";
  net.heal_both();
  net.run_for(1s);
  EXPECT_EQ(net.served.at(0).closed, CloseReason::reset);
  EXPECT_EQ(net.served.at(0).received, "");
}

TEST(Network, AnIdleConnectionDoesNotNoticeAPartition) {
  SmallNet net;
  Peer& client = net.connected();
  net.cut_both();
  net.run_for(600s);
  EXPECT_FALSE(client.closed);
  EXPECT_FALSE(net.served.at(0).closed);
  net.heal_both();
  client.connection->write("still here");
  net.run_for(1s);
  EXPECT_EQ(net.served.at(0).received, "still here");
}

TEST(Network, AConnectDuringAPartitionHangsUntilItIsHealed) {
  SmallNet net;
  net.cut_both();
  Peer& client = net.connect();
  net.run_for(100s);
  EXPECT_FALSE(client.connected_at || client.closed);
  net.heal_both();
  net.run_for(1s);
  EXPECT_TRUE(client.connected_at);
}

TEST(Network, AConnectGivenUpDuringAPartitionIsNeverHeardOf) {
  SmallNet net;
  net.cut_both();
  net.connect().connection.reset();
  net.run_for(1s);
  net.heal_both();
  net.run_for(1s);
  EXPECT_TRUE(net.served.empty());
  EXPECT_EQ(net.network.connections(), 0U);
}

TEST(Network, TheResetOfAKilledProgramIsHeldByAPartition) {
  SmallNet net;
  Peer& client = net.connected();
  net.cut_both();
  net.network.process_ended(net.server, CloseReason::reset, EventId(99));
  net.run_for(60s);
  EXPECT_FALSE(client.closed);
  net.heal_both();
  net.run_for(1s);
  EXPECT_EQ(client.closed, CloseReason::reset);
  EXPECT_EQ(client.closed_by, EventId(99));
}

TEST(Network, AOneWayCutLetsTheOtherWayPassUntilAcknowledgementsAreMissed) {
  SmallNet net;
  Peer& client = net.connected();
  Peer& server = net.served.at(0);
  net.network.block(net.there(), net.fault);
  server.connection->write(text(100'000));
  client.connection->write("lost");
  net.run_for(1s);
  EXPECT_EQ(client.received.size(), 14'480U) << "what leaves before an acknowledgement is needed";
  EXPECT_EQ(server.received, "");
  net.network.heal(net.there(), net.fault);
  net.run_for(1s);
  EXPECT_EQ(client.received, text(100'000));
  EXPECT_EQ(server.received, "lost");
}

TEST(Network, OverlappingCutsHealWhenTheLastOneIsHealed) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.block(net.there(), net.fault);
  net.network.block(net.there(), EventId(2));
  client.connection->write("x");
  net.network.heal(net.there(), net.fault);
  net.run_for(1s);
  EXPECT_EQ(net.served.at(0).received, "");
  net.network.heal(net.there(), EventId(2));
  net.run_for(1s);
  EXPECT_EQ(net.served.at(0).received, "x");
}

TEST(Network, SlowLinksAreSlowUntilHealed) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.slow(net.there(), net.fault, {500ms, 500ms});
  client.connection->write("slow");
  const SimTime written = net.now;
  net.run_for(1s);
  EXPECT_EQ(net.served.at(0).last_data_at, written + 500ms);
  net.network.heal(net.there(), net.fault);
  client.connection->write("fast");
  const SimTime again = net.now;
  net.run_for(1s);
  EXPECT_LE(net.served.at(0).last_data_at, again + 3ms);
}

TEST(Network, AFrozenProgramsKernelAcceptsConnectionsAndBytes) {
  SmallNet net;
  net.network.process_frozen(net.server, net.fault);
  Peer& client = net.connect();
  net.run_for(1s);
  EXPECT_TRUE(client.connected_at);
  EXPECT_TRUE(net.served.empty());
  client.connection->write("ping");
  net.run_for(100s);
  EXPECT_FALSE(client.closed) << "its kernel acknowledges";
  net.network.process_thawed(net.server);
  ASSERT_EQ(net.served.size(), 1U);
  net.run_for(1s);
  EXPECT_EQ(net.served.at(0).received, "ping");
}

TEST(Network, AThawedProgramIsToldEverythingInTheOrderOfArrival) {
  SmallNet net;
  Peer& first = net.connected();
  Peer& second = net.connected();
  std::string order;
  net.served.at(0).on_read = [&order] { order += '1'; };
  net.served.at(1).on_read = [&order] { order += '2'; };
  net.served.at(0).on_end = [&order] { order += 'e'; };
  net.network.process_frozen(net.server, net.fault);
  second.connection->write("x");
  net.run_for(1s);
  first.connection->write("x");
  first.connection->close();
  net.run_for(1s);
  EXPECT_EQ(order, "");
  net.network.process_thawed(net.server);
  EXPECT_EQ(order, "21e");
}

TEST(Network, AProgramFrozenWithAFullKernelTimesTheWriterOutWithItsCause) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.process_frozen(net.server, net.fault);
  client.connection->write(text(1'000'000));
  net.run_for(30s);
  EXPECT_EQ(client.closed, CloseReason::write_timed_out);
  EXPECT_EQ(client.closed_by, net.fault);
}

TEST(Network, AProgramKilledWhileFrozenResetsAlsoWhatItNeverAccepted) {
  SmallNet net;
  net.network.process_frozen(net.server, net.fault);
  Peer& client = net.connect();
  net.run_for(1s);
  net.network.process_ended(net.server, CloseReason::reset, EventId(5));
  net.run_for(1s);
  EXPECT_EQ(client.closed, CloseReason::reset);
  EXPECT_EQ(client.closed_by, EventId(5));
}

TEST(Network, ResettingTheConnectionsBetweenTwoHostsEndsBothSides) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.reset_between(net.server, net.client, net.fault);
  EXPECT_FALSE(client.closed) << "nothing happens inside a call";
  net.run_for(1s);
  for (const Peer* peer : {&client, &net.served.at(0)}) {
    EXPECT_EQ(peer->closed, CloseReason::reset);
    EXPECT_EQ(peer->closed_by, net.fault);
  }
}

TEST(Network, AnIdleConnectionCostsNothing) {
  SmallNet net;
  net.connected();
  EXPECT_FALSE(net.queue.next_due().has_value());
}

/// Everything at once, in an order drawn from a seed; what arrives must be a prefix of what was sent.
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

TEST(Network, AFaultFindsConnectionsOfBeforeAndOfAfter) {
  SmallNet net;
  Peer& before = net.connected();
  net.network.slow(net.there(), net.fault, {3s, 3s});
  Peer& after = net.connect();
  net.run_for(10s);
  ASSERT_EQ(net.served.size(), 2U);
  for (Peer* client : {&before, &after}) {
    client->connection->write("late");
  }
  net.run_for(2'999ms);
  EXPECT_EQ(net.served.at(0).received + net.served.at(1).received, "");
  net.run_for(100ms);
  EXPECT_EQ(net.served.at(0).received + net.served.at(1).received, "latelate");
  net.network.heal(net.there(), net.fault);
  for (Peer* client : {&before, &after}) {
    client->connection->write("soon");
  }
  net.run_for(100ms);
  EXPECT_EQ(net.served.at(0).received, "latesoon");
  EXPECT_EQ(net.served.at(1).received, "latesoon");
}

TEST(Network, LosesInventsAndReordersNothingWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SmallNet net(seed,
                 {.send_buffer = 2'000, .receive_buffer = 3'000, .unacknowledged_burst = 500});
    Stream& draws = net.streams.get("test");
    Peer& client = net.connected();
    Peer& server = net.served.at(0);
    std::string sent;
    bool cut_there = false;
    bool cut_back = false;
    bool frozen = false;
    for (int step = 0; step < 200; ++step) {
      switch (draws.below(7)) {
        case 0:
        case 1: {
          const std::string bytes = text(draws.below(3'000));
          if (!client.closed) {
            client.connection->write(bytes);
            sent += bytes;
          }
          break;
        }
        case 2:
          cut_there ? net.network.heal(net.there(), net.fault)
                    : net.network.block(net.there(), net.fault);
          cut_there = !cut_there;
          break;
        case 3:
          cut_back ? net.network.heal(net.back(), net.fault)
                   : net.network.block(net.back(), net.fault);
          cut_back = !cut_back;
          break;
        case 4:
          frozen ? net.network.process_thawed(net.server)
                 : net.network.process_frozen(net.server, net.fault);
          frozen = !frozen;
          break;
        case 5:
          draws.chance({1, 2}) ? server.connection->pause_reading()
                               : server.connection->resume_reading();
          break;
        default: net.run_for(milliseconds(draws.between(0, 3'000))); break;
      }
    }
    if (cut_there) {
      net.network.heal(net.there(), net.fault);
    }
    if (cut_back) {
      net.network.heal(net.back(), net.fault);
    }
    if (frozen) {
      net.network.process_thawed(net.server);
    }
    server.connection->resume_reading();
    net.run_for(60s);
    if (client.closed) {
      EXPECT_EQ(client.closed, CloseReason::write_timed_out) << "seed " << seed;
      EXPECT_TRUE(sent.starts_with(server.received)) << "seed " << seed;
      EXPECT_EQ(server.closed, CloseReason::reset) << "seed " << seed;
    } else {
      EXPECT_EQ(server.received, sent) << "seed " << seed;
      EXPECT_EQ(client.connection->queued_bytes(), 0U) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace arbees::sim
