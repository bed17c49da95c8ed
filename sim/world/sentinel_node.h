#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/engine/event_queue.h"
#include "sim/engine/stream.h"
#include "sim/net/network.h"
#include "sim/node/machine.h"
#include "sim/redis/sentinel.h"
#include "sim/redis/server.h"
#include "sim/world/redis_setup.h"

namespace arbees::sim {

/// The model of a Redis Sentinel on a machine of its own. What it asks and hears goes over the simulated
/// network, so a partition makes it blind; its file survives a crash.
class SentinelNode final : public Machine,
                           private Acceptor,
                           private Receiver,
                           private redis::ServerOutput,
                           private redis::ServerClock,
                           private redis::SentinelHost {
 public:
  /// `draws` gives its id and its jitter.
  SentinelNode(NodeIndex index, const SentinelSetup& setup, EventQueue<SimTime>& queue,
               Network& network, Recorder& recorder, const SimTime& now, Stream& draws);
  ~SentinelNode() override;

 private:
  class Client;
  class Peer;

  void run() override;
  void vanish() override;
  void resume() override;
  void on_due(std::uint64_t tag) override;

  ConnectionHandler& on_accept(std::unique_ptr<Connection> connection) override;
  void send(redis::ClientId client, std::string_view bytes) override;
  void close(redis::ClientId client) override;
  /// The sentinel's own time: it shows nobody a date.
  [[nodiscard]] WallTime wall_now() const override { return WallTime(now().time_since_epoch()); }

  redis::PeerId dial(const redis::Address& address) override;
  void send(redis::PeerId peer, std::string_view bytes) override;
  void hang_up(redis::PeerId peer) override;
  void announce(std::string_view channel, std::string_view message) override;
  std::uint64_t draw() override { return draws_.next(); }

  /// Passes on what was announced, once the step that did is over.
  void flush();

  EventQueue<SimTime>& queue_;
  AlarmId timer_;
  Stream& draws_;
  redis::SentinelSettings settings_;
  std::optional<redis::SentinelMemory> memory_;
  std::unique_ptr<redis::Sentinel> sentinel_;
  redis::Server server_;
  std::map<redis::ClientId, std::unique_ptr<Client>> clients_;
  redis::PeerId last_peer_;
  std::map<redis::PeerId, std::unique_ptr<Peer>> peers_;
  std::vector<std::unique_ptr<Peer>> hung_up_;  ///< perhaps in one of their own steps
  std::vector<std::pair<std::string, std::string>> announced_;
};

}  // namespace arbees::sim
