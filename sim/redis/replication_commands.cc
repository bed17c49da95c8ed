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

}  // namespace arbees::sim::redis
