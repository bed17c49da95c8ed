#include <gtest/gtest.h>

#include <string>

#include "tests/sim/support/small_net.h"

// What becomes of connections when links are cut or slow, and programs frozen or killed.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

TEST(NetworkTroubles, AKilledProgramsConnectionsAreResetWithItsCauseAfterWhatItSent) {
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

TEST(NetworkTroubles, AnEndedProgramsKernelResetsOnlyWhatItLeftUnread) {
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

TEST(NetworkTroubles, ConnectionsAProgramNeverAcceptedAreResetWhenItEnds) {
  SmallNet net;
  net.network.process_frozen(net.server, net.fault);
  Peer& client = net.connect();
  net.run_for(1s);
  EXPECT_TRUE(client.connected_at);
  net.network.process_ended(net.server, CloseReason::end_of_stream, net.fault);
  net.run_for(1s);
  EXPECT_EQ(client.closed, CloseReason::reset);
}

TEST(NetworkTroubles, APartitionHoldsBytesAndDeliversThemSoonAfterHealing) {
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

TEST(NetworkTroubles, BytesUnderWayWhenALinkIsCutAreHeldToo) {
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

TEST(NetworkTroubles, BytesUnacknowledgedForTooLongEndTheWritersSideOnly) {
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

TEST(NetworkTroubles, AnIdleConnectionDoesNotNoticeAPartition) {
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

TEST(NetworkTroubles, AConnectDuringAPartitionHangsUntilItIsHealed) {
  SmallNet net;
  net.cut_both();
  Peer& client = net.connect();
  net.run_for(100s);
  EXPECT_FALSE(client.connected_at || client.closed);
  net.heal_both();
  net.run_for(1s);
  EXPECT_TRUE(client.connected_at);
}

TEST(NetworkTroubles, AConnectGivenUpDuringAPartitionIsNeverHeardOf) {
  SmallNet net;
  net.cut_both();
  net.connect().connection.reset();
  net.run_for(1s);
  net.heal_both();
  net.run_for(1s);
  EXPECT_TRUE(net.served.empty());
  EXPECT_EQ(net.network.connections(), 0U);
}

TEST(NetworkTroubles, TheResetOfAKilledProgramIsHeldByAPartition) {
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

TEST(NetworkTroubles, AOneWayCutLetsTheOtherWayPassUntilAcknowledgementsAreMissed) {
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

TEST(NetworkTroubles, OverlappingCutsHealWhenTheLastOneIsHealed) {
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

TEST(NetworkTroubles, SlowLinksAreSlowUntilHealed) {
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

TEST(NetworkTroubles, AFrozenProgramsKernelAcceptsConnectionsAndBytes) {
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

TEST(NetworkTroubles, AThawedProgramIsToldEverythingInTheOrderOfArrival) {
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

TEST(NetworkTroubles, AProgramFrozenWithAFullKernelTimesTheWriterOutWithItsCause) {
  SmallNet net;
  Peer& client = net.connected();
  net.network.process_frozen(net.server, net.fault);
  client.connection->write(text(1'000'000));
  net.run_for(30s);
  EXPECT_EQ(client.closed, CloseReason::write_timed_out);
  EXPECT_EQ(client.closed_by, net.fault);
}

TEST(NetworkTroubles, AProgramKilledWhileFrozenResetsAlsoWhatItNeverAccepted) {
  SmallNet net;
  net.network.process_frozen(net.server, net.fault);
  Peer& client = net.connect();
  net.run_for(1s);
  net.network.process_ended(net.server, CloseReason::reset, EventId(5));
  net.run_for(1s);
  EXPECT_EQ(client.closed, CloseReason::reset);
  EXPECT_EQ(client.closed_by, EventId(5));
}

TEST(NetworkTroubles, ResettingTheConnectionsBetweenTwoHostsEndsBothSides) {
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

TEST(NetworkTroubles, AFaultFindsConnectionsOfBeforeAndOfAfter) {
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

/// Everything at once, in an order drawn from a seed; what arrives must be a prefix of what was sent.
TEST(NetworkTroubles, LosesInventsAndReordersNothingWhateverHappens) {
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
