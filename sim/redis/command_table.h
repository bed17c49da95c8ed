#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/redis/state.h"

namespace arbees::sim::redis {

/// One request while it is carried out. `arguments` begins with the command's name.
struct Request {
  ServerState& server;
  Client& client;
  std::span<const std::string_view> arguments;
  std::string& reply;  ///< the client's own unsent bytes

  /// Replies with an error: `text` begins with its code.
  void refuse(std::string_view text);
};

/// What the server knows of a command or subcommand.
struct Command {
  std::string_view name;       ///< in lower case
  std::string_view full_name;  ///< as errors show it: "client|setname"
  int arity;                   ///< number of arguments with the name; -n: n or more
  bool while_subscribed;       ///< a RESP2 client that is subscribed may use it
  void (*run)(Request&);       ///< null for a command that only has subcommands
  std::span<const Command> subcommands = {};
};

/// Every command of the model, by name.
[[nodiscard]] std::span<const Command> command_table();

/// For a command whose arity the table cannot say: what the table would have answered.
void refuse_arity(std::string_view full_name, Request& request);

/// Carries the request out, or refuses it as the real server would: in the same order of checks.
void run_command(Request& request);

}  // namespace arbees::sim::redis
