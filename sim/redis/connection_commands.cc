#include "sim/redis/connection_commands.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "sim/redis/integer.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/text.h"
#include "sim/redis/transaction_commands.h"

namespace arbees::sim::redis {
namespace {

constexpr std::int64_t resp2 = 2;
constexpr std::string_view wrong_password =
    "WRONGPASS invalid username-password pair or user is disabled.";

/// Makes the connection the user's, or refuses: then it stays whose it was.
bool log_in(Request& request, std::string_view name, std::string_view password) {
  const AclUser* user = request.server.acl.log_in(name, password);
  if (user == nullptr) {
    request.refuse(wrong_password);
    return false;
  }
  request.client.user = user;
  request.client.logged_in = true;
  return true;
}

/// Gives the client a name, or refuses; an empty one takes it away.
bool set_name(Request& request, std::string_view name) {
  if (!std::ranges::all_of(name, [](char c) { return c >= '!' && c <= '~'; })) {
    request.refuse("ERR Client names cannot contain spaces, newlines or special characters.");
    return false;
  }
  request.client.name = name;
  return true;
}

/// HELLO's options take effect one by one: what comes before a mistake stays.
bool apply_hello_options(Request& request) {
  auto rest = request.arguments.subspan(2);
  while (!rest.empty()) {
    if (rest.size() >= 3 && equals_ignoring_case(rest[0], "AUTH")) {
      if (!log_in(request, rest[1], rest[2])) {
        return false;
      }
      rest = rest.subspan(3);
    } else if (rest.size() >= 2 && equals_ignoring_case(rest[0], "SETNAME")) {
      if (!set_name(request, rest[1])) {
        return false;
      }
      rest = rest.subspan(2);
    } else {
      const std::string_view option = rest[0].substr(0, rest[0].find('\0'));
      request.refuse("ERR Syntax error in HELLO option '" + std::string(option) + "'");
      return false;
    }
  }
  return true;
}

}  // namespace

void auth(Request& request) {
  const auto& arguments = request.arguments;
  if (arguments.size() > 3) {
    request.refuse("ERR syntax error");
  } else if (arguments.size() == 2 && request.server.acl.default_user().needs_no_password()) {
    request.refuse(
        "ERR AUTH <password> called without any password configured for the default user. "
        "Are you sure your configuration is correct?");
  } else if (log_in(request, arguments.size() == 2 ? "default" : arguments[1], arguments.back())) {
    append_status(request.reply, "OK");
  }
}

void client_getname(Request& request) {
  if (request.client.name.empty()) {
    append_null_bulk(request.reply);
  } else {
    append_bulk(request.reply, request.client.name);
  }
}

void client_id(Request& request) {
  append_integer(request.reply, static_cast<std::int64_t>(request.client.shown_id));
}

void client_setname(Request& request) {
  if (set_name(request, request.arguments[2])) {
    append_status(request.reply, "OK");
  }
}

void echo(Request& request) { append_bulk(request.reply, request.arguments[1]); }

void hello(Request& request) {
  if (request.arguments.size() >= 2) {
    const auto version = parse_integer(request.arguments[1]);
    if (!version) {
      request.refuse("ERR Protocol version is not an integer or out of range");
      return;
    }
    if (*version != resp2) {
      request.refuse("NOPROTO unsupported protocol version");
      return;
    }
    if (!apply_hello_options(request)) {
      return;
    }
  }
  if (!request.client.logged_in) {
    request.refuse(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
        "protocol version at the same time");
    return;
  }
  std::string& reply = request.reply;
  const bool sentinel = request.server.sentinel != nullptr;
  const bool replica = request.server.replication.is_replica();
  append_array(reply, sentinel ? 12 : 14);
  append_bulk(reply, "server"), append_bulk(reply, "redis");
  append_bulk(reply, "version"), append_bulk(reply, server_version);
  append_bulk(reply, "proto"), append_integer(reply, resp2);
  append_bulk(reply, "id"), client_id(request);
  append_bulk(reply, "mode"), append_bulk(reply, sentinel ? "sentinel" : "standalone");
  if (!sentinel) {
    append_bulk(reply, "role"), append_bulk(reply, replica ? "replica" : "master");
  }
  append_bulk(reply, "modules"), append_array(reply, 0);
}

void ping(Request& request) {
  const auto& arguments = request.arguments;
  if (arguments.size() > 2) {
    refuse_arity("ping", request);
    return;
  }
  const bool has_message = arguments.size() == 2;
  if (request.client.subscriptions.count() > 0) {
    append_array(request.reply, 2);
    append_bulk(request.reply, "pong");
    append_bulk(request.reply, has_message ? arguments[1] : "");
  } else if (has_message) {
    append_bulk(request.reply, arguments[1]);
  } else {
    append_status(request.reply, "PONG");
  }
}

void quit(Request& request) {
  append_status(request.reply, "OK");
  request.client.fate = Fate::closes;
}

void reset(Request& request) {
  Client& client = request.client;
  request.server.pubsub.drop(client);
  leave_transaction(request.server, client);
  request.server.log_out(client);
  client.name.clear();
  client.database = 0;  // NO-EVICT stays, as with the real server
  client.replies.off = false;
  client.replies.skip_next = false;
  append_status(request.server.reply_to(client), "RESET");
}

void select_database(Request& request) {
  using Int = std::numeric_limits<std::int32_t>;
  const auto index = parse_integer(request.arguments[1]);
  if (!index) {
    request.refuse("ERR value is not an integer or out of range");
  } else if (*index < Int::min() || *index > Int::max()) {
    request.refuse("ERR value is out of range, value must between -2147483648 and 2147483647");
  } else if (*index < 0 || *index >= request.data().databases()) {
    request.refuse("ERR DB index is out of range");
  } else {
    request.client.database = static_cast<DatabaseIndex>(*index);
    append_status(request.reply, "OK");
  }
}

}  // namespace arbees::sim::redis
