#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/engine/event_queue.h"
#include "sim/engine/recorder.h"
#include "sim/engine/stream.h"
#include "sim/net/network.h"

namespace arbees::sim {

/// One end of a connection that notes what it is told.
class Peer final : public ConnectionHandler {
 public:
  explicit Peer(const SimTime& now) : now_(now) {}

  void on_connected() override { connected_at = now_; }
  void on_data(std::string_view bytes) override {
    received += bytes;
    ++reads;
    last_data_at = now_;
    if (on_read) {
      on_read();
    }
  }
  void on_drained() override { ++drained; }
  void on_closed(CloseReason reason, std::string_view, EventId cause) override {
    closed = reason;
    closed_at = now_;
    closed_by = cause;
    if (on_end) {
      on_end();
    }
  }

  std::unique_ptr<Connection> connection;
  std::optional<SimTime> connected_at;
  std::string received;
  int reads = 0;
  int drained = 0;
  SimTime last_data_at{};
  std::optional<CloseReason> closed;
  SimTime closed_at{};
  EventId closed_by;
  std::function<void()> on_read;
  std::function<void()> on_end;

 private:
  const SimTime& now_;
};

/// Bytes in which a gap, a repetition or a change of order shows.
inline std::string text(std::size_t size) {
  std::string bytes(size, ' ');
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>('a' + i % 23);
  }
  return bytes;
}

/// A network of a few hosts without programs: the tests play the programs.
class SmallNet : private Acceptor {
 public:
  static constexpr std::uint16_t port = 7'000;

  explicit SmallNet(std::uint64_t seed = 1, NetworkConfig config = {}, DigestConfig digest = {})
      : streams(seed),
        recorder(streams, digest),
        network(queue, now, streams.get("network"), recorder, config) {
    for (NodeIndex* host : {&client, &server}) {
      *host = recorder.add_node(host == &client ? "client" : "server");
      network.add_host(*host);
      network.process_started(*host);
    }
    network.listen(server, port, *this);
  }

  Peer& connect() {
    Peer& peer = clients.emplace_back(now);
    peer.connection = network.connect(
        client, {.kind = Endpoint::Kind::tcp, .host = "server", .port = port}, peer);
    return peer;
  }

  /// A connection that both sides know of.
  Peer& connected() {
    Peer& peer = connect();
    run_for(seconds{1});
    return peer;
  }

  void run_for(Duration span) {
    const SimTime end = now + span;
    while (queue.run_next(end, now)) {
    }
    now = end;
  }

  LinkKey there() const { return {.from = client, .to = server}; }
  LinkKey back() const { return {.from = server, .to = client}; }
  void cut_both() { network.block(there(), fault), network.block(back(), fault); }
  void heal_both() { network.heal(there(), fault), network.heal(back(), fault); }

  /// Stands for the event of a fault.
  const EventId fault{4'711};
  SimTime now{};
  EventQueue<SimTime> queue;
  Streams streams;
  Recorder recorder;
  Network network;
  NodeIndex client{};
  NodeIndex server{};
  std::deque<Peer> clients;
  std::deque<Peer> served;

 private:
  ConnectionHandler& on_accept(std::unique_ptr<Connection> connection) override {
    Peer& peer = served.emplace_back(now);
    peer.connection = std::move(connection);
    return peer;
  }
};

}  // namespace arbees::sim
