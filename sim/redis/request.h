#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/redis/command.h"
#include "sim/redis/state.h"

namespace arbees::sim::redis {

/// One request while it is carried out. `arguments` begins with the command's name.
struct Request {
  ServerState& server;
  Client& client;
  std::span<const std::string_view> arguments;
  std::string& reply;  ///< the client's own unsent bytes, or nowhere if it wants no replies

  /// Replies with an error: `text` begins with its code.
  void refuse(std::string_view text);

  [[nodiscard]] Dataset& data() const { return server.data; }
  /// Which database the client works on.
  [[nodiscard]] DatabaseIndex database() const { return client.database; }
  /// Tells the replicas to do what was done here: the command as it came.
  void propagate() const { server.data.propagate(database(), arguments); }
  /// The same in other words: what was relative made absolute.
  void propagate(std::initializer_list<std::string_view> words) const {
    server.data.propagate(database(), {words.begin(), words.size()});
  }
};

/// For a command whose arity the table cannot say: what the table would have answered.
void refuse_arity(std::string_view full_name, Request& request);

}  // namespace arbees::sim::redis
