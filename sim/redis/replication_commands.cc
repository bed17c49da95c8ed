#include "sim/redis/replication_commands.h"

#include <algorithm>
#include <string>

#include "sim/redis/integer.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/sentinel_commands.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {
namespace {

constexpr std::int64_t largest_port = 65'535;

bool wanted(const Request& request, std::string_view section) {
  const auto asked = request.arguments.subspan(1);
  return asked.empty() || std::ranges::any_of(asked, [&](std::string_view word) {
           return equals_ignoring_case(word, section) || equals_ignoring_case(word, "all") ||
                  equals_ignoring_case(word, "default") || equals_ignoring_case(word, "everything");
         });
}

}  // namespace

void replicaof(Request& request) {
  Replication& replication = request.server.replication;
  const std::string_view host = request.arguments[1];
  const std::string_view port = request.arguments[2];
  if (equals_ignoring_case(host, "no") && equals_ignoring_case(port, "one")) {
    replication.promote();
    append_status(request.reply, "OK");
    return;
  }
  const auto number = parse_integer(port);
  if (!number || *number < 0 || *number > largest_port) {
    request.refuse("ERR Invalid master port");
  } else if (replication.follow({std::string(host), static_cast<std::uint16_t>(*number)})) {
    append_status(request.reply, "OK");
  } else {
    append_status(request.reply, "OK Already connected to specified master");
  }
}

void role(Request& request) {
  if (request.server.sentinel != nullptr) {
    sentinel_role(request);
  } else {
    request.server.replication.append_role(request.reply);
  }
}

/// "REPLCONF option value ..."; an ACK is not answered.
void replconf(Request& request) {
  const auto& arguments = request.arguments;
  Replication& replication = request.server.replication;
  if (arguments.size() % 2 == 0) {
    request.refuse("ERR syntax error");
    return;
  }
  for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) {
    const std::string_view option = arguments[i];
    const auto number = parse_integer(arguments[i + 1]);
    if (equals_ignoring_case(option, "ack")) {
      replication.acknowledge(request.client, static_cast<std::uint64_t>(number.value_or(0)));
      return;
    }
    if (equals_ignoring_case(option, "listening-port")) {
      if (!number) {
        request.refuse("ERR value is not an integer or out of range");
        return;
      }
      replication.note_replica(request.client, {"", static_cast<std::uint16_t>(*number)});
    } else if (equals_ignoring_case(option, "ip-address")) {
      replication.note_replica(request.client, {std::string(arguments[i + 1]), 0});
    } else if (!equals_ignoring_case(option, "capa")) {
      request.refuse("ERR Unrecognized REPLCONF option: " + std::string(option));
      return;
    }
  }
  append_status(request.reply, "OK");
}

void psync(Request& request) {
  Replication& replication = request.server.replication;
  if (replication.is_replica() && !replication.view().synced) {
    request.refuse("NOMASTERLINK Can't SYNC while not connected with my master");
    return;
  }
  replication.attach(request.client);
}

void info(Request& request) {
  std::string text;
  const auto begin = [&](std::string_view title) {
    if (!text.empty()) {
      text += "\r\n";
    }
    text.append("# ").append(title).append("\r\n");
  };
  if (request.server.sentinel != nullptr) {
    append_sentinel_info(text, *request.server.sentinel);
  } else {
    if (wanted(request, "server")) {
      begin("Server");
      text += "redis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:" +
              request.server.replication.run_id() + "\r\n";
    }
    if (wanted(request, "replication")) {
      begin("Replication");
      request.server.replication.append_info(text);
    }
  }
  append_bulk(request.reply, text);
}

/// CLIENT KILL TYPE: everybody of that kind but who asks.
void client_kill(Request& request) {
  const auto& arguments = request.arguments;
  const bool by_type = arguments.size() == 4 && equals_ignoring_case(arguments[2], "type");
  const bool normal = by_type && equals_ignoring_case(arguments[3], "normal");
  const bool pubsub = by_type && equals_ignoring_case(arguments[3], "pubsub");
  if (!normal && !pubsub) {
    request.refuse(by_type ? "ERR Unknown client type '" + std::string(arguments[3]) + "'"
                           : std::string("ERR syntax error"));
    return;
  }
  std::int64_t killed = 0;
  for (auto& [id, client] : request.server.clients) {
    const bool subscribed = client.subscriptions.count() > 0;
    const Replication& replication = request.server.replication;
    if (&client != &request.client && subscribed == pubsub && !replication.is_link(client) &&
        !replication.is_replica_client(client) && client.fate == Fate::stays) {
      client.fate = Fate::drops;
      request.server.settle(client);
      ++killed;
    }
  }
  append_integer(request.reply, killed);
}

}  // namespace arbees::sim::redis
