#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/redis/request_parser.h"
#include "sim/redis/server.h"

namespace arbees::sim::redis {

/// What becomes of a connection at the end of the turn.
enum class Fate : std::uint8_t {
  stays,
  closes,  ///< once its replies are sent; what it still asks is not heard
  drops    ///< at once: replies not yet sent are lost
};

/// What a client is subscribed to, in the order of subscribing.
struct Subscriptions {
  std::vector<std::string> channels;
  std::vector<std::string> patterns;

  [[nodiscard]] std::size_t count() const { return channels.size() + patterns.size(); }
};

/// One connection, as the server sees it.
struct Client {
  Client(ClientId client, std::uint64_t number_shown) : id(client), shown_id(number_shown) {}

  ClientId id;
  std::uint64_t shown_id;  ///< what CLIENT ID says: restarts with the server
  RequestParser requests;
  std::string name;  ///< empty: none
  unsigned database = 0;
  Subscriptions subscriptions;
  Fate fate = Fate::stays;
  std::string unsent;      ///< written by commands, sent at the end of the turn
  bool to_settle = false;  ///< stands in the list of clients the end of the turn looks at
};

}  // namespace arbees::sim::redis
