#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "sim/net/network.h"
#include "sim/node/machine.h"
#include "sim/redis/server.h"

namespace arbees::sim {

/// The model of a Redis server on a machine of its own: carries its bytes over the simulated network.
/// Every start begins empty, as a restarted server without persistence does.
class RedisNode final : public Machine,
                        private Acceptor,
                        private redis::ServerOutput,
                        private redis::ServerClock {
 public:
  RedisNode(NodeIndex index, std::uint16_t port, Network& network, Recorder& recorder,
            const SimTime& now, WallTime wall_epoch);
  ~RedisNode() override;

  [[nodiscard]] const redis::Server& server() const { return server_; }
  /// How far its wall clock is off from now on.
  void set_wall_skew(Duration skew) { wall_skew_ = skew; }

 private:
  class Client;

  void run() override;
  void vanish() override;

  ConnectionHandler& on_accept(std::unique_ptr<Connection> connection) override;
  void send(redis::ClientId client, std::string_view bytes) override;
  void close(redis::ClientId client) override;
  [[nodiscard]] WallTime wall_now() const override {
    return wall_epoch_ + now().time_since_epoch() + wall_skew_;
  }

  void gone(const Client& client);

  std::uint16_t port_;
  WallTime wall_epoch_;
  Duration wall_skew_{};
  redis::Server server_;
  std::map<redis::ClientId, std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> refused_;  ///< being told so
};

}  // namespace arbees::sim
