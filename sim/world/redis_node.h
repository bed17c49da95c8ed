#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "sim/net/network.h"
#include "sim/node/machine.h"
#include "sim/redis/server.h"

namespace arbees::sim {

/// The model of a Redis server on a machine of its own: carries its bytes over the simulated network.
/// Every start begins empty, as a restarted server without persistence does.
class RedisNode final : public Machine, private Acceptor, private redis::ServerOutput {
 public:
  RedisNode(NodeIndex index, std::uint16_t port, Network& network, Recorder& recorder,
            const SimTime& now);
  ~RedisNode() override;

  [[nodiscard]] const redis::Server& server() const { return server_; }

 private:
  class Client;

  void run() override;
  void vanish() override;

  ConnectionHandler& on_accept(std::unique_ptr<Connection> connection) override;
  void send(redis::ClientId client, std::string_view bytes) override;
  void close(redis::ClientId client) override;

  void gone(redis::ClientId client);

  std::uint16_t port_;
  redis::Server server_;
  std::map<redis::ClientId, std::unique_ptr<Client>> clients_;
};

}  // namespace arbees::sim
