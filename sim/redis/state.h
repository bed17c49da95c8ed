#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/acl.h"
#include "sim/redis/client.h"
#include "sim/redis/clock.h"
#include "sim/redis/conditions.h"
#include "sim/redis/dataset.h"
#include "sim/redis/pubsub.h"
#include "sim/redis/replication.h"
#include "sim/redis/server.h"
#include "sim/redis/settings.h"

namespace arbees::sim::redis {

class Sentinel;

inline constexpr std::string_view server_version = "7.0.15";

/// Everything the server's commands read and change.
struct ServerState {
  ServerState(const ServerClock& wall_clock, const ServerSettings& given)
      : clock(wall_clock),
        settings(given),
        acl(given.new_users_hear_everything),
        data(given.databases) {
    data.set_listener(&replication);
  }
  ServerState(const ServerState&) = delete;  // its parts know where it is
  ServerState& operator=(const ServerState&) = delete;

  const ServerClock& clock;
  ServerSettings settings;
  Conditions conditions;
  ServerWatch* watch = nullptr;  ///< none: nothing goes wrong unseen
  Acl acl;
  WallTime now{};  ///< stands still while a command runs
  Dataset data;
  std::map<ClientId, Client> clients;
  PubSub pubsub;
  ServerStats stats;
  ServerStats stats_at_reset;       ///< INFO counts from here
  std::optional<WallTime> started;  ///< when its first client came; none yet: its clock may not run
  std::string nowhere;              ///< takes the replies that nobody wants
  std::vector<Client*> to_settle;   ///< written to or ended in this turn, in that order
  Sentinel* sentinel = nullptr;     ///< null: it is a server that holds data
  Replication replication{*this};

  /// Looks at the clock: for a command, or for what is done between commands.
  void read_clock() {
    now = clock.wall_now();
    data.set_now(std::chrono::floor<milliseconds>(now).time_since_epoch().count());
  }
  /// Has the end of the turn look at the client.
  void settle(Client& client) {
    if (!client.to_settle) {
      client.to_settle = true;
      to_settle.push_back(&client);
    }
  }
  /// Ends a connection without its replies, as if it had been closed under its hands.
  void drop(Client& client) {
    client.fate = Fate::drops;
    settle(client);
  }
  /// Makes a connection anybody's who has not logged in.
  void log_out(Client& client) const {
    client.user = &acl.default_user();
    client.logged_in = !acl.login_needed();
  }
  /// Where bytes for the client go; they leave at the end of the turn.
  std::string& write_to(Client& client) {
    settle(client);
    return client.unsent;
  }
  /// The same for what answers a request: it may not be wanted, or come too late. A master hears
  /// nothing of what becomes of its stream.
  std::string& reply_to(Client& client) {
    std::string& unsent = write_to(client);
    if (client.replies.wanted() && client.fate == Fate::stays && !replication.is_link(client)) {
      return unsent;
    }
    nowhere.clear();
    return nowhere;
  }
  /// INFO counts from here (CONFIG RESETSTAT).
  void reset_stats() {
    stats_at_reset = stats;
    data.reset_stats();
  }
};

}  // namespace arbees::sim::redis
