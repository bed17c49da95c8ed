#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/acl_user.h"
#include "sim/redis/command.h"
#include "sim/redis/request_parser.h"
#include "sim/redis/server.h"
#include "sim/redis/watches.h"

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

/// Which of its replies a client wants (CLIENT REPLY). Messages and confirmations of subscriptions
/// come in any case.
struct Replies {
  bool off = false;
  bool skip = false;       ///< the one under way is not sent
  bool skip_next = false;  ///< nor will be that to the next request

  [[nodiscard]] bool wanted() const { return !off && !skip; }
  void end_request() {
    skip = skip_next;
    skip_next = false;
  }
};

/// The commands between MULTI and EXEC.
struct Transaction {
  struct Queued {
    const Command* command;
    std::vector<std::string> arguments;
  };
  std::vector<Queued> queue;
  bool broken = false;  ///< something was refused: EXEC will not carry it out
  Flags all_flags;      ///< of the queued commands together: what any of them does
  Flags common_flags;   ///< what every one of them is allowed; meaningless while none is queued

  void add(const Command& command, std::span<const std::string_view> arguments) {
    common_flags = queue.empty() ? command.flags : common_flags & command.flags;
    all_flags = all_flags | command.flags;
    queue.push_back({&command, {arguments.begin(), arguments.end()}});
  }
};

/// One connection, as the server sees it.
struct Client {
  Client(ClientId client, std::uint64_t number_shown, ClientAddress place, WallTime now)
      : id(client), shown_id(number_shown), address(std::move(place)), connected(now), heard(now) {}

  ClientId id;
  std::uint64_t shown_id;  ///< what CLIENT ID says: restarts with the server
  ClientAddress address;
  WallTime connected;
  RequestParser requests;
  std::string name;  ///< empty: none
  /// Who it acts as. A user who is removed takes its clients along.
  const AclUser* user = nullptr;
  bool logged_in = false;  ///< or did not need to when it came
  DatabaseIndex database = 0;
  std::optional<Transaction> transaction;
  Watches::Watcher watcher;
  Subscriptions subscriptions;
  Replies replies;
  bool no_evict = false;
  WallTime heard;                         ///< when it last sent something
  const Command* last_command = nullptr;  ///< null: it has not run one yet
  Fate fate = Fate::stays;
  std::optional<WallTime> over_soft_limit_since;  ///< of what waits to be sent
  std::string unsent;      ///< written by commands, sent at the end of the turn
  bool to_settle = false;  ///< stands in the list of clients the end of the turn looks at
};

}  // namespace arbees::sim::redis
