#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/redis/client.h"
#include "sim/redis/pubsub.h"
#include "sim/redis/server.h"

namespace arbees::sim::redis {

/// Everything the server's commands read and change.
struct ServerState {
  std::map<ClientId, Client> clients;
  PubSub pubsub;
  ServerStats stats;
  std::vector<Client*> to_settle;  ///< written to or ended in this turn, in that order

  /// Has the end of the turn look at the client.
  void settle(Client& client) {
    if (!client.to_settle) {
      client.to_settle = true;
      to_settle.push_back(&client);
    }
  }
  /// Where bytes for the client go; they leave at the end of the turn.
  std::string& write_to(Client& client) {
    settle(client);
    return client.unsent;
  }
};

}  // namespace arbees::sim::redis
