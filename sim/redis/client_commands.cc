#include "sim/redis/client_commands.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/errors.h"
#include "sim/redis/integer.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {
namespace {

/// Clients as the output-buffer limits tell them apart.
enum class Type : std::uint8_t { normal, replica, pubsub, master };

std::optional<Type> parse_type(std::string_view word) {
  struct Name {
    std::string_view word;
    Type type;
  };
  static constexpr std::array<Name, 5> names{{{"normal", Type::normal},
                                              {"slave", Type::replica},
                                              {"replica", Type::replica},
                                              {"pubsub", Type::pubsub},
                                              {"master", Type::master}}};
  const auto found = std::ranges::find_if(
      names, [&](const Name& name) { return equals_ignoring_case(name.word, word); });
  return found == names.end() ? std::nullopt : std::optional(found->type);
}

Type type_of(const ServerState& server, const Client& client) {
  if (server.replication.is_link(client)) {
    return Type::master;
  }
  if (server.replication.is_replica_client(client)) {
    return Type::replica;
  }
  return client.subscriptions.count() > 0 ? Type::pubsub : Type::normal;
}

std::string unknown_type(std::string_view word) {
  return "ERR Unknown client type '" + std::string(word.substr(0, word.find('\0'))) + "'";
}

std::string flags_of(const Client& client) {
  std::string flags;
  flags += client.subscriptions.count() > 0 ? "P" : "";
  flags += client.transaction ? "x" : "";
  flags += client.watcher.saw_change() ? "d" : "";
  flags += client.fate == Fate::closes ? "c" : "";
  flags += client.address.local.starts_with('/') ? "U" : "";
  flags += client.no_evict ? "e" : "";
  return flags.empty() ? "N" : flags;
}

/// The sizes of buffers are those of a client that has nothing under way.
std::string line_about(const Client& client, WallTime now) {
  const auto since = [&](WallTime then) {
    return std::to_string(std::chrono::floor<seconds>(now - then).count());
  };
  const auto& subscriptions = client.subscriptions;
  std::string line = "id=" + std::to_string(client.shown_id);
  line += " addr=" + client.address.remote;
  line += " laddr=" + client.address.local;
  line += " fd=8 name=" + client.name;
  line += " age=" + since(client.connected);
  line += " idle=" + since(client.heard);
  line += " flags=" + flags_of(client);
  line += " db=" + std::to_string(client.database);
  line += " sub=" + std::to_string(subscriptions.channels.size());
  line += " psub=" + std::to_string(subscriptions.patterns.size());
  line += " ssub=0 multi=";
  line += client.transaction ? std::to_string(client.transaction->queue.size()) : "-1";
  line +=
      " qbuf=0 qbuf-free=20474 argv-mem=0 multi-mem=0 rbs=16384 rbp=16384 obl=0 oll=0 omem=0"
      " tot-mem=37632 events=r cmd=";
  line += client.last_command == nullptr ? "NULL" : client.last_command->full_name;
  line += " user=" + std::string(client.user->name());
  line += " redir=-1 resp=2\n";
  return line;
}

/// Which clients CLIENT KILL means.
struct Filter {
  std::optional<std::uint64_t> id;
  std::optional<Type> type;
  std::optional<std::string_view> address;
  std::optional<std::string_view> local;
  const AclUser* user = nullptr;
  bool spares_itself = true;

  [[nodiscard]] bool fits(const ServerState& server, const Client& client) const {
    return (!id || *id == client.shown_id) && (!type || *type == type_of(server, client)) &&
           (!address || *address == client.address.remote) &&
           (!local || *local == client.address.local) && (user == nullptr || user == client.user);
  }
};

/// One word and its value; false once the request was refused.
bool take_filter(Request& request, std::string_view word, std::string_view value, Filter& filter) {
  if (equals_ignoring_case(word, "ID")) {
    const auto id = parse_integer(value);
    if (!id || *id < 1) {
      request.refuse("ERR client-id should be greater than 0");
      return false;
    }
    filter.id = static_cast<std::uint64_t>(*id);
  } else if (equals_ignoring_case(word, "TYPE")) {
    filter.type = parse_type(value);
    if (!filter.type) {
      request.refuse(unknown_type(value));
      return false;
    }
  } else if (equals_ignoring_case(word, "ADDR")) {
    filter.address = value;
  } else if (equals_ignoring_case(word, "LADDR")) {
    filter.local = value;
  } else if (equals_ignoring_case(word, "USER")) {
    filter.user = request.server.acl.find(value);
    if (filter.user == nullptr) {
      request.refuse("ERR No such user '" + std::string(value.substr(0, value.find('\0'))) + "'");
      return false;
    }
  } else if (equals_ignoring_case(word, "SKIPME") && equals_ignoring_case(value, "YES")) {
    filter.spares_itself = true;
  } else if (equals_ignoring_case(word, "SKIPME") && equals_ignoring_case(value, "NO")) {
    filter.spares_itself = false;
  } else {
    request.refuse(syntax_error);
    return false;
  }
  return true;
}

/// One's own connection ends after the reply, another's at once.
void kill(Request& request, Client& client) {
  if (&client == &request.client) {
    client.fate = Fate::closes;
  } else {
    request.server.drop(client);
    request.server.pubsub.drop(client);  // what follows in this turn finds it gone
  }
}

void kill_by_address(Request& request, std::string_view address) {
  for (auto& [id, client] : request.server.clients) {
    if (client.address.remote == address && client.fate == Fate::stays) {
      kill(request, client);
      append_status(request.reply, "OK");
      return;
    }
  }
  request.refuse("ERR No such client");
}

}  // namespace

void client_info(Request& request) {
  append_bulk(request.reply, line_about(request.client, request.server.now));
}

void client_kill(Request& request) {
  const auto& arguments = request.arguments;
  if (arguments.size() == 3) {
    kill_by_address(request, arguments[2]);
    return;
  }
  Filter filter;
  for (std::size_t i = 2; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) {
      request.refuse(syntax_error);
      return;
    }
    if (!take_filter(request, arguments[i], arguments[i + 1], filter)) {
      return;
    }
  }
  std::int64_t killed = 0;
  for (auto& [id, client] : request.server.clients) {
    const bool spared = filter.spares_itself && &client == &request.client;
    if (!spared && client.fate == Fate::stays && filter.fits(request.server, client)) {
      kill(request, client);
      ++killed;
    }
  }
  append_integer(request.reply, killed);
}

void client_list(Request& request) {
  const auto options = request.arguments.subspan(2);
  const auto& clients = request.server.clients;
  std::string lines;
  const auto add = [&](const Client& client) {
    if (client.fate != Fate::drops) {
      lines += line_about(client, request.server.now);
    }
  };
  if (options.empty()) {
    std::ranges::for_each(clients, [&](const auto& entry) { add(entry.second); });
  } else if (options.size() == 2 && equals_ignoring_case(options[0], "TYPE")) {
    const auto type = parse_type(options[1]);
    if (!type) {
      request.refuse(unknown_type(options[1]));
      return;
    }
    for (const auto& [id, client] : clients) {
      if (type_of(request.server, client) == *type) {
        add(client);
      }
    }
  } else if (options.size() >= 2 && equals_ignoring_case(options[0], "ID")) {
    for (const std::string_view word : options.subspan(1)) {
      const auto wanted = parse_integer(word);
      if (!wanted) {
        request.refuse("ERR Invalid client ID");
        return;
      }
      const auto found = std::ranges::find_if(clients, [&](const auto& entry) {
        return static_cast<std::int64_t>(entry.second.shown_id) == *wanted;
      });
      if (found != clients.end()) {
        add(found->second);
      }
    }
  } else {
    request.refuse(syntax_error);
    return;
  }
  append_bulk(request.reply, lines);
}

void client_no_evict(Request& request) {
  const bool on = equals_ignoring_case(request.arguments[2], "ON");
  if (!on && !equals_ignoring_case(request.arguments[2], "OFF")) {
    request.refuse(syntax_error);
    return;
  }
  request.client.no_evict = on;
  append_status(request.reply, "OK");
}

void client_reply(Request& request) {
  Replies& replies = request.client.replies;
  const std::string_view mode = request.arguments[2];
  if (equals_ignoring_case(mode, "ON")) {
    replies = {};
    append_status(request.server.write_to(request.client), "OK");
  } else if (equals_ignoring_case(mode, "OFF")) {
    replies.off = true;
  } else if (equals_ignoring_case(mode, "SKIP")) {
    replies.skip_next = !replies.off;
  } else {
    request.refuse(syntax_error);
  }
}

}  // namespace arbees::sim::redis
